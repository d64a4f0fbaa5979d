/**
 * Which proposer writes next: a bandit whose arms are proposers, and whose reward is improvement per cost.
 *
 * Notation: d_i score of draft i minus that of its best parent, in logits, measured with variance v_i.
 *
 *   d_i ~ N(μ_p, τ_p²) of proposer p, with a normal–inverse-gamma prior that all share; a draft counts τ₀² / (τ₀² + v_i)
 *   value = E[max(0, d)] per draft / (its price / share of drafts that get measured + outcomes that measure it)
 *
 * One draw of (μ_p, τ_p²) per proposer, and the best of these is asked (Thompson 1933): restarts and exploration need no
 * rule of their own.
 *
 * @module
 */

import type { ObservationHistory } from '../history/observation-log.ts'
import type { Random } from '../numerics/random/random.ts'
import { normalCdf, normalDensity } from '../numerics/special/normal.ts'
import type { Candidate, PoolEntry } from '../prompt/candidate.ts'
import { pairedScores } from '../surrogate/credit/paired-scores.ts'
import type { Generation, PriorHistory, ProposerInfo } from './policy.ts'

/** What drafts of a proposer came to, as weighted sums: enough for a posterior. */
export interface ArmEvidence {
  readonly weight: number
  readonly sum: number
  readonly squares: number
}

/** Drafts are worth a little less than what they were made from. */
const PRIOR_MEAN = -0.2
const PRIOR_VARIANCE = 0.4
/** Drafts that the prior is worth. */
const PRIOR_DRAFTS = 3
/** Outcomes that a draft takes until it is known to be better or not. */
const OUTCOMES = 2
/** Of an earlier study's evidence: its task was another. */
const CARRIED = 0.5
/** Logits per score, at a score of a half. */
const LOGITS = 4

/** Numbers of drafts that are asked for at once. */
export const DRAFTS = [1, 2, 4, 8]

/** Share of drafts that pass, before any did, and the drafts that this is worth. */
const PRIOR_YIELD = 0.8
const PRIOR_ATTEMPTS = 4
/** Of what a proposer's earlier generations came to, per generation since. */
const REMEMBERED = 0.7

const NOTHING: ArmEvidence = { weight: 0, sum: 0, squares: 0 }

export interface EvidenceOptions {
  /** Of the evidence that counts, where it is another task's. @defaultValue 1 */
  readonly share?: number
  /** What it is added to. @defaultValue nothing */
  readonly arms?: Map<string, ArmEvidence>
  /** Which proposer wrote a candidate of the pool. @defaultValue as its origin says */
  readonly writerOf?: (candidate: Candidate, index: number) => string | undefined
}

const originOf = ({ origin }: Candidate) => (origin?.by === 'proposer' ? origin.name : undefined)

/**
 * What the drafts in a pool came to, by proposer: each against the best of its parents, as far as both were measured.
 *
 * @param length How many of the first observations count.
 */
export function evidenceOf(
  pool: readonly PoolEntry[],
  observations: ObservationHistory,
  length: number,
  { share = 1, arms = new Map<string, ArmEvidence>(), writerOf = originOf }: EvidenceOptions = {},
): Map<string, ArmEvidence> {
  const { prompts, values, noise } = pairedScores(observations, length)
  const places = new Map(prompts.map((prompt, place) => [prompt, place]))
  for (const [prompt, place] of places) {
    const { origin } = pool[prompt]!.candidate
    const parents = (origin?.parents ?? []).flatMap((parent) => places.get(parent) ?? [])
    const writer = writerOf(pool[prompt]!.candidate, prompt)
    if (writer === undefined || parents.length === 0) continue
    const best = parents.reduce((a, b) => (values[b]! > values[a]! ? b : a))
    const difference = LOGITS * (values[place]! - values[best]!)
    const variance = LOGITS ** 2 * (noise[place]! + noise[best]!)
    const weight = (share * PRIOR_VARIANCE) / (PRIOR_VARIANCE + variance)
    const before = arms.get(writer) ?? NOTHING
    arms.set(writer, {
      weight: before.weight + weight,
      sum: before.sum + weight * difference,
      // What noise adds to a square on average is taken out: a draft that changes nothing shows no spread.
      squares: before.squares + weight * (difference ** 2 - variance),
    })
  }
  return arms
}

