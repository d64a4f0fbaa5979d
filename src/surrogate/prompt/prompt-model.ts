/**
 * The prompt model: outcome of prompt i on example e ~ Bernoulli(σ(f_i + b_e)). Abilities f are a Gaussian process over
 * a sum of text kernels plus an independent effect of every prompt; easinesses b are independent.
 *
 * Fitting goes in three steps. A joint Laplace fit without text places abilities and easinesses. Every prompt's
 * outcomes are then summarized as one Gaussian site, linearized there, and every setting of the hyper-parameters is
 * conditioned on the sites in closed form. Their average by evidence gives new abilities, then easinesses, and the step
 * is repeated. Averaging, with the setting "no text" among those averaged, is what keeps text from costing much where
 * it predicts nothing. Where prompts that read alike fail on the same examples (`shared-failures.ts`), the evidence
 * counts for less.
 *
 * @module
 */

import { remembered } from '../../features/remembered.ts'
import type { ObservationHistory } from '../../history/observation-log.ts'
import { logistic } from '../../numerics/special/logistic.ts'
import type { PoolEntry } from '../../prompt/candidate.ts'
import { type AbilityPrior, fitAbilities } from './ability-fit.ts'
import { averageSettings, meanAbility, type WeightedPosterior } from './average-settings.ts'
import { correctDispersion } from './dispersion.ts'
import { createDraftPredictor, type DraftPrediction, type DraftPredictor } from './draft-model.ts'
import { improveEasiness, NO_EFFECT, spreadOf } from './easiness.ts'
import { allAlike, type EasinessDistribution, fitEasiness } from './easiness-distribution.ts'
import { type SitePosterior, type Sites, siteVariances } from './gaussian-sites.ts'
import { DEFAULT_GRID, type HyperparameterGrid } from './hyperparameters.ts'
import { mixtureVariance } from './mixture-variance.ts'
import { gatherOutcomes, type Outcomes } from './outcomes.ts'
import { poolFactors } from './pool-factors.ts'
import { type ScoreScale, scoreScale } from './score-scale.ts'
import { carriedOver, type EarlierBeliefs, type ExpectedAbilities, type Setting, settingsOf } from './settings.ts'
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
   * Posterior of earlier studies for these prompts. Settings with a small enough A share their prior weight, half and
   * half, with settings in which one of the studies still holds, whole or by half. A is then what changed since.
   */
  readonly earlier?: readonly EarlierBeliefs[]
  /** What was learned across tasks: every setting shares its prior weight with one in which it holds. */
  readonly expected?: ExpectedAbilities
  /** Log prior weight of each setting without earlier beliefs, in the order of {@link PromptModel.settings}; grid's own by default. */
  readonly logPriors?: readonly number[]
  /** Predicts drafts; one that is shared keeps what it computed of texts while a pool grows. @defaultValue one of its own */
  readonly drafts?: DraftPredictor
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
  /** Of examples not measured yet. */
  readonly easinessDistribution: EasinessDistribution
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
   * @param evidence - by what settings are weighed. Their Gaussian `sites` are quick and a little too sure that prompts
   * are alike, which serves a search. The `likelihood` by quadrature is for what is recommended in the end. With the
   * latter the fitted distribution of easiness is the prior of every example, too; with the former a normal one is.
   */
  fit(history: ObservationHistory, length: number, evidence?: 'sites' | 'likelihood'): PromptBeliefs
  /**
   * Predicts abilities of prompts outside the pool from those that were measured, by their texts.
   *
   * @returns one prediction per entry; none where fewer than three prompts were measured.
   */
  predict(beliefs: PromptBeliefs, entries: readonly PoolEntry[]): readonly DraftPrediction[] | undefined
}

/**
 * @example
 * const { ability } = createPromptModel(pool).fit(observations, observations.length)
 * indexOfLargest(ability) // 3
 */
export function createPromptModel(pool: readonly PoolEntry[], options: PromptModelOptions = {}): PromptModel {
  const { grid = DEFAULT_GRID, exampleEffects = true, likelihood = 'binomial' } = options
  const studies = (options.earlier ?? []).map((study) => ({
    feature: exampleEffects && abilityFeature(study.ability),
    carried: carriedOver(study),
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
  const earlier = studies.map(({ feature, carried }) => ({
    feature,
    abilities: carried.map(({ ability }) => ability),
  }))
  if (options.expected) {
    earlier.push({ feature: exampleEffects && abilityFeature(options.expected.standardized), abilities: learned })
  }

  const textual = settings.some((setting) => setting.viewMix >= 0)
  const factors = poolFactors(pool)
  const text = textual && options.sharedFailures !== false ? factors.factor(grid.viewMixes[0]!, grid.rank) : undefined
  const features = text && exampleEffects ? centerFeatures(text, factors.basis) : undefined

  const drafts = options.drafts ?? createDraftPredictor()
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
      let easiness: Float64Array = start.easiness.slice()
      let easinessVariance: Float64Array = new Float64Array(easiness.length)
      let spread = priorVariance
      let distribution = allAlike(priorVariance)
      const fitted = () =>
        fitEasiness(outcomes, ability, mixtureVariance(components, ability, siteVariances), priorVariance)
      let components: WeightedPosterior[] = []
      let sites = sitesAt(outcomes, ability, easiness, easinessVariance)
      const shareOf = (by: TextFeatures) =>
        estimateSharedFailures(outcomes, by, levelOf(outcomes, start.ability), start.easiness)
      const sharedFailures = features ? shareOf(features) : NO_SHARED_FAILURES
      const designEffects = {
        texts: sharedFailures.designEffect,
        beliefs: new Map(
          earlier.flatMap(({ feature, abilities }) => {
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
        if (exampleEffects && evidence === 'likelihood') {
          ;({ easiness, variance: easinessVariance, distribution } = fitted())
          continue
        }
        for (let step = 0; step < 2; step++) {
          improveEasiness(outcomes, ability, easiness, easinessVariance, spread)
          if (exampleEffects) spread = spreadOf(outcomes, easiness, easinessVariance, priorVariance)
        }
      }
      if (exampleEffects && evidence === 'sites') distribution = fitted().distribution
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
        easinessDistribution: distribution,
        components,
        textWeight,
        sharedFailures,
        sites: sitesAt(outcomes, ability, easiness, easinessVariance),
      }
    },
  }
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

function meanOf(values: Float64Array): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length
}

/** Mean ability over measured cells. */
function levelOf(outcomes: Outcomes, ability: Float64Array): number {
  let sum = 0
  for (let i = 0; i < outcomes.prompts; i++) sum += (outcomes.offsets[i + 1]! - outcomes.offsets[i]!) * ability[i]!
  return outcomes.column.length === 0 ? 0 : sum / outcomes.column.length
}
