/**
 * The prompt model: outcome of prompt i on example e ~ Bernoulli(σ(f_i + b_e)), abilities f a Gaussian process over a sum
 * of text kernels plus an independent effect of every prompt, easinesses b independent.
 *
 * Fitting goes in three steps. A joint Laplace fit without text places abilities and easinesses. Every prompt's outcomes
 * are then summarized as one Gaussian site, linearized there, and every setting of the hyper-parameters is conditioned on
 * the sites in closed form; their average by evidence gives new abilities, then easinesses, and the step is repeated.
 * Averaging, with the setting "no text" among those averaged, is what keeps text from costing much where it predicts
 * nothing. Where prompts that read alike fail on the same examples (`shared-failures.ts`), the evidence counts for less.
 *
 * @module
 */

import { remembered } from '../../features/remembered.ts'
import type { ObservationHistory } from '../../history/observation-log.ts'
import { logistic } from '../../numerics/special/logistic.ts'
import type { PoolEntry } from '../../prompt/candidate.ts'
import { type AbilityPrior, fitAbilities } from './ability-fit.ts'
import { correctDispersion } from './dispersion.ts'
import { createDraftPredictor, type DraftPrediction } from './draft-model.ts'
import { conditionOnSites, type SitePosterior, type Sites, siteVariances } from './gaussian-sites.ts'
import { DEFAULT_GRID, type HyperparameterGrid } from './hyperparameters.ts'
import type { LowRankFactor } from './low-rank-factor.ts'
import { mixtureVariance } from './mixture-variance.ts'
import { gatherOutcomes, type Outcomes } from './outcomes.ts'
import { poolFactors } from './pool-factors.ts'
import { type ScoreScale, scoreScale } from './score-scale.ts'
import {
  abilityFeature,
  centerFeatures,
  estimateSharedFailures,
  NO_SHARED_FAILURES,
  type SharedFailures,
  type TextFeatures,
} from './shared-failures.ts'
import { attenuation, evidenceCorrection, tiltMoments } from './tilted-moments.ts'

export interface PromptModelOptions {
  readonly grid?: HyperparameterGrid
  /** Variance of example easiness, in logits: expected before any outcome, then fitted. @defaultValue 1.3 */
  readonly easinessVariance?: number
  /** Whether examples differ in easiness at all. @defaultValue true */
  readonly exampleEffects?: boolean
  /**
   * `gaussian` gives every outcome the same variance: one linearization, at the pool's level. For comparison only.
   * @defaultValue 'binomial'
   */
  readonly likelihood?: 'binomial' | 'gaussian'
  /** Whether prompts that read alike may fail on the same examples. @defaultValue true */
  readonly sharedFailures?: boolean
  /** Rounds of linearizing and averaging. @defaultValue 2 */
  readonly passes?: number
  /**
   * Posterior of earlier studies for these prompts. Settings with a small enough A share their prior weight, half and half,
   * with settings in which one of the studies still holds, whole or by half, and A is what changed since; none has to.
   */
  readonly earlier?: readonly EarlierBeliefs[]
  /** What was learned across tasks: every setting shares its prior weight with one in which it holds. */
  readonly expected?: ExpectedAbilities
  /** Log prior weight of each setting without earlier beliefs, in the order of {@link PromptModel.settings}; grid's own by default. */
  readonly logPriors?: readonly number[]
}

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

export interface WeightedPosterior {
  readonly setting: Setting
  readonly weight: number
  readonly posterior: SitePosterior
}

/** Posterior of a fit; abilities and easinesses in logits, by prompt and by column of `outcomes`. */
export interface PromptBeliefs {
  readonly scale: ScoreScale
  readonly outcomes: Outcomes
  /** Posterior mean of f. */
  readonly ability: Float64Array
  /** Posterior variance of f, given the easinesses. */
  readonly abilityVariance: Float64Array
  readonly easiness: Float64Array
  readonly easinessVariance: Float64Array
  /** Prior variance of easiness: that of an example not measured yet. */
  readonly unseenVariance: number
  /** Settings with their posterior weight, heaviest first; negligible ones left out. */
  readonly components: readonly WeightedPosterior[]
  /** Posterior weight of all settings that use text. */
  readonly textWeight: number
  /** How much prompts that read alike fail on the same examples. */
  readonly sharedFailures: SharedFailures
  /** What every prompt's own outcomes say of its ability. */
  readonly sites: Sites
}

