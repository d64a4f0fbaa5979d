import { InvalidInputError } from '../errors.ts'
import { type Candidate, candidateText } from '../prompt/candidate.ts'

/** A checked replay table, with one number per cell. */
export interface Table {
  /** File name without directory and extension: how results name the table. */
  readonly name: string
  readonly task: string
  readonly model: string
  readonly prompts: readonly Candidate[]
  /** Columns a policy may measure; they stand first. */
  readonly searchExamples: number
  /** Columns kept back; they stand last. */
  readonly holdoutExamples: number
  /** prompts × (searchExamples + holdoutExamples), row-major; NaN where the call failed. */
  readonly scores: Float64Array
  /** What each column's example shows, where the recording says; one per column. */
  readonly exampleTexts?: readonly string[]
  /** Names what measured it, where the recording says: model, template, metric and sampling, or a program. */
  readonly evaluator?: string
  /** SHA-256 of the scores and prompts, so that results of two different tables of one name are never mixed. */
  readonly fingerprint: string
}

/** The score of a cell; NaN where the call failed. */
export function cellOf(table: Table, prompt: number, example: number): number {
  return table.scores[prompt * (table.searchExamples + table.holdoutExamples) + example]!
}

/**
 * Columns by what their examples show.
 *
 * @throws InvalidInputError when the recording does not say.
 */
export function columnsByText(table: Table): ReadonlyMap<string, number> {
  if (table.exampleTexts === undefined) {
    throw new InvalidInputError(`table ${table.name} does not say which examples it was recorded on`, {
      remedy: 'Record it again with krige bench record, which writes exampleTexts.',
    })
  }
  return new Map(table.exampleTexts.map((text, column) => [text, column]))
}

/** Rows by the text of their prompts. */
export function rowsByText({ prompts }: Table): ReadonlyMap<string, number> {
  return new Map(prompts.map((prompt, row) => [candidateText(prompt), row]))
}
