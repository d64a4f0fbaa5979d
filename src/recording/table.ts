import { InvalidInputError } from '../errors.ts'
import type { Candidate } from '../prompt/candidate.ts'

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
  /** Where the recording says: what measured it (model, template, metric and sampling, or a program), on what. */
  readonly recorded?: {
    readonly evaluator: string
    /** A hash of each column's example, its right answer included. */
    readonly examples: readonly string[]
  }
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