export interface PromptModel {
  readonly settings: readonly Setting[]
  /** By which shared failures are told; none without text. */
  readonly features?: TextFeatures
  /**
   * Fits the first `length` observations: a pure function of them and of the pool.
   *
   * @param evidence - by what settings are weighed: their Gaussian `sites`, quick and a little too sure that prompts are
   *   alike, which serves a search; or the `likelihood` by quadrature, for what is recommended in the end.
   */
  fit(history: ObservationHistory, length: number, evidence?: 'sites' | 'likelihood'): PromptBeliefs
  /**
   * Predicts abilities of prompts outside the pool from those that were measured, by their texts.
   *
   * @returns one prediction per entry; none where fewer than three prompts were measured.
   */
  predict(beliefs: PromptBeliefs, entries: readonly PoolEntry[]): readonly DraftPrediction[] | undefined
}

/** Settings lighter than this are dropped between passes. */
const NEGLIGIBLE = 2e-3
const SMALLEST_INDEPENDENT_VARIANCE = 1e-4
/** Variance that stands for "all examples are equally easy". */
const NO_EFFECT = 1e-6
/** A Newton step in logits from a saturated point may be arbitrarily long. */
const LARGEST_STEP = 2
/** An earlier study that is further off than this (A, in logits²) tells less than the prompts' own first outcomes. */
const LARGEST_DISCREPANCY = 0.5
/** How much of its abilities an earlier study may carry over: another model's prompts are good and bad by other measures. */
const CARRIED_OVER = [1, 0.5]
/** How many examples the prior of the easiness variance is worth. */
const PRIOR_EXAMPLES = 4

/**
 * @example
 * const { ability } = createPromptModel(pool).fit(observations, observations.length)
 * indexOfLargest(ability) // 3
 */
