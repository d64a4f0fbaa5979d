/**
 * Two Parzen estimators, one of the good observations and one of the rest, kept up to date as scores arrive. What is
 * tried next maximizes the ratio of the two densities.
 *
 * Notation: l density of the good, g density of the others and of the pending; ratio log l − log g.
 *
 * @module
 */
import { InvalidArgumentError } from '../../errors.ts'
import type { Random } from '../../numerics/random/index.ts'
import { argmax } from '../../numerics/vector.ts'
import { type GoodCount, tenthGood } from './age-weights.ts'
import { likelyBest, rowsOf } from './best-draws.ts'
import type { ParzenDimension } from './parzen-dimension.ts'
import { createParzenEstimator, type ParzenEstimator, type ParzenOptions } from './parzen-estimator.ts'

export interface DensityRatioOptions extends ParzenOptions {
  /** How many of n scored observations are good. @defaultValue tenthGood */
  readonly goodCount?: GoodCount
}

export interface DensityRatio {
  /** Scored observations; pending ones do not count. */
  readonly size: number
  /**
   * Adds a scored observation, or replaces what is known under its key. Higher scores are better; among equal ones the
   * smaller key is the better.
   *
   * @param points one point per group of dimensions; `undefined` where the group does not exist for this observation.
   */
  tell(key: number, points: readonly (ArrayLike<number> | undefined)[], score: number, weight?: number): void
  /** Adds a point that has been asked for and not told: it counts as bad, so that it is not proposed again. */
  pend(key: number, points: readonly (ArrayLike<number> | undefined)[]): void
  /** Forgets an observation or a pending point; nothing happens if there is none. */
  forget(key: number): void
  /** Keys of the good observations, in no particular order. */
  good(): number[]
  /** log l − log g of `count` points of one group, row-major, into `out`. */
  ratios(group: number, points: Float64Array, count: number, out: Float64Array): void
  /** The first of `count` points with the largest ratio: that of {@link ratios}, found without all of them. */
  best(group: number, points: Float64Array, count: number): number
  /** `count` draws from l. */
  sample(group: number, random: Random, count: number, out: Float64Array): void
}

interface Observation {
  readonly points: readonly (ArrayLike<number> | undefined)[]
  readonly score: number
  readonly weight: number
}

/**
 * @param groups dimensions that are estimated jointly. The multivariate form has all of them in one group, the
 * univariate one each in its own; those of a conditional branch are in one.
 * @example
 * const ratio = createDensityRatio([[parzenDimension({ kind: 'float', low: 0, high: 1, log: false })!]])
 * for (const [key, x] of [0.1, 0.3, 0.9].entries()) ratio.tell(key, [[x]], -x)
 * const logRatios = new Float64Array(2)
 * ratio.ratios(0, Float64Array.of(0.1, 0.9), 2, logRatios)
 * logRatios[0]! > logRatios[1]! // true
 */
export function createDensityRatio(
  groups: readonly (readonly ParzenDimension[])[],
  options: DensityRatioOptions = {},
): DensityRatio {
  const { goodCount = tenthGood, ...parzen } = options
  const good = groups.map((dimensions) => createParzenEstimator(dimensions, parzen))
  const bad = groups.map((dimensions) => createParzenEstimator(dimensions, parzen))
  const told = new Map<number, Observation>()
  const pending = new Map<number, Observation>()
  /** Keys from best to worst; the first `goods` are in l. */
  const ranking: number[] = []
  let goods = 0
  let scratch = new Float64Array(64)

  const put = (side: readonly ParzenEstimator[], key: number, { points, weight }: Observation) => {
    for (const [index, point] of points.entries()) if (point) side[index]!.add(key, point, weight)
  }
  const take = (side: readonly ParzenEstimator[], key: number, { points }: Observation) => {
    for (const [index, point] of points.entries()) if (point) side[index]!.remove(key)
  }
  const rankOf = (key: number, score: number) => {
    let low = 0
    let high = ranking.length
    while (low < high) {
      const middle = (low + high) >> 1
      const other = told.get(ranking[middle]!)!.score
      if (other > score || (other === score && ranking[middle]! < key)) low = middle + 1
      else high = middle
    }
    return low
  }
  const rebalance = () => {
    const target = Math.min(goodCount(ranking.length), ranking.length)
    while (goods > target) {
      const key = ranking[--goods]!
      take(good, key, told.get(key)!)
      put(bad, key, told.get(key)!)
    }
    while (goods < target) {
      const key = ranking[goods++]!
      take(bad, key, told.get(key)!)
      put(good, key, told.get(key)!)
    }
  }
  const forget = (key: number) => {
    const waiting = pending.get(key)
    if (waiting) {
      take(bad, key, waiting)
      pending.delete(key)
    }
    const observation = told.get(key)
    if (!observation) return
    const rank = rankOf(key, observation.score)
    ranking.splice(rank, 1)
    if (rank < goods) {
      goods--
      take(good, key, observation)
    } else {
      take(bad, key, observation)
    }
    told.delete(key)
  }

  const ratios: DensityRatio['ratios'] = (group, points, count, out) => {
    if (scratch.length < count) scratch = new Float64Array(2 * count)
    good[group]!.logDensities(points, count, out)
    bad[group]!.logDensities(points, count, scratch)
    // Both may be −∞ without a prior: such a point has nothing for it.
    for (let row = 0; row < count; row++) {
      out[row] = out[row] === Number.NEGATIVE_INFINITY ? Number.NEGATIVE_INFINITY : out[row]! - scratch[row]!
    }
  }

  return {
    get size() {
      return ranking.length
    },
    tell(key, points, score, weight = 1) {
      if (Number.isNaN(score)) throw new InvalidArgumentError(`score is ${score}; expected a number`)
      forget(key)
      const observation = { points, score, weight }
      const rank = rankOf(key, score)
      told.set(key, observation)
      ranking.splice(rank, 0, key)
      if (rank < goods) {
        goods++
        put(good, key, observation)
      } else {
        put(bad, key, observation)
      }
      rebalance()
    },
    pend(key, points) {
      forget(key)
      const observation = { points, score: Number.NaN, weight: 1 }
      pending.set(key, observation)
      put(bad, key, observation)
      rebalance()
    },
    forget(key) {
      forget(key)
      rebalance()
    },
    good: () => ranking.slice(0, goods),
    ratios,
    best(group, points, count) {
      const width = groups[group]!.length
      const logGood = new Float64Array(count)
      good[group]!.logDensities(points, count, logGood)
      const near = likelyBest(bad[group]!, points, width, logGood)
      if (near?.length === 1) return near[0]!
      // Only what rounding could turn into the best is computed in full.
      const rivals = near ? rowsOf(points, width, near) : points
      const exact = new Float64Array(near?.length ?? count)
      ratios(group, rivals, exact.length, exact)
      const best = argmax(exact) ?? 0
      return near?.[best] ?? best
    },
    sample: (group, random, count, out) => good[group]!.sample(random, count, out),
  }
}
