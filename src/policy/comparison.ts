/**
 * Comparisons instead of scores: a judge compares two candidates' answers to an example, and a pairwise Gaussian process turns
 * wins into a latent quality.
 *
 * 1. Every candidate is compared with the baseline once, for at most half of the budget.
 * 2. Then top-two Thompson sampling: the leader of one joint sample of the posterior against the leader of another
 *    (D. Russo, "Simple Bayesian algorithms for best-arm identification", 2016), on the example used least so far.
 * 3. Recommended is the best posterior mean among candidates that were in a comparison. Means are probabilities to win a comparison
 *    against the baseline.
 *
 * @module
 */
import { thompson, topTwoThompson } from '../acquisition/thompson.ts'
import { type Comparison, comparisonKey } from '../history/comparison.ts'
import { createRandom } from '../numerics/random/random.ts'
import { normalCdf } from '../numerics/special/index.ts'
import type { PoolEntry } from '../prompt/candidate.ts'
import { points, row } from '../surrogate/points.ts'
import {
  COMPARISON_NOISE,
  type ComparisonFit,
  type ComparisonModel,
  createComparisonModel,
} from './comparison/comparison-model.ts'
import {
  type Decision,
  INTERVAL_LEVEL,
  INTERVAL_QUANTILE,
  type Policy,
  type PolicyContext,
  type PolicyState,
  type Recommendation,
} from './policy.ts'
import { NO_OPTIONS, type PolicyEntry } from './policy-entry.ts'
import { rankingStatistics } from './recommendation/ranking-statistics.ts'
import { stableShuffle } from './stable-shuffle.ts'

const FIRST_PASS_SHARE = 0.5
/** Draws for the probability of being the best. */
const SAMPLES = 512

/**
 * @example
 * const study = createStudy({ pool, policy: 'comparison', baseline: 'p0', exampleCount: 50, budget: { evaluations: 200 } })
 * study.ask() // { kind: 'compare', … }
 */
export function createComparisonPolicy(context: PolicyContext): Policy {
  const { seed, exampleCount, backend } = context
  const baseline = context.baseline ?? 0
  const order = stableShuffle(exampleCount, seed, 'examples')
  let model:
    | { readonly pool: readonly PoolEntry[]; readonly size: number; readonly fit: ComparisonModel['fit'] }
    | undefined
  let latest: { readonly key: string; readonly beliefs: ComparisonFit } | undefined

  const beliefsFor = ({ pool, comparisons = [], observations }: PolicyState): ComparisonFit => {
    if (!model || model.size !== pool.length || model.pool[0] !== pool[0]) {
      model = { pool, size: pool.length, ...createComparisonModel(pool, backend) }
      latest = undefined
    }
    const key = `${comparisons.length} ${observations.length}`
    if (latest?.key !== key) latest = { key, beliefs: model.fit(comparisons, observations) }
    return latest.beliefs
  }

  return {
    name: 'comparison',
    next(state): Decision {
      const { pool, comparisons = [], pendingComparisons = [] } = state
      if (pool.length < 2) return { kind: 'done', reason: 'a comparison needs two candidates' }
      if (state.evaluationsLeft < 1) return { kind: 'done', reason: 'the budget is spent' }
      const met = new Set<string>()
      const uses = new Int32Array(exampleCount)
      const fought = new Set<number>()
      for (const { candidates, example } of [...comparisons, ...pendingComparisons]) {
        met.add(comparisonKey(...candidates, example))
        uses[example]!++
        for (const candidate of candidates) fought.add(candidate)
      }
      const exampleFor = (a: number, b: number) => {
        let best = -1
        for (const example of order) {
          if (met.has(comparisonKey(a, b, example))) continue
          if (best < 0 || uses[example]! < uses[best]!) best = example
        }
        return best
      }
      const act = (a: number, b: number, example: number, summary: string): Decision => ({
        kind: 'act',
        action: { kind: 'compare', candidates: [a, b], examples: [example], reason: { summary } },
      })

      const issued = comparisons.length + pendingComparisons.length
      const budget = Math.min(context.evaluationBudget, issued + state.evaluationsLeft)
      if (issued < Math.max(1, Math.floor(FIRST_PASS_SHARE * budget))) {
        const fresh = stableShuffle(pool.length, seed, 'prompts').find(
          (candidate) => candidate !== baseline && !fought.has(candidate),
        )
        if (fresh !== undefined)
          return act(fresh, baseline, exampleFor(fresh, baseline), 'never compared: with the baseline')
      }
      const beliefs = beliefsFor(state)
      const random = createRandom(seed).split(`duel ${issued}`)
      const posterior = beliefs.process.posterior(beliefs.pool)
      const normal = () => random.normal()
      const { leader, challenger } = topTwoThompson(posterior, normal, () => random.uniform())
      const example = exampleFor(leader, challenger)
      if (example >= 0) return act(leader, challenger, example, 'leaders of two draws from the posterior')
      // They were compared on every example: the best pair that has one left, by the leader's draw.
      const ranked = rankOf(posterior.sample(1, normal))
      for (const [rank, b] of ranked.entries()) {
        for (const a of ranked.slice(0, rank)) {
          const free = exampleFor(a, b)
          if (free >= 0) return act(a, b, free, 'best pair not compared on every example')
        }
      }
      return pendingComparisons.length > 0
        ? { kind: 'wait' }
        : { kind: 'done', reason: 'every pair was compared on every example' }
    },

    recommend(state): Recommendation | undefined {
      const told = (state.comparisons ?? []).some(({ outcome }) => outcome !== null)
      if (state.pool.length === 0 || (!told && state.observations.length === 0)) return undefined
      return recommend(beliefsFor(state), baseline, seed)
    },
  }
}

