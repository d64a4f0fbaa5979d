/**
 * What independent normal beliefs about candidates say of the first of them: how likely it is the best, and what measuring
 * on would gain.
 *
 * @module
 */
import type { Random } from '../../numerics/random/random.ts'

const DRAWS = 512
const CONTENDERS = 24
/** What an expected gain looks ahead. */
export const EVALUATIONS_AHEAD = 100

interface Beliefs {
  readonly means: Float64Array
  readonly standardDeviations: Float64Array
  /** Range of a single score. @defaultValue 1 */
  readonly span?: number
}

export interface RankingStatistics {
  /** Share of draws in which the first contender wins. */
  readonly probabilityBest: number
  /**
   * Expected gain in the true score of the candidate then recommended from 100 more evaluations, spread evenly over the
   * contenders within reach of the first: the knowledge gradient of a batch (Frazier, Powell & Dayanik 2009).
   */
  readonly expectedGain: number
}

/** @param contenders Candidates, best first; only the first 24 are looked at. */
export function rankingStatistics(
  contenders: readonly number[],
  { means, standardDeviations: deviations, span = 1 }: Beliefs,
  random: Random,
  count = DRAWS,
): RankingStatistics {
  const first = contenders[0]!
  const top = means[first]!
  const near = contenders
    .slice(0, CONTENDERS)
    .filter((i) => i === first || top - means[i]! < 3 * Math.hypot(deviations[i]!, deviations[first]!))
  const noise = (0.25 * span * span) / Math.max(1, EVALUATIONS_AHEAD / near.length)
  const learned = near.map((i) => deviations[i]! ** 2 / Math.sqrt(deviations[i]! ** 2 + noise))
  const draws = random.split('ranking-statistics')
  let wins = 0
  let gain = 0
  for (let draw = 0; draw < count; draw++) {
    let rest = Number.NEGATIVE_INFINITY
    let own = 0
    let stay = 0
    let best = Number.NEGATIVE_INFINITY
    near.forEach((i, k) => {
      const normal = draws.normal()
      const value = means[i]! + deviations[i]! * normal
      const believed = means[i]! + learned[k]! * normal
      if (k === 0) {
        own = value
        stay = believed
      } else rest = Math.max(rest, value)
      best = Math.max(best, believed)
    })
    if (own >= rest) wins++
    // Against the first candidate's own draw, whose mean is known: less noise, and exactly nothing without rivals.
    gain += best - stay
  }
  return { probabilityBest: wins / count, expectedGain: gain / count }
}
