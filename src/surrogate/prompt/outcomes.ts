/**
 * What was observed, by prompt: trials and summed score of every measured cell.
 *
 * A mean y over c examples counts as c trials, unless its standard error s was told. Then it counts as the n trials whose
 * share would have that error, n s² = p (1 − p), p = (n y + 1) / (n + 2). A share of 0 or 1 over few trials is not certain:
 * hence one success and one failure more. No more than 50 c are believed.
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
  /** 1 for a cell whose noise was told, so that no dispersion has to be estimated of it. @defaultValue none */
  readonly told?: Uint8Array
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
  const span = scale.high - scale.low
  const rescale = (score: number) => (score - scale.low) / span
  const columnOf = new Map<number, number>()
  const examples: number[] = []
  const order: number[] = []
  const cells = Array.from({ length: prompts }, () => new Map<number, Cell>())
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
    const share = rescale(score)
    const error = history.standardError(k) / span
    const isTold = error > 0
    const trials = isTold ? trialsOf(share, error, history.count(k)) : history.count(k)
    const cell = row.get(column)
    if (cell) {
      cell.trials += trials
      cell.successes += trials * share
      cell.isTold &&= isTold
    } else {
      row.set(column, { trials, successes: trials * share, isTold })
      size++
    }
  }
  const offsets = new Int32Array(prompts + 1)
  const column = new Int32Array(size)
  const trials = new Float64Array(size)
  const successes = new Float64Array(size)
  const told = new Uint8Array(size)
  let next = 0
  cells.forEach((row, prompt) => {
    for (const [c, cell] of row) {
      column[next] = c
      trials[next] = cell.trials
      successes[next] = cell.successes
      told[next] = cell.isTold ? 1 : 0
      next++
    }
    offsets[prompt + 1] = next
  })
  return { prompts, offsets, column, trials, successes, told, examples, order, dispersion: 1 }
}

interface Cell {
  trials: number
  successes: number
  isTold: boolean
}

/** As `dispersion.ts` has it: a score varies at least by this share of what a coin of its mean does. */
const SMALLEST_DISPERSION = 0.02
const FEWEST_TRIALS = 1e-3
const HALVINGS = 40

/** n of a share and its standard error: n s² grows with n and p (1 − p) does not, so that halving finds where they meet. */
function trialsOf(share: number, error: number, count: number): number {
  let low = Math.log(FEWEST_TRIALS)
  let high = Math.log(count / SMALLEST_DISPERSION)
  const isTooMany = (n: number) => {
    const p = (n * share + 1) / (n + 2)
    return n * error * error > p * (1 - p)
  }
  if (!isTooMany(Math.exp(high))) return Math.exp(high)
  for (let step = 0; step < HALVINGS; step++) {
    const middle = (low + high) / 2
    if (isTooMany(Math.exp(middle))) high = middle
    else low = middle
  }
  return Math.exp(low)
}