/** What proposers brought in earlier studies, so that a warm start need not find out again. */
export function carriedEvidence(priors: readonly PriorHistory[]): Map<string, ArmEvidence> {
  const arms = new Map<string, ArmEvidence>()
  for (const { pool, observations } of priors)
    evidenceOf(pool, observations, observations.length, { share: CARRIED, arms })
  return arms
}

/**
 * Share of a proposer's drafts that joined the pool: the rest were refused or there already. Late generations count most,
 * since a proposer runs out of new ideas.
 *
 * @param isUsed Of those in the pool, which count.
 */
export function yieldOf(
  generations: readonly Generation[],
  name: string,
  isUsed: (candidate: number) => boolean = () => true,
): number {
  let passed = PRIOR_YIELD * PRIOR_ATTEMPTS
  let attempts = PRIOR_ATTEMPTS
  for (const { proposer, added, duplicates, rejected } of generations) {
    if (proposer !== name) continue
    const refused = Object.values(rejected).reduce((sum, count) => sum + count, duplicates)
    passed = added.filter(isUsed).length + REMEMBERED * passed
    // Nothing written is an attempt in vain.
    attempts = Math.max(1, added.length + refused) + REMEMBERED * attempts
  }
  return passed / attempts
}

/** What so many drafts are expected to cost; the calls of a proposer are a bound. */
export function priceOf(proposer: ProposerInfo, count: number): number {
  return proposer.cost?.(count) ?? proposer.calls(count)
}

/** @param evidence Several maps add up, and so does what is known of the members of a proposer. */
export function chooseProposer(
  proposers: readonly ProposerInfo[],
  evidence: readonly ReadonlyMap<string, ArmEvidence>[],
  random: Random,
  yieldOf: (name: string) => number = () => 1,
): ProposerInfo | undefined {
  let best: { readonly info: ProposerInfo; readonly value: number } | undefined
  for (const info of proposers) {
    const names = [info.name, ...(info.members ?? [])]
    const own = evidence.flatMap((arms) => names.map((name) => arms.get(name) ?? NOTHING))
    const price = Math.min(...DRAFTS.map((count) => priceOf(info, count) / count))
    const value = drawValue(own, random) / (price / yieldOf(info.name) + OUTCOMES)
    if (!best || value > best.value) best = { info, value }
  }
  return best?.info
}

/** Expected improvement per draft, under one draw of mean and variance. */
function drawValue(evidence: readonly ArmEvidence[], random: Random): number {
  let weight = PRIOR_DRAFTS
  let sum = PRIOR_DRAFTS * PRIOR_MEAN
  let squares = PRIOR_DRAFTS * (PRIOR_VARIANCE + PRIOR_MEAN ** 2)
  for (const arm of evidence) {
    weight += arm.weight
    sum += arm.sum
    squares += arm.squares
  }
  const mean = sum / weight
  const spread = Math.max(1e-6, squares - weight * mean * mean)
  // τ² = spread / χ²; the chi-squared by its normal approximation in the cube root (Wilson & Hilferty 1931).
  const cube = 1 - 2 / (9 * weight) + Math.sqrt(2 / (9 * weight)) * random.normal()
  const variance = spread / (weight * Math.max(0.1, cube) ** 3)
  const drawn = mean + Math.sqrt(variance / weight) * random.normal()
  const deviation = Math.sqrt(variance)
  const z = drawn / deviation
  return deviation * (normalDensity(z) + z * normalCdf(z))
}
