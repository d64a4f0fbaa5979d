import { createHash } from 'node:crypto'
import { basename } from 'node:path'
import { InvalidInputError } from '../errors.ts'
import type { Candidate } from '../prompt/candidate.ts'
import { documentPath, readDocument } from './read-document.ts'
import type { Table } from './table.ts'
import { type TableDocument, tableSchema } from './table-schema.ts'

/** `dir/navigate.t0pp.json.gz` → `navigate.t0pp`. */
export function tableNameOf(file: string): string {
  return basename(file).replace(/\.json(\.gz)?$/i, '')
}

/**
 * Reads a replay table from JSON or `.json.gz`.
 *
 * @throws InvalidInputError naming the file and the path inside it.
 * @example
 * const table = await loadTable('data/tables/word-relations.smollm2-135m.json.gz')
 * table.task // 'word-relations'
 */
export async function loadTable(file: string): Promise<Table> {
  const document = await readDocument(file, {
    what: 'the table',
    remedy: 'Give the path of a table/1 file (.json or .json.gz) or of a directory of them.',
  })
  return readTable(document, tableNameOf(file), file)
}

/**
 * Checks a parsed document and turns it into numbers.
 *
 * @param where Named in errors.
 * @throws InvalidInputError at the first thing that is wrong, with its path: `scores[3] has 99 cells; expected 100`.
 */
export function readTable(document: unknown, name: string, where: string): Table {
  const parsed = tableSchema.safeParse(document)
  if (!parsed.success) {
    const issue = parsed.error.issues[0]!
    throw new InvalidInputError(`${documentPath(issue.path)}: ${issue.message}`, {
      where,
      remedy: 'Expected a table/1 document; `krige bench record` writes them.',
    })
  }
  const table = parsed.data
  checkShape(table, where)
  const columns = table.examples
  const scores = new Float64Array(table.prompts.length * columns)
  table.scores.forEach((row, index) => {
    for (let column = 0; column < columns; column++) {
      const cell = typeof row === 'string' ? row.charCodeAt(column) - 48 : row[column]!
      scores[index * columns + column] = cell ?? Number.NaN
    }
  })
  const holdoutExamples = table.holdout ?? 0
  const fingerprint = createHash('sha256')
    .update(JSON.stringify([columns, holdoutExamples, table.prompts.map(({ id, text, slots }) => [id, text, slots])]))
    .update(new Uint8Array(scores.buffer))
    .digest('hex')
  return {
    name,
    task: table.task,
    model: table.model,
    prompts: table.prompts.map(candidateOf),
    searchExamples: columns - holdoutExamples,
    holdoutExamples,
    scores,
    ...(table.exampleTexts ? { exampleTexts: table.exampleTexts } : {}),
    ...(table.provenance?.recorded ? { recorded: table.provenance.recorded } : {}),
    fingerprint,
  }
}

function checkShape(table: TableDocument, where: string): void {
  const fail = (message: string): never => {
    throw new InvalidInputError(message, { where, remedy: 'Correct the table, or record it again.' })
  }
  if (table.scores.length !== table.prompts.length) {
    fail(`scores has ${table.scores.length} rows; expected ${table.prompts.length}, one per prompt`)
  }
  table.scores.forEach((row, index) => {
    if (row.length !== table.examples) {
      fail(`scores[${index}] has ${row.length} cells; expected ${table.examples} (examples)`)
    }
  })
  if ((table.holdout ?? 0) >= table.examples) {
    fail(`holdout is ${table.holdout}; expected fewer than the ${table.examples} examples`)
  }
  if (table.exampleTexts && table.exampleTexts.length !== table.examples) {
    fail(`exampleTexts has ${table.exampleTexts.length} entries; expected ${table.examples} (examples)`)
  }
  const seen = new Map<string, number>()
  table.prompts.forEach(({ id }, index) => {
    const first = seen.get(id)
    if (first !== undefined) fail(`prompts[${index}].id is "${id}", as is prompts[${first}].id; expected distinct ids`)
    seen.set(id, index)
  })
}

function candidateOf(prompt: TableDocument['prompts'][number]): Candidate {
  return {
    id: prompt.id,
    ...(prompt.text === undefined ? {} : { text: prompt.text }),
    ...(prompt.slots === undefined ? {} : { slots: prompt.slots }),
    origin: { by: 'pool' },
  }
}
