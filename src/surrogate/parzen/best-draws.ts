/**
 * Which of many draws may have the largest ratio of densities, without the densities of all of them.
 *
 * The density of the others only grows as components are added, so part of it bounds a ratio from above: a draw whose
 * bound is below another's ratio needs no more looking.
 *
 * @module
 */
import { BLOCK } from './near-components.ts'
import type { ParzenEstimator } from './parzen-estimator.ts'
import { QUICK_ERROR } from './quick-densities.ts'

/** With fewer observations, looking for the likely best costs more than it saves. */
const FEWEST = 1_000

/**
 * @param logGood log-densities of the draws among the good.
 * @returns rows of `points`, ascending; `undefined` where only {@link ParzenEstimator.logDensities} can tell.
 */
export function likelyBest(
  bad: ParzenEstimator,
  points: Float64Array,
  width: number,
  logGood: Float64Array,
): number[] | undefined {
  const all = Array.from(logGood.keys())
  /** Ratios, or bounds of them from above. */
  const ratios = new Float64Array(logGood.length)
  const look = (rows: readonly number[], enough: (row: number) => number): boolean => {
    const found = new Float64Array(rows.length)
    const ends = Float64Array.from(rows, enough)
    if (!bad.quick.logDensities(rowsOf(points, width, rows), rows.length, found, ends)) return false
    for (const [at, row] of rows.entries()) ratios[row] = logGood[row]! - found[at]!
    return true
  }
  const never = () => Number.POSITIVE_INFINITY
  if (bad.size < FEWEST) {
    if (!look(all, never)) return undefined
  } else {
    const estimates = new Float64Array(logGood.length)
    if (!bad.quick.estimates(points, logGood.length, estimates)) return undefined
    const order = all.toSorted((a, b) => logGood[b]! - estimates[b]! - logGood[a]! + estimates[a]! || a - b)
    const leaders = order.slice(0, BLOCK)
    if (!look(leaders, never)) return undefined
    const beaten = Math.max(...leaders.map((row) => ratios[row]!)) - 3 * QUICK_ERROR
    if (!look(order.slice(BLOCK), (row) => logGood[row]! - beaten)) return undefined
  }
  const least = Math.max(...ratios) - 2 * QUICK_ERROR
  return all.filter((row) => ratios[row]! >= least)
}

/** Some rows of a row-major matrix. */
export function rowsOf(points: Float64Array, width: number, rows: readonly number[]): Float64Array {
  const out = new Float64Array(rows.length * width)
  for (const [at, row] of rows.entries()) out.set(points.subarray(row * width, (row + 1) * width), at * width)
  return out
}
