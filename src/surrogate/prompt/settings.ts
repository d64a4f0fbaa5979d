/**
 * Settings of the prompt model. They are all combinations of hyper-parameters, each with the covariance it gives the
 * pool and with what earlier studies or other tasks say of it.
 *
 * @module
 */
import type { PoolEntry } from '../../prompt/candidate.ts'
import type { AbilityPrior } from './ability-fit.ts'
import type { HyperparameterGrid } from './hyperparameters.ts'
import type { LowRankFactor } from './low-rank-factor.ts'
import { poolFactors } from './pool-factors.ts'

/** Abilities as an earlier study left them, by prompt, in logits. */
export interface EarlierBeliefs {
  /** Mean 0 over the pool: how hard the examples were then says nothing now. */
  readonly ability: Float64Array
  readonly variance: Float64Array
}

/** Abilities that the texts of prompts promise on any task. */
export interface ExpectedAbilities {
  /** By prompt, in standard deviations of abilities: of a setting they are √A of it. Mean 0 over the pool. */
  readonly standardized: Float64Array
  /** Prior probability that they hold, in (0, 1). */
  readonly trust: number
}

/** One setting of the hyper-parameters, with the covariance it gives the pool. */
export interface Setting extends AbilityPrior {
  readonly abilityVariance: number
  readonly independentShare: number
  /** Index of the mix of views; −1 without text. */
  readonly viewMix: number
  /** Where an earlier study is assumed to hold, A being the variance of what changed since; or what was learned across tasks. */
  readonly belief?: {
    /** Prior mean of abilities. */
    readonly ability: Float64Array
    /** The same setting without the belief. */
    readonly afresh: Setting
  }
  readonly logPrior: number
}

/** What is known before any outcome. */
interface Assumptions {
  readonly earlier?: readonly EarlierBeliefs[]
  readonly logPriors?: readonly number[]
  readonly expected?: ExpectedAbilities
}

const SMALLEST_INDEPENDENT_VARIANCE = 1e-4
/** An earlier study that is further off than this (A, in logits²) tells less than the prompts' own first outcomes. */
const LARGEST_DISCREPANCY = 0.5
/** How much of its abilities an earlier study may carry over: another model's prompts are good and bad by other measures. */
const CARRIED_OVER = [1, 0.5]

export function settingsOf(
  pool: readonly PoolEntry[],
  grid: HyperparameterGrid,
  easinessVariance: number,
  { earlier = [], logPriors, expected }: Assumptions,
): Setting[] {
  const factors = poolFactors(pool)
  const settings: Setting[] = []
  for (const { variance: abilityVariance, logPrior: varianceLogPrior } of grid.abilityVariances) {
    for (const { share, logPrior } of grid.independentShares) {
      const mixes = share < 1 ? grid.viewMixes : [undefined]
      mixes.forEach((mix, index) => {
        const text = mix && factors.factor(mix, grid.rank)
        if (mix && !text) return
        const independent = new Float64Array(pool.length).fill(SMALLEST_INDEPENDENT_VARIANCE)
        for (let i = 0; i < pool.length; i++) {
          independent[i]! += abilityVariance * (share + (1 - share) * (text?.residual[i] ?? 0))
        }
        settings.push({
          ...scaledFactor(text, pool.length, grid.levelVariance, abilityVariance * (1 - share)),
          independent,
          easinessVariance,
          abilityVariance,
          independentShare: share,
          viewMix: mix ? index : -1,
          logPrior: logPriors?.[settings.length] ?? varianceLogPrior + logPrior - Math.log(mixes.length),
        })
      })
    }
  }
  const learned = expected ? settings.flatMap((setting) => withExpected(setting, expected)) : settings
  if (earlier.length === 0) return learned
  return learned.flatMap((setting) => {
    if (setting.belief) return [setting]
    const logPrior = setting.logPrior - Math.LN2
    const skeptical = { ...setting, logPrior }
    if (setting.abilityVariance > LARGEST_DISCREPANCY) return [skeptical]
    const trusting = earlier.map(({ ability, variance }) => ({
      ...setting,
      belief: { ability, afresh: skeptical },
      independent: setting.independent.map((d, i) => d + variance[i]!),
      logPrior: logPrior - Math.log(earlier.length),
    }))
    return [skeptical, ...trusting]
  })
}

/** A setting as it is, and one whose mean is what was learned across tasks. */
function withExpected(setting: Setting, { standardized, trust }: ExpectedAbilities): Setting[] {
  const afresh = { ...setting, logPrior: setting.logPrior + Math.log1p(-trust) }
  const scale = Math.sqrt(setting.abilityVariance)
  const ability = standardized.map((value) => scale * value)
  return [afresh, { ...setting, belief: { ability, afresh }, logPrior: setting.logPrior + Math.log(trust) }]
}

/** An earlier study as it is assumed to hold: whole, or by a share. */
export function carriedOver(study: EarlierBeliefs): EarlierBeliefs[] {
  return CARRIED_OVER.map((share) => shrunk(study, share))
}

/** A share of earlier abilities, assumed to hold. */
function shrunk({ ability, variance }: EarlierBeliefs, share: number): EarlierBeliefs {
  return { ability: ability.map((f) => share * f), variance: variance.map((v) => share * share * v) }
}

/** A column for the general level, then the columns of a text covariance of a variance. */
function scaledFactor(text: LowRankFactor | undefined, size: number, levelVariance: number, variance: number) {
  const level = Math.sqrt(levelVariance)
  const loading = Math.sqrt(variance)
  const inner = text?.rank ?? 0
  const rank = inner + 1
  const factor = new Float64Array(size * rank)
  for (let i = 0; i < size; i++) {
    factor[i * rank] = level
    for (let k = 0; k < inner; k++) factor[i * rank + k + 1] = loading * text!.factor[i * inner + k]!
  }
  return { factor, rank }
}
