/**
 * Which cells are taken and what they scored, by candidate and example, read incrementally from a growing history.
 *
 * @module
 */
import { incrementalReader } from '../history/incremental-reader.ts'
import type { ObservationHistory } from '../history/observation-log.ts'

export interface CellScores {
  /**
   * Catches up with a history: only what is new is read, unless it is another history than last time.
   * @returns whether what was known before still stands
   */
  read(history: ObservationHistory): boolean
  /** Whether the cell was told, scored or failed. Repeat 0 only. */
  has(candidate: number, example: number): boolean
  /** NaN where the cell failed or was not told; the mean, where it was told together with others. */
  score(candidate: number, example: number): number
  /** All scores of a candidate, NaN for failures, in the order told. */
  scores(candidate: number): readonly number[]
  /** How many different examples of a candidate were told, failures included. */
  count(candidate: number): number
}

export function createCellScores(exampleCount: number): CellScores {
  const rows: (Map<number, number> | undefined)[] = []
  /** The latest mean of a candidate: the cells that it is told for follow it. */
  const means = new Map<number, number>()
  const read = incrementalReader<ObservationHistory>({
    add(history, index) {
      const example = history.example(index)
      const candidate = history.candidate(index)
      if (example < 0) means.set(candidate, history.score(index))
      if (example < 0 || example >= exampleCount || history.repeat(index) !== 0) return
      const row = rows[candidate] ?? new Map<number, number>()
      rows[candidate] = row
      const isCovered = history.count(index) === 0
      row.set(example, isCovered ? (means.get(candidate) ?? Number.NaN) : history.score(index))
    },
    forget() {
      rows.length = 0
      means.clear()
    },
  })
  return {
    read,
    has: (candidate, example) => rows[candidate]?.has(example) ?? false,
    score: (candidate, example) => rows[candidate]?.get(example) ?? Number.NaN,
    scores: (candidate) => [...(rows[candidate]?.values() ?? [])],
    count: (candidate) => rows[candidate]?.size ?? 0,
  }
}
