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
import type { PolicyContext } from '../policy.ts'
import { learnedOptions } from '../prior/learned-options.ts'
import { stableShuffle } from '../stable-shuffle.ts'
import { type Crowding, createCrowding } from './crowding.ts'
import type { KrigeOptions } from './options.ts'
import { createWarmStart, type WarmStart } from './warm-start.ts'

export interface PoolMemo<Plan> {
  readonly model: PromptModel
  /**
   * With a warm start, the model without it. Who only measures what a history recommends never learns that it is wrong.
   */
  readonly doubting?: PromptModel
  /**
   * With a learned prior, the model without it: it says whom to meet. The best prompt of a pool is often one of a kind that
   * did badly elsewhere, and what is never measured never refutes a prior.
   */
  readonly meeting?: PromptModel
  /** Random order in which the first pass takes prompts. */
  readonly arrival: readonly number[]
  /** Position of each prompt in that order. */
  readonly tieBreak: Int32Array
  /** None without text. */
  readonly crowding?: Crowding
  readonly plans: Map<number, Plan>
  /** The last fit, by the length of its history: a pool that grows keeps it, a row per new prompt added. */
  readonly fits: Map<number, { readonly beliefs: PromptBeliefs; readonly scores: ScoreMoments }>
  /** What the last recommendation believed, by the length of its history. */
  readonly claims: Map<number, PromptBeliefs>
}

/** Keeps what depends on the pool alone, adds to it when the pool grows, and keeps plans until the history is another one. */
export function createPoolMemo<Plan>({ seed, exampleCount, priors = [], prior }: PolicyContext, options: KrigeOptions) {
  const settings = modelOptions(options)
  let kept: PoolMemo<Plan> | undefined
  let size = -1
  let basis = -1
  let first: PoolEntry | undefined
  let source: ObservationHistory | undefined
  let warm: WarmStart | undefined

  function build(pool: readonly PoolEntry[]): PoolMemo<Plan> {
    const arrival = stableShuffle(pool.length, seed, 'prompts')
    const tieBreak = new Int32Array(pool.length)
    arrival.forEach((prompt, position) => {
      tieBreak[prompt] = position
    })
    const continues = kept !== undefined && first === pool[0] && pool.length > size
    const sameBasis = continues && basis === basisOf(pool)
    if (!continues) warm = createWarmStart(pool.slice(0, originalSize(pool)), priors, settings)
    const known = warm!.of(pool)
    const learned = prior && options.text ? learnedOptions(prior, pool, settings) : {}
    const model = createPromptModel(pool, { ...settings, ...learned, ...known })
    const doubting = known.earlier.length > 0 ? createPromptModel(pool, settings) : undefined
    const meeting = Object.keys(learned).length > 0 ? createPromptModel(pool, { ...settings, ...known }) : undefined
    const crowding = model.features && createCrowding(model.features, exampleCount)
    const extended = (beliefs: PromptBeliefs) => extendBeliefs(beliefs, kept!.model, model)
    const fits: PoolMemo<Plan>['fits'] = new Map()
    const claims: PoolMemo<Plan>['claims'] = new Map()
    if (sameBasis) {
      for (const [length, { beliefs, scores }] of kept!.fits) fits.set(length, { beliefs: extended(beliefs), scores })
      for (const [length, beliefs] of kept!.claims) claims.set(length, extended(beliefs))
    }
    return {
      model,
      arrival,
      tieBreak,
      plans: new Map(),
      fits,
      claims,
      ...(doubting ? { doubting } : {}),
      ...(meeting ? { meeting } : {}),
      ...(crowding ? { crowding } : {}),
    }
  }

  return {
    of(pool: readonly PoolEntry[], history: ObservationHistory): PoolMemo<Plan> {
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
        kept.claims.clear()
      }
      return kept
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
