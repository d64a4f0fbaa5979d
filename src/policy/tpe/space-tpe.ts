/**
 * TPE over a space: densities kept up to date with a study, and the point with the best ratio of them.
 *
 * @module
 */
import type { Random } from '../../numerics/random/index.ts'
import { argmax } from '../../numerics/vector.ts'
import type { ParameterValue } from '../../space/parameter.ts'
import { createDensityRatio, type DensityRatio, rootGood, tenthGood } from '../../surrogate/parzen/index.ts'
import type { PolicyState } from '../policy.ts'
import type { Design } from '../space-design/design.ts'
import { createTallies, type Tallies } from '../space-design/tallies.ts'
import { drawCount, type TpeOptions } from './options.ts'
import { groupParameters, type ParameterGroup } from './parameter-groups.ts'

/** How often a whole point is drawn anew when it has been tried already. */
const ATTEMPTS = 8

export interface SpaceTpe {
  /** Catches up with a study. Returns how many candidates have a score. */
  read(state: PolicyState, design: Design): number
  /** `undefined` when all points drawn have been tried. */
  propose(design: Design, random: Random): Float64Array | undefined
}

export function createSpaceTpe(options: TpeOptions, exampleCount: number): SpaceTpe {
  const { multivariate, good } = options
  let current: Design | undefined
  let groups: ParameterGroup[] = []
  let ratio: DensityRatio = createDensityRatio([])
  let tallies: Tallies = createTallies()
  let waiting = new Set<number>()
  let widest = 0
  let isMixed = false
  let draws = new Float64Array(0)
  let ratios = new Float64Array(0)

  const restart = (design: Design) => {
    current = design
    groups = groupParameters(design.space, multivariate)
    ratio = createDensityRatio(
      groups.map(({ dimensions }) => dimensions),
      { ...options, goodCount: good === 'tenth' ? tenthGood : rootGood },
    )
    tallies = createTallies()
    waiting = new Set()
    widest = Math.max(...groups.map(({ dimensions }) => dimensions.length))
    const all = groups.flatMap(({ dimensions }) => dimensions)
    isMixed =
      all.some(({ kind }) => kind === 'categorical') && all.some((one) => one.kind === 'numeric' && one.step === 0)
  }
  const pointsOf = (design: Design, candidate: number) => {
    const values = design.valuesOf(candidate)
    return values && groups.map((group) => group.pointOf(values))
  }

  return {
    read({ observations, pending }, design) {
      if (design !== current) restart(design)
      let { changed, restarted } = tallies.read(observations)
      if (restarted) {
        restart(design)
        changed = tallies.read(observations).changed
      }
      for (const candidate of changed) {
        const tally = tallies.of(candidate)
        const points = tally && pointsOf(design, candidate)
        // An observation of 10 examples is not one of 1,000; a failed one says nothing about quality.
        if (points) ratio.tell(candidate, points, tally.mean, Math.min(1, tally.count / exampleCount))
        else ratio.forget(candidate)
        waiting.delete(candidate)
      }
      const asked = new Set(pending.map((cell) => cell.candidate).filter((candidate) => !tallies.of(candidate)))
      for (const candidate of waiting) if (!asked.has(candidate)) ratio.forget(candidate)
      for (const candidate of asked) {
        const points = waiting.has(candidate) ? undefined : pointsOf(design, candidate)
        if (points) ratio.pend(candidate, points)
      }
      waiting = asked
      return ratio.size
    },
    propose(design, random) {
      const count = drawCount(options, ratio.size, design.encoding.dimension, isMixed)
      if (ratios.length !== count || draws.length !== count * widest) {
        ratios = new Float64Array(count)
        draws = new Float64Array(count * widest)
      }
      for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
        const values: Record<string, ParameterValue> = {}
        for (const [index, group] of groups.entries()) {
          if (!group.isActive(values)) continue
          const width = group.dimensions.length
          const points = draws.subarray(0, count * width)
          ratio.sample(index, random, count, points)
          group.read(points, ratio.best(index, points, count) * width, values)
          if (index < groups.length - 1) continue
          const x = design.encoding.encode(values)
          if (!design.isTaken(x)) return x
          // The last group may still turn a point that has been tried into one that has not.
          ratio.ratios(index, points, count, ratios)
          for (let rank = 0; rank < count; rank++) {
            const draw = argmax(ratios) ?? 0
            group.read(points, draw * width, values)
            const x = design.encoding.encode(values)
            if (!design.isTaken(x)) return x
            ratios[draw] = Number.NEGATIVE_INFINITY
          }
        }
        const x = design.encoding.encode(values)
        if (!design.isTaken(x)) return x
      }
      return undefined
    },
  }
}