export function createPromptModel(pool: readonly PoolEntry[], options: PromptModelOptions = {}): PromptModel {
  const { grid = DEFAULT_GRID, exampleEffects = true, likelihood = 'binomial' } = options
  const studies = (options.earlier ?? []).map((study) => ({
    feature: exampleEffects && abilityFeature(study.ability),
    carried: CARRIED_OVER.map((share) => shrunk(study, share)),
  }))
  const passes = likelihood === 'binomial' ? (options.passes ?? 2) : 1
  const priorVariance = exampleEffects ? (options.easinessVariance ?? 1.3) : NO_EFFECT
  const prompts = pool.length
  const settings = settingsOf(pool, grid, priorVariance, {
    ...options,
    earlier: studies.flatMap(({ carried }) => carried),
  })
  const ofStudies = new Set(studies.flatMap(({ carried }) => carried.map(({ ability }) => ability)))
  const withoutText: AbilityPrior = {
    factor: new Float64Array(prompts).fill(Math.sqrt(grid.levelVariance)),
    rank: 1,
    independent: new Float64Array(prompts).fill(1),
    easinessVariance: priorVariance,
  }

  const learned = settings.flatMap(({ belief }) => (belief && !ofStudies.has(belief.ability) ? [belief.ability] : []))
  const believed = studies.map(({ feature, carried }) => ({
    feature,
    abilities: carried.map(({ ability }) => ability),
  }))
  if (options.expected) {
    believed.push({ feature: exampleEffects && abilityFeature(options.expected.standardized), abilities: learned })
  }

  const textual = settings.some((setting) => setting.viewMix >= 0)
  const factors = poolFactors(pool)
  const text = textual && options.sharedFailures !== false ? factors.factor(grid.viewMixes[0]!, grid.rank) : undefined
  const features = text && exampleEffects ? centerFeatures(text, factors.basis) : undefined

  const drafts = createDraftPredictor()
  const draftModel = remembered((beliefs: PromptBeliefs) => drafts.fit(pool, beliefs))

  return {
    settings,
    ...(features ? { features } : {}),
    predict: (beliefs, entries) => {
      const model = draftModel(beliefs)
      return model?.predictAll(entries)
    },
    fit(history, length, evidence = 'sites') {
      const scale = scoreScale(history, length)
      const gathered = gatherOutcomes(history, length, prompts, scale)
      const outcomes = scale.binary ? gathered : correctDispersion(gathered, fitAbilities(gathered, withoutText))
      const start = fitAbilities(outcomes, withoutText)
      const ability = start.ability.slice()
      if (likelihood === 'gaussian') ability.fill(meanOf(start.ability))
      const easiness = start.easiness.slice()
      const easinessVariance = new Float64Array(easiness.length)
      let unseenVariance = priorVariance
      let components: WeightedPosterior[] = []
      let sites = sitesAt(outcomes, ability, easiness, easinessVariance)
      const shareOf = (by: TextFeatures) =>
        estimateSharedFailures(outcomes, by, levelOf(outcomes, start.ability), start.easiness)
      const sharedFailures = features ? shareOf(features) : NO_SHARED_FAILURES
      const designEffects = {
        texts: sharedFailures.designEffect,
        beliefs: new Map(
          believed.flatMap(({ feature, abilities }) => {
            const designEffect = feature ? shareOf(feature).designEffect : 1
            return abilities.map((ability) => [ability, designEffect] as const)
          }),
        ),
      }
      for (let pass = 0; pass < passes; pass++) {
        const alive = pass === 0 ? settings : components.map((component) => component.setting)
        sites = sitesAt(outcomes, ability, easiness, easinessVariance)
        const correction = (posterior: SitePosterior) =>
          likelihood === 'binomial' && evidence === 'likelihood'
            ? evidenceCorrection(outcomes, easiness, easinessVariance, posterior)
            : 0
        components = averageSettings(alive, sites, designEffects, correction)
        meanAbility(components, ability)
        for (let step = 0; step < 2; step++) {
          improveEasiness(outcomes, ability, easiness, easinessVariance, unseenVariance)
          if (exampleEffects) unseenVariance = spreadOf(outcomes, easiness, easinessVariance, priorVariance)
        }
      }
      components.sort((a, b) => b.weight - a.weight)
      const abilityVariance = mixtureVariance(components, ability, siteVariances)
      if (likelihood === 'binomial') tiltMoments(outcomes, sites, easiness, easinessVariance, ability, abilityVariance)
      let textWeight = 0
      for (const { setting, weight } of components) if (setting.viewMix >= 0) textWeight += weight
      return {
        scale,
        outcomes,
        ability,
        abilityVariance,
        easiness,
        easinessVariance,
        unseenVariance,
        components,
        textWeight,
        sharedFailures,
        sites: sitesAt(outcomes, ability, easiness, easinessVariance),
      }
    },
  }
}

