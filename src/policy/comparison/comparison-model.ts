/**
 * What comparisons say of every candidate of a pool: a pairwise Gaussian process over the texts, plus a part of each
 * candidate's own. Measured scores, where there are any, join on the same latent scale.
 *
 * Notation: f latent quality, s comparison noise (fixed: only its ratio to the scale of f matters), k = v (w k_text +
 * (1 − w) I). v and w are chosen on a grid by the Laplace evidence.
 *
 * @module
 */

import type { Comparison } from '../../history/comparison.ts'
import type { ObservationHistory } from '../../history/observation-log.ts'
import type { Backend } from '../../numerics/linalg/backend.ts'
import type { PoolEntry } from '../../prompt/candidate.ts'
import { medianDistance } from '../../surrogate/gaussian-process/prior.ts'
import { activeDimensions, matern52, scale, sum } from '../../surrogate/kernels/index.ts'
import { type LatentScore, type PairwiseProcess, pairwiseProcess } from '../../surrogate/pairwise/pairwise-process.ts'
import { type Points, points, row } from '../../surrogate/points.ts'
import { textFeatures } from '../recommendation/candidate-features.ts'

export const COMPARISON_NOISE = 0.5
/** Far enough apart that the part of a candidate's own is shared with no other. */
const OWN = 1e3
const SCALES = [0.1, 0.5, 2]
const SHARES = [0.15, 0.5, 0.85]
/** Hyper-parameters are chosen again when there are so many times more comparisons. */
const GROWTH = 1.3
/** Of a score's mean, on the latent scale: measured scores are no better than this. */
const SMALLEST_VARIANCE = 0.05

interface Hyperparameters {
  readonly outputScale: number
  readonly textShare: number
}

export interface ComparisonFit {
  readonly process: PairwiseProcess
  /** Of the whole pool. */
  readonly pool: Points
  /** Candidates that were in a comparison or scored. */
  readonly touched: ReadonlySet<number>
  readonly hyperparameters: Hyperparameters
}

export interface ComparisonModel {
  /** Depends on the history alone, not on earlier calls. */
  fit(comparisons: readonly Comparison[], observations: ObservationHistory): ComparisonFit
}

/**
 * @example
 * const comparisons = [0, 1, 2].map((example) => ({ candidates: [1, 0] as const, example, outcome: 1 }))
 * const beliefs = createComparisonModel(pool, backend).fit(comparisons, createObservationLog())
 * indexOfLargest(beliefs.process.posterior(beliefs.pool).mean) // 1
 */
export function createComparisonModel(pool: readonly PoolEntry[], backend: Backend): ComparisonModel {
  const texts = textFeatures(pool)
  const all = points(pool.map((_, index) => [OWN * index, ...row(texts, index)]))
  const lengthScale = Math.max(medianDistance(texts), 1e-6)
  const kernelAt = ({ outputScale, textShare }: Hyperparameters) =>
    sum([
      scale(activeDimensions(matern52({ lengthScale: 1 }), [0]), outputScale * (1 - textShare)),
      scale(
        activeDimensions(
          matern52({ lengthScale }),
          Array.from({ length: texts.dimension }, (_, index) => index + 1),
        ),
        outputScale * textShare,
      ),
    ])
  const chosen = new Map<number, Hyperparameters>()

  const fitAt = (
    comparisons: readonly Comparison[],
    observations: ObservationHistory,
    hyperparameters: Hyperparameters,
  ) => {
    const { results, touched } = resultsOf(comparisons)
    const scores = latentScores(observations)
    for (const { point } of scores) touched.add(point)
    // A process needs a point, even where nothing is known of it.
    if (touched.size === 0) touched.add(0)
    const seen = [...touched].sort((a, b) => a - b)
    const position = new Map(seen.map((candidate, index) => [candidate, index]))
    const at = (candidate: number) => position.get(candidate)!
    const data = {
      points: points(seen.map((candidate) => row(all, candidate))),
      wins: results.map(({ winner, loser, count }) => ({ winner: at(winner), loser: at(loser), count })),
      scores: scores.map((score) => ({ ...score, point: at(score.point) })),
    }
    const model = { kernel: kernelAt(hyperparameters), comparisonNoise: COMPARISON_NOISE }
    return { process: pairwiseProcess(model, data, backend), pool: all, touched, hyperparameters }
  }

  /** From the first so many comparisons only, so that it does not matter when it is asked. */
  const hyperparametersFor = (
    comparisons: readonly Comparison[],
    observations: ObservationHistory,
  ): Hyperparameters => {
    const count = lastRefit(comparisons.length)
    const known = chosen.get(count)
    if (known) return known
    let best: Hyperparameters = { outputScale: 0.5, textShare: 0.5 }
    let evidence = Number.NEGATIVE_INFINITY
    for (const outputScale of count === 0 ? [] : SCALES) {
      for (const textShare of SHARES) {
        const { process } = fitAt(comparisons.slice(0, count), emptyAfter(observations), { outputScale, textShare })
        if (process.logEvidence > evidence) {
          evidence = process.logEvidence
          best = { outputScale, textShare }
        }
      }
    }
    chosen.set(count, best)
    return best
  }

  return {
    fit: (comparisons, observations) => fitAt(comparisons, observations, hyperparametersFor(comparisons, observations)),
  }
}