function recommend({ process, pool, touched }: ComparisonFit, baseline: number, seed: number): Recommendation {
  const { mean, variance } = process.posterior(pool)
  const contenders = [...touched].sort((a, b) => mean[b]! - mean[a]! || a - b)
  const candidate = contenders[0] ?? baseline
  const means = new Float64Array(pool.count)
  const standardDeviations = new Float64Array(pool.count)
  const beats = Array.from(mean, (_, index) => winProbability(process, pool, index, baseline))
  beats.forEach(({ probability, slope, deviation }, index) => {
    means[index] = probability
    standardDeviations[index] = slope * deviation
  })
  const statistics = rankingStatistics(contenders, { means, standardDeviations }, createRandom(seed))
  const { difference, deviation, probability } = beats[candidate]!
  const margin = INTERVAL_QUANTILE * deviation
  const seen = points(contenders.map((index) => row(pool, index)))
  const random = createRandom(seed).split('best')
  const leaders = thompson(process.posterior(seen), () => random.normal(), SAMPLES)
  return {
    candidate,
    mean: probability,
    interval:
      candidate === baseline ? [0.5, 0.5] : [oneComparison(difference - margin), oneComparison(difference + margin)],
    level: INTERVAL_LEVEL,
    probabilityBest: variance.length === 1 ? 1 : leaders.filter((leader) => leader === 0).length / SAMPLES,
    expectedGainOf100: statistics.expectedGainOf100,
    means,
    standardDeviations,
  }
}

/** Best first. */
function rankOf(values: Float64Array): number[] {
  return Array.from(values, (_, index) => index).sort((a, b) => values[b]! - values[a]! || a - b)
}

/** P(win) of one more comparison where the difference of latent qualities is known. */
function oneComparison(difference: number): number {
  return normalCdf(difference / (Math.SQRT2 * COMPARISON_NOISE))
}

/** Against the baseline: the difference's mean and deviation, and the probability to win with its slope. */
function winProbability(
  process: ComparisonFit['process'],
  pool: ComparisonFit['pool'],
  index: number,
  baseline: number,
) {
  if (index === baseline) return { difference: 0, deviation: 0, probability: 0.5, slope: 0 }
  const [own, other] = [points([row(pool, index)]), points([row(pool, baseline)])]
  const { mean: difference, variance, probability } = process.differences(own, other)[0]!
  const noise = 2 * COMPARISON_NOISE * COMPARISON_NOISE
  const density = Math.exp((-0.5 * (difference * difference)) / noise) / Math.sqrt(2 * Math.PI)
  return { difference, deviation: Math.sqrt(variance), probability, slope: density / Math.sqrt(noise) }
}

/** How often each candidate won, tied and lost, for people. */
export function comparisonTally(comparisons: readonly Comparison[], candidate: number, rival: number) {
  const tally = { wins: 0, ties: 0, losses: 0 }
  for (const { candidates, outcome } of comparisons) {
    const [a, b] = candidates
    if (outcome === null || !(a === candidate ? b === rival : b === candidate && a === rival)) continue
    const own = a === candidate ? outcome : 1 - outcome
    if (own > 0.5) tally.wins++
    else if (own < 0.5) tally.losses++
    else tally.ties++
  }
  return tally
}

/** Compares instead of scoring: the policy of tasks whose metric is a pairwise judge. */
export const comparisonPolicy: PolicyEntry = {
  name: 'comparison',
  aliases: ['duels'],
  response: 'comparison',
  poolOnly: true,
  summary: 'Comparisons by a judge, chosen by Thompson sampling from a pairwise Gaussian process',
  create: createComparisonPolicy,
  options: NO_OPTIONS,
}
