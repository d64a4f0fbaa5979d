/**
 * Jupyter's notebook format, as far as running one needs it. https://nbformat.readthedocs.io, version 4.5.
 *
 * @module
 */
import { readFile, rename, writeFile } from 'node:fs/promises'
import * as z from 'zod'
import { InvalidInputError } from '../src/errors.ts'

const text = z.union([z.string(), z.array(z.string())])
const bundle = z.record(z.string(), text)

const outputSchema = z.discriminatedUnion('output_type', [
  z.object({ output_type: z.literal('stream'), name: z.enum(['stdout', 'stderr']), text }),
  z.object({ output_type: z.literal('display_data'), data: bundle, metadata: z.looseObject({}) }),
  z.object({
    output_type: z.literal('execute_result'),
    data: bundle,
    metadata: z.looseObject({}),
    execution_count: z.int().nullable(),
  }),
])

const cellSchema = z.discriminatedUnion('cell_type', [
  z.looseObject({
    cell_type: z.literal('code'),
    source: text,
    outputs: z.array(outputSchema),
    execution_count: z.int().nullable(),
  }),
  z.looseObject({ cell_type: z.literal('markdown'), source: text }),
  z.looseObject({ cell_type: z.literal('raw'), source: text }),
])

const notebookSchema = z.looseObject({
  nbformat: z.literal(4),
  nbformat_minor: z.int(),
  metadata: z.looseObject({ kernelspec: z.looseObject({ name: z.string() }) }),
  cells: z.array(cellSchema),
})

export type Notebook = z.output<typeof notebookSchema>
export type Output = z.output<typeof outputSchema>
export type MimeBundle = z.output<typeof bundle>

/** @throws InvalidInputError when the file is no notebook of format 4. */
export async function readNotebook(path: string): Promise<Notebook> {
  try {
    return notebookSchema.parse(JSON.parse(await readFile(path, 'utf8')))
  } catch (error) {
    if (!(error instanceof z.ZodError || error instanceof SyntaxError)) throw error
    const what = error instanceof z.ZodError ? z.prettifyError(error) : error.message
    throw new InvalidInputError(`${path} is not a Jupyter notebook of format 4: ${what}`, { where: path, cause: error })
  }
}

/** Written beside and renamed, with Jupyter's own indentation. */
export async function writeNotebook(path: string, notebook: Notebook): Promise<void> {
  await writeFile(`${path}.part`, `${JSON.stringify(notebook, undefined, 1)}\n`)
  await rename(`${path}.part`, path)
}
