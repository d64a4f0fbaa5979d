/**
 * Executes the notebooks of this directory and checks that they still say what is stored in them.
 *
 *     npm run notebooks -- [--write] [FILE …]
 *
 * @module
 */
import { readdirSync } from 'node:fs'
import { basename, join } from 'node:path'
import { parseArgs } from 'node:util'
import * as z from 'zod'
import { modelsFolder } from '../src/embedding/cache-folder.ts'
import { KrigeError } from '../src/errors.ts'
import { findGguf } from '../src/evaluation/models/find-gguf.ts'
import { type Notebook, readNotebook, writeNotebook } from './notebook-file.ts'
import { outputDrift } from './output-drift.ts'
import { runNotebook } from './run-notebook.ts'

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { write: { type: 'boolean', default: false }, help: { type: 'boolean', default: false } },
})

if (values.help) {
  process.stdout.write(`npm run notebooks -- [options] [FILE …]
  --write   store the outputs of this run in the notebooks, instead of comparing
  FILE      notebooks to execute; default: all of notebooks/

Exit code 1 when a cell fails or the outputs are not those stored.
`)
  process.exit()
}

const paths =
  positionals.length > 0
    ? positionals
    : readdirSync(import.meta.dirname)
        .filter((name) => name.endsWith('.ipynb'))
        .sort()
        .map((name) => join(import.meta.dirname, name))

for (const path of paths) {
  const stored = await readNotebook(path)
  const name = basename(path)
  const { needs, outputs } = demandsOf(stored)
  if (needs !== undefined && !isHere(needs)) {
    process.stdout.write(
      `${name}: left out, for ${needs} is not here (npm run krige -- models pull ${needs.replace(/^gguf:/, '')})\n`,
    )
    continue
  }
  const started = performance.now()
  const { notebook, failure } = await runNotebook(path, stored)
  const seconds = ((performance.now() - started) / 1000).toFixed(0)
  if (failure) {
    process.stderr.write(`${name}: cell ${failure.cell} failed: ${failure.error}\n`)
    process.exitCode = 1
    continue
  }
  if (values.write) {
    await writeNotebook(path, notebook)
    process.stdout.write(`${name}: outputs stored\n`)
    continue
  }
  if (outputs === 'vary') {
    process.stdout.write(`${name}: every cell ran, ${seconds} s\n`)
    continue
  }
  const drift = outputDrift(stored, notebook)
  for (const { cell, stored: before, now } of drift) {
    process.stderr.write(`${name}: cell ${cell} no longer says what is stored\n  stored: ${before}\n  now:    ${now}\n`)
  }
  if (drift.length > 0) {
    process.stderr.write('If the change is meant, store it: npm run notebooks -- --write\n')
    process.exitCode = 1
  } else process.stdout.write(`${name}: every cell ran and says what is stored, ${seconds} s\n`)
}

/** What a notebook says of itself: a model it needs, and outputs that may move with the policy or the machine. */
function demandsOf({ metadata }: Notebook): {
  readonly needs?: string | undefined
  readonly outputs?: 'vary' | undefined
} {
  const schema = z.object({ needs: z.string().optional(), outputs: z.literal('vary').optional() })
  return schema.parse(metadata['krige'] ?? {})
}

function isHere(model: string): boolean {
  try {
    findGguf(model.replace(/^gguf:/, ''), modelsFolder(process.env))
    return true
  } catch (error) {
    if (KrigeError.isInstance(error)) return false
    throw error
  }
}
