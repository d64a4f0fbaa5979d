/**
 * What was observed, by prompt: trials and summed score of every measured cell.
 *
 * @module
 */
import type { ObservationHistory } from '../../history/observation-log.ts'
import type { ScoreScale } from './score-scale.ts'

/** Compressed rows: the cells of prompt i stand at offsets[i] … offsets[i + 1]. */
export interface Outcomes {
  readonly prompts: number
  readonly offsets: Int32Array
  /** Column of each cell: index into {@link examples}. */
  readonly column: Int32Array
  readonly trials: Float64Array
  readonly successes: Float64Array
  /** Example index by column, in order of first appearance; −1 stands for summaries over several examples. */
  readonly examples: readonly number[]
  /** φ: a single score varies by φ p (1 − p) about its mean p. 1 where scores are 0 or 1. */
  readonly dispersion: number
  /** Measured prompts in the order of their first outcome. */
  readonly order: readonly number[]
}

/**
 * Gathers the first `length` observations; failed cells (NaN) are left out, the rest mapped to [0, 1].
 */
export function gatherOutcomes(
  history: ObservationHistory,
  length: number,
  prompts: number,
  scale: ScoreScale,
): Outcomes {
  const rescale = (score: number) => (score - scale.low) / (scale.high - scale.low)
  const columnOf = new Map<number, number>()
  const examples: number[] = []
  const order: number[] = []
  const cells = Array.from({ length: prompts }, () => new Map<number, { trials: number; successes: number }>())
  let size = 0
  for (let k = 0; k < length; k++) {
    const score = history.score(k)
    const prompt = history.candidate(k)
    if (!Number.isFinite(score) || prompt >= prompts) continue
    const example = history.example(k)
    let column = columnOf.get(example)
    if (column === undefined) {
      column = examples.length
      columnOf.set(example, column)
      examples.push(example)
    }
    const row = cells[prompt]!
    if (row.size === 0) order.push(prompt)
    const count = history.count(k)
    const cell = row.get(column)
    if (cell) {
      cell.trials += count
      cell.successes += count * rescale(score)
    } else {
      row.set(column, { trials: count, successes: count * rescale(score) })
      size++
    }
  }
  const offsets = new Int32Array(prompts + 1)
  const column = new Int32Array(size)
  const trials = new Float64Array(size)
  const successes = new Float64Array(size)
  let next = 0
  cells.forEach((row, prompt) => {
    for (const [c, cell] of row) {
      column[next] = c
      trials[next] = cell.trials
      successes[next] = cell.successes
      next++
    }
    offsets[prompt + 1] = next
  })
  return { prompts, offsets, column, trials, successes, examples, order, dispersion: 1 }
}