function settingsOf(
  pool: readonly PoolEntry[],
  grid: HyperparameterGrid,
  easinessVariance: number,
  { earlier = [], logPriors, expected }: PromptModelOptions,
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

/** One Newton linearization of every prompt's likelihood, at f and b; κ as in `tilted-moments.ts`. */
function sitesAt(
  outcomes: Outcomes,
  ability: Float64Array,
  easiness: Float64Array,
  easinessVariance: Float64Array,
): Sites {
  const scale = easinessVariance.map(attenuation)
  const precision = new Float64Array(outcomes.prompts)
  const shift = new Float64Array(outcomes.prompts)
  for (let i = 0; i < outcomes.prompts; i++) {
    const f = ability[i]!
    let curvature = 0
    let gradient = 0
    for (let cell = outcomes.offsets[i]!; cell < outcomes.offsets[i + 1]!; cell++) {
      const c = outcomes.column[cell]!
      const k = scale[c]!
      const p = logistic(k * (f + easiness[c]!))
      const trials = outcomes.trials[cell]!
      curvature += k * k * trials * p * (1 - p)
      gradient += k * (outcomes.successes[cell]! - trials * p)
    }
    precision[i] = curvature
    shift[i] = curvature * f + gradient
  }
  return { precision, shift }
}

/** By how much evidence overstates what is known: of texts, and of each earlier study's abilities. */
interface DesignEffects {
  readonly texts: number
  readonly beliefs: ReadonlyMap<Float64Array, number>
}

function averageSettings(
  settings: readonly Setting[],
  sites: Sites,
  designEffects: DesignEffects,
  correction: (posterior: SitePosterior) => number,
): WeightedPosterior[] {
  const conditioned = new Map<Setting, { readonly posterior: SitePosterior; readonly evidence: number }>()
  const condition = (setting: Setting) => {
    const known = conditioned.get(setting)
    if (known) return known
    const posterior = conditionOnSites(setting, sites, setting.belief?.ability)
    const fresh = { posterior, evidence: posterior.logEvidence + correction(posterior) }
    conditioned.set(setting, fresh)
    return fresh
  }
  const logWeights = settings.map((setting) => {
    const { evidence } = condition(setting)
    if (!setting.belief) return evidence / designEffects.texts + setting.logPrior
    const { afresh, ability } = setting.belief
    const without = condition(afresh).evidence
    const gain = (evidence - without) / Math.max(designEffects.texts, designEffects.beliefs.get(ability)!)
    return without / designEffects.texts + gain + setting.logPrior
  })
  const top = Math.max(...logWeights)
  const weights = logWeights.map((logWeight) => Math.exp(logWeight - top))
  const total = weights.reduce((sum, weight) => sum + weight, 0)
  const kept = settings.flatMap((setting, k) => {
    const weight = weights[k]! / total
    return weight > NEGLIGIBLE ? [{ setting, weight, posterior: condition(setting).posterior }] : []
  })
  const rest = kept.reduce((sum, component) => sum + component.weight, 0)
  return kept.map((component) => ({ ...component, weight: component.weight / rest }))
}

function meanAbility(components: readonly WeightedPosterior[], out: Float64Array): void {
  out.fill(0)
  for (const { weight, posterior } of components) {
    for (let i = 0; i < out.length; i++) out[i]! += weight * posterior.mean[i]!
  }
}

/** One Newton step of every b_e, given abilities; leaves the conditional variances behind. */
function improveEasiness(
  outcomes: Outcomes,
  ability: Float64Array,
  easiness: Float64Array,
  variance: Float64Array,
  prior: number,
): void {
  const columns = easiness.length
  const gradient = new Float64Array(columns)
  const precision = new Float64Array(columns)
  for (let c = 0; c < columns; c++) {
    const fixed = outcomes.examples[c]! < 0
    precision[c] = fixed ? 1e8 : 1 / prior
    gradient[c] = -easiness[c]! * precision[c]!
  }
  for (let i = 0; i < outcomes.prompts; i++) {
    for (let cell = outcomes.offsets[i]!; cell < outcomes.offsets[i + 1]!; cell++) {
      const c = outcomes.column[cell]!
      const p = logistic(ability[i]! + easiness[c]!)
      gradient[c]! += outcomes.successes[cell]! - outcomes.trials[cell]! * p
      precision[c]! += outcomes.trials[cell]! * p * (1 - p)
    }
  }
  for (let c = 0; c < columns; c++) {
    easiness[c]! += Math.min(LARGEST_STEP, Math.max(-LARGEST_STEP, gradient[c]! / precision[c]!))
    variance[c] = 1 / precision[c]!
  }
}

function meanOf(values: Float64Array): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length
}

/** Mean ability over measured cells. */
function levelOf(outcomes: Outcomes, ability: Float64Array): number {
  let sum = 0
  for (let i = 0; i < outcomes.prompts; i++) sum += (outcomes.offsets[i + 1]! - outcomes.offsets[i]!) * ability[i]!
  return outcomes.column.length === 0 ? 0 : sum / outcomes.column.length
}

/** Variance of easiness over examples: one step of expectation maximization, pulled toward its prior. */
function spreadOf(outcomes: Outcomes, easiness: Float64Array, variance: Float64Array, prior: number): number {
  let sum = PRIOR_EXAMPLES * prior
  let count = PRIOR_EXAMPLES
  outcomes.examples.forEach((example, c) => {
    if (example < 0) return
    sum += easiness[c]! * easiness[c]! + variance[c]!
    count++
  })
  return sum / count
}