/** The largest of 0, 6, 8, 11, … that is at most `count`. */
export function lastRefit(count: number): number {
  let last = 0
  for (let next = 6; next <= count; next = Math.ceil(next * GROWTH)) last = next
  return last
}

/** Scores would make the grid depend on when they came. */
function emptyAfter(observations: ObservationHistory): ObservationHistory {
  return { ...observations, length: 0 }
}

/** A tie is half a win for either. */
function resultsOf(comparisons: readonly Comparison[]) {
  const counts = new Map<string, { winner: number; loser: number; count: number }>()
  const touched = new Set<number>()
  const add = (winner: number, loser: number, count: number) => {
    if (count <= 0) return
    const key = `${winner}/${loser}`
    const known = counts.get(key) ?? { winner, loser, count: 0 }
    known.count += count
    counts.set(key, known)
  }
  for (const { candidates, outcome } of comparisons) {
    if (outcome === null) continue
    const [a, b] = candidates
    touched.add(a).add(b)
    add(a, b, outcome)
    add(b, a, 1 - outcome)
  }
  return { results: [...counts.values()], touched }
}

/** Mean scores of candidates, in standard deviations between them. */
function latentScores(observations: ObservationHistory): LatentScore[] {
  const tallies = new Map<number, { count: number; sum: number; squares: number }>()
  for (let at = 0; at < observations.length; at++) {
    const score = observations.score(at)
    if (Number.isNaN(score)) continue
    const tally = tallies.get(observations.candidate(at)) ?? { count: 0, sum: 0, squares: 0 }
    const cells = observations.count(at)
    tally.count += cells
    tally.sum += cells * score
    tally.squares += cells * score * score
    tallies.set(observations.candidate(at), tally)
  }
  const means = [...tallies.values()].map(({ sum: total, count }) => total / count)
  if (means.length < 2) return []
  const center = means.reduce((total, mean) => total + mean, 0) / means.length
  const spread = Math.sqrt(means.reduce((total, mean) => total + (mean - center) ** 2, 0) / (means.length - 1))
  if (!(spread > 0)) return []
  let residual = 0
  let freedom = 0
  for (const { count, sum: total, squares } of tallies.values()) {
    residual += Math.max(0, squares - (total * total) / count)
    freedom += count - 1
  }
  const within = freedom > 0 ? residual / freedom : spread * spread
  return [...tallies].map(([point, { count, sum: total }]) => ({
    point,
    score: (total / count - center) / spread,
    variance: Math.max(within / count / (spread * spread), SMALLEST_VARIANCE),
  }))
}
