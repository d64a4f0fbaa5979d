/**
 * What the prompt policy keeps of a pool: the model, the last fit, and what follows from them. It is added to when the pool
 * grows, and forgotten when the history is another one.
 *
 * @module
 */
import { viewFactories } from '../../features/views.ts'
import type { ObservationHistory } from '../../history/observation-log.ts'
import type { PoolEntry } from '../../prompt/candidate.ts'
import { extendBeliefs } from '../../surrogate/prompt/grown-beliefs.ts'
import { DEFAULT_GRID, type HyperparameterGrid } from '../../surrogate/prompt/hyperparameters.ts'
import { basisOf, originalSize } from '../../surrogate/prompt/pool-factors.ts'
import { createPromptModel, type PromptBeliefs, type PromptModel } from '../../surrogate/prompt/prompt-model.ts'
import type { ScoreMoments } from '../../surrogate/prompt/score-moments.ts'
import type { PolicyContext, PolicyState, Recommendation } from '../policy.ts'
import { learnedOptions } from '../prior/learned-options.ts'
import { stableShuffle } from '../stable-shuffle.ts'
import type { KrigeOptions } from './options.ts'
import { recommend } from './recommendation.ts'
import { createRedundancy, type Redundancy } from './redundancy.ts'
import { createWarmStart, type WarmStart } from './warm-start.ts'

export interface PoolMemo<Plan> {
  readonly model: PromptModel
  /**
   * With a warm start, the model without it: measuring only what an earlier study recommends would never show that it is
   * wrong.
   */
  readonly withoutWarmStart?: PromptModel
  /**
   * With a learned prior, the model without it: it chooses the first pass. The best prompt of a pool is often one of a kind that
   * did badly elsewhere, and what is never measured never refutes a prior.
   */
  readonly withoutPrior?: PromptModel
  /** Random order in which the first pass takes prompts. */
  readonly firstPassOrder: readonly number[]
  /** Position of each prompt in that order. */
  readonly tieBreak: Int32Array
  /** None without text. */
  readonly redundancy?: Redundancy
  readonly plans: Map<number, Plan>
  /** The last fit, by the length of its history: a pool that grows keeps it, a row per new prompt added. */
  readonly fits: Map<number, { readonly beliefs: PromptBeliefs; readonly scores: ScoreMoments }>
  /** Of the last recommendation, by the length of its history. */
  readonly finalBeliefs: Map<number, PromptBeliefs>
}

/** Keeps what depends on the pool alone, adds to it when the pool grows, and keeps plans until the history is another one. */
export function createPoolMemo<Plan>(
  { seed, exampleCount, estimand, priors = [], prior }: PolicyContext,
  options: KrigeOptions,
) {
  const settings = modelOptions(options)
  let kept: PoolMemo<Plan> | undefined
  let size = -1
  let basis = -1
  let first: PoolEntry | undefined
  let source: ObservationHistory | undefined
  let warm: WarmStart | undefined

  function build(pool: readonly PoolEntry[]): PoolMemo<Plan> {
    const firstPassOrder = stableShuffle(pool.length, seed, 'prompts')
    const tieBreak = new Int32Array(pool.length)
    firstPassOrder.forEach((prompt, position) => {
      tieBreak[prompt] = position
    })
    const continues = kept !== undefined && first === pool[0] && pool.length > size
    const sameBasis = continues && basis === basisOf(pool)
    if (!continues) warm = createWarmStart(pool.slice(0, Math.max(1, originalSize(pool))), priors, settings)
    const known = warm!.of(pool)
    const learned = prior && options.text ? learnedOptions(prior, pool, settings) : {}
    const model = createPromptModel(pool, { ...settings, ...learned, ...known })
    const withoutWarmStart = known.earlier.length > 0 ? createPromptModel(pool, settings) : undefined
    const withoutPrior =
      Object.keys(learned).length > 0 ? createPromptModel(pool, { ...settings, ...known }) : undefined
    const redundancy = model.features && createRedundancy(model.features, exampleCount)
    const extended = (beliefs: PromptBeliefs) => extendBeliefs(beliefs, kept!.model, model)
    const fits: PoolMemo<Plan>['fits'] = new Map()
    const finalBeliefs: PoolMemo<Plan>['finalBeliefs'] = new Map()
    if (sameBasis) {
      for (const [length, { beliefs, scores }] of kept!.fits) fits.set(length, { beliefs: extended(beliefs), scores })
      for (const [length, beliefs] of kept!.finalBeliefs) finalBeliefs.set(length, extended(beliefs))
    }
    return {
      model,
      firstPassOrder,
      tieBreak,
      plans: new Map(),
      fits,
      finalBeliefs,
      ...(withoutWarmStart ? { withoutWarmStart } : {}),
      ...(withoutPrior ? { withoutPrior } : {}),
      ...(redundancy ? { redundancy } : {}),
    }
  }

  function of(pool: readonly PoolEntry[], history: ObservationHistory): PoolMemo<Plan> {
    if (!kept || size !== pool.length || first !== pool[0]) {
      kept = build(pool)
      size = pool.length
      basis = basisOf(pool)
      first = pool[0]
    }
    if (source !== history) {
      source = history
      kept.plans.clear()
      kept.fits.clear()
      kept.finalBeliefs.clear()
    }
    return kept
  }

  return {
    of,
    recommend({ pool, observations }: PolicyState): Recommendation | undefined {
      const { length } = observations
      if (pool.length === 0 || length === 0) return undefined
      const { model, tieBreak, finalBeliefs } = of(pool, observations)
      const beliefs = finalBeliefs.get(length) ?? model.fit(observations, length, 'likelihood')
      finalBeliefs.clear()
      finalBeliefs.set(length, beliefs)
      return recommend(beliefs, estimand, exampleCount, tieBreak, seed)
    },
  }
}

function modelOptions(options: KrigeOptions) {
  const { views } = options
  const grid: HyperparameterGrid = {
    ...DEFAULT_GRID,
    ...(options.text ? {} : { independentShares: [{ share: 1, logPrior: 0 }] }),
    ...(views
      ? {
          viewMixes: DEFAULT_GRID.viewMixes.map((mix) =>
            Object.fromEntries(
              Object.keys(viewFactories).map((name) => [name, views.includes(name) ? (mix[name] ?? 0.25) : 0]),
            ),
          ),
        }
      : {}),
  }
  return {
    grid,
    exampleEffects: options.exampleEffects,
    likelihood: options.likelihood,
    sharedFailures: options.sharedFailures,
  }
}
