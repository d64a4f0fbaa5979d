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
  /** NaN where the cell failed or was not told. */
  score(candidate: number, example: number): number
  /** All scores of a candidate, NaN for failures, in the order told. */
  scores(candidate: number): readonly number[]
  /** How many different examples of a candidate were told, failures included. */
  count(candidate: number): number
}

export function createCellScores(exampleCount: number): CellScores {
  const rows: (Map<number, number> | undefined)[] = []
  const read = incrementalReader<ObservationHistory>({
    add(history, index) {
      const example = history.example(index)
      if (example < 0 || example >= exampleCount || history.repeat(index) !== 0) return
      const candidate = history.candidate(index)
      const row = rows[candidate] ?? new Map<number, number>()
      rows[candidate] = row
      row.set(example, history.score(index))
    },
    forget() {
      rows.length = 0
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
