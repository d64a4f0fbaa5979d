/**
 * What jointly normal beliefs about candidates say of the first of them: how likely it is the best, and what measuring on
 * would gain.
 *
 * Notation
 *   θ ~ N(m, Σ), Σ = R Rᵀ + D      true scores; the columns of R are what several candidates share, D is diagonal
 *   ν                              variance of what is about to be measured of a candidate
 *   C Cᵀ = Σ + ν I                 Cholesky; beliefs will move to m + K z, K = Σ C⁻ᵀ, z ~ N(0, I)
 *
 * What is common to all, such as the level of the pool or which examples it was measured on, moves no candidate past
 * another. Taken for independent it would make the best one look less likely to be the best, and measuring on worth
 * more.
 *
 * @module
 */
import { scoreExponent, timesPowerOfTwo } from '../../history/score-unit.ts'
import type { Random } from '../../numerics/random/random.ts'
import { cholesky, solveLower } from '../../surrogate/prompt/dense.ts'
import type { SharedDeviations } from '../policy.ts'

const DRAWS = 512
const CONTENDERS = 24
/** What an expected gain looks ahead. */
export const EVALUATIONS_AHEAD = 100

interface Beliefs {
  readonly means: Float64Array
  readonly standardDeviations: Float64Array
  /** Part of the standard deviations; none by default. */
  readonly shared?: SharedDeviations
  /** Range of a single score. @defaultValue 1 */
  readonly span?: number
}

export interface RankingStatistics {
  /** Share of draws in which the first contender wins. */
  readonly probabilityBest: number
  /**
   * Expected gain in the true score of the candidate then recommended from 100 more evaluations, spread evenly over the
   * contenders within reach of the first. This is the knowledge gradient of a batch (Frazier, Powell & Dayanik 2009).
   */
  readonly expectedGainOf100: number
}

/** @param contenders Candidates, best first; only the first 24 are looked at. */
export function rankingStatistics(
  contenders: readonly number[],
  beliefs: Beliefs,
  random: Random,
  count = DRAWS,
): RankingStatistics {
  const exponent = exponentOf(contenders, beliefs)
  if (exponent !== 0) {
    const told = rankingStatistics(contenders, beliefsTimes(beliefs, -exponent), random, count)
    return { ...told, expectedGainOf100: timesPowerOfTwo(told.expectedGainOf100, exponent) }
  }
  const { means, standardDeviations: deviations, span = 1 } = beliefs
  const first = contenders[0]!
  const top = means[first]!
  const near = contenders
    .slice(0, CONTENDERS)
    .filter((i) => i === first || top - means[i]! < 3 * Math.hypot(deviations[i]!, deviations[first]!))
  const size = near.length
  const covariance = covarianceOf(near, beliefs)
  const noise = (0.25 * span * span) / Math.max(1, EVALUATIONS_AHEAD / size)
  const now = covariance.slice()
  // A little noise keeps candidates that are known exactly, or are copies of one another, from being singular.
  for (let k = 0; k < size; k++) now[k * size + k]! += 1e-12 * span * span
  cholesky(now, size)
  const learned = shiftsOf(covariance, noise, size)
  const draws = random.split('ranking-statistics')
  const z = new Float64Array(size)
  let wins = 0
  let gain = 0
  for (let draw = 0; draw < count; draw++) {
    for (let k = 0; k < size; k++) z[k] = draws.normal()
    let own = 0
    let rest = Number.NEGATIVE_INFINITY
    let stay = 0
    let best = Number.NEGATIVE_INFINITY
    for (let k = 0; k < size; k++) {
      let value = means[near[k]!]!
      let updated = value
      for (let l = 0; l < size; l++) {
        if (l <= k) value += now[k * size + l]! * z[l]!
        updated += learned[k * size + l]! * z[l]!
      }
      if (k === 0) {
        own = value
        stay = updated
      } else rest = Math.max(rest, value)
      best = Math.max(best, updated)
    }
    if (own >= rest) wins++
    // Against the first candidate's own draw, whose mean is known: less noise, and exactly nothing where there is no other.
    gain += best - stay
  }
  return { probabilityBest: wins / count, expectedGainOf100: gain / count }
}

/**
 * Mean and standard deviation of θ_a − θ_b.
 *
 * @example
 * const beliefs = { means: Float64Array.of(0.8, 0.6), standardDeviations: Float64Array.of(0.03, 0.04) }
 * differenceOf(beliefs, 0, 1).standardDeviation // ≈ 0.05
 */
export function differenceOf(
  beliefs: Omit<Beliefs, 'span'>,
  a: number,
  b: number,
): { readonly mean: number; readonly standardDeviation: number } {
  const exponent = exponentOf([a, b], beliefs)
  if (exponent !== 0) {
    const { mean, standardDeviation } = differenceOf(beliefsTimes(beliefs, -exponent), a, b)
    return {
      mean: timesPowerOfTwo(mean, exponent),
      standardDeviation: timesPowerOfTwo(standardDeviation, exponent),
    }
  }
  const [aa, ab, , bb] = covarianceOf([a, b], beliefs) as unknown as [number, number, number, number]
  return { mean: beliefs.means[a]! - beliefs.means[b]!, standardDeviation: Math.sqrt(Math.max(0, aa + bb - 2 * ab)) }
}

/** Of a unit in which the squares of these beliefs are numbers. */
function exponentOf(candidates: readonly number[], { means, standardDeviations }: Beliefs): number {
  return scoreExponent(
    candidates.reduce((most, i) => Math.max(most, Math.abs(means[i]!), Math.abs(standardDeviations[i]!)), 0),
  )
}

function beliefsTimes({ means, standardDeviations, shared, span }: Beliefs, exponent: number): Beliefs {
  const times = (x: number) => timesPowerOfTwo(x, exponent)
  return {
    means: means.map(times),
    standardDeviations: standardDeviations.map(times),
    ...(shared ? { shared: { ...shared, values: shared.values.map(times) } } : {}),
    ...(span === undefined ? {} : { span: times(span) }),
  }
}

/** Σ over some candidates, row-major; what is shared is at most all of a deviation. */
function covarianceOf(near: readonly number[], { standardDeviations, shared }: Beliefs): Float64Array {
  const { rank, values } = shared ?? { rank: 0, values: new Float64Array() }
  const rows = near.map((i) => {
    const row = values.subarray(i * rank, (i + 1) * rank)
    const length = Math.hypot(...row)
    return length > standardDeviations[i]! ? row.map((x) => (x * standardDeviations[i]!) / length) : row
  })
  const size = near.length
  const covariance = new Float64Array(size * size)
  for (let k = 0; k < size; k++) {
    for (let l = 0; l < size; l++) {
      covariance[k * size + l] =
        k === l ? standardDeviations[near[k]!]! ** 2 : rows[k]!.reduce((sum, x, r) => sum + x * rows[l]![r]!, 0)
    }
  }
  return covariance
}

/** K = Σ C⁻ᵀ: row k is C⁻¹ applied to row k of Σ. */
function shiftsOf(covariance: Float64Array, noise: number, size: number): Float64Array {
  const factor = covariance.slice()
  for (let k = 0; k < size; k++) factor[k * size + k]! += noise
  cholesky(factor, size)
  const shifts = covariance.slice()
  for (let k = 0; k < size; k++) solveLower(factor, size, shifts.subarray(k * size, (k + 1) * size))
  return shifts
}
