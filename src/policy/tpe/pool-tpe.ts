/**
 * TPE over the prompts of a pool. The slots are categorical parameters. Every prompt that has not been measured is
 * scored by the ratio of densities of its slots' values. Prompts without slots are all alike to it.
 *
 * @module
 */
import { createDensityRatio, rootGood, tenthGood } from '../../surrogate/parzen/index.ts'
import type { CellScores } from '../cell-scores.ts'
import type { PolicyState } from '../policy.ts'
import { slotLevels } from '../space-design/slot-levels.ts'
import type { Tallies } from '../space-design/tallies.ts'
import { startupCount, type TpeOptions } from './options.ts'

/**
 * Prompts without an outcome, those with the best ratio first, ties in the given order.
 *
 * @param order All prompts.
 * @returns The given order until enough prompts have a score.
 */
export function rankPool(
  state: PolicyState,
  tallies: Tallies,
  cells: CellScores,
  order: readonly number[],
  options: TpeOptions,
  exampleCount: number,
): readonly number[] {
  const { sizes, levelsOf } = slotLevels(state.pool)
  const varying = [...sizes.keys()].filter((d) => sizes[d]! > 1)
  const pointOf = (candidate: number) => varying.map((d) => levelsOf(candidate)[d]!)
  const ratio = createDensityRatio([varying.map((d) => ({ kind: 'categorical', choices: sizes[d]! }))], {
    ...options,
    goodCount: options.good === 'tenth' ? tenthGood : rootGood,
  })
  const pending = new Set(state.pending.map((cell) => cell.candidate))
  for (const candidate of order) {
    const tally = tallies.of(candidate)
    if (tally) ratio.tell(candidate, [pointOf(candidate)], tally.mean, Math.min(1, tally.count / exampleCount))
    else if (pending.has(candidate)) ratio.pend(candidate, [pointOf(candidate)])
  }
  if (ratio.size < startupCount(options, varying.length)) return order
  const open = order.filter((candidate) => cells.count(candidate) === 0 && !pending.has(candidate))
  const ratios = new Float64Array(open.length)
  ratio.ratios(0, Float64Array.from(open.flatMap(pointOf)), open.length, ratios)
  const rank = new Map(open.map((candidate, index) => [candidate, ratios[index]!]))
  // What is measured in part comes after what is new, in its old order.
  return [...open.toSorted((a, b) => rank.get(b)! - rank.get(a)!), ...order.filter((candidate) => !rank.has(candidate))]
}
