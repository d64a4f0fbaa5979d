/**
 * `gp`: Bayesian optimization with a Gaussian process and logarithmic expected improvement. It works over a space of
 * parameters or a finite pool of prompts (at full fidelity: a candidate is measured on every example). The process is
 * exact up to `maxCandidates` measured candidates, and sparse past them. Of a pool of more than 20,000 prompts with
 * embeddings a screen leaves some thousands, which the process then looks at.
 *
 * The initial design is a Sobol' sequence. Scores are warped toward normality, after the worse half is compressed.
 * Hyper-parameters are at their maximum a posteriori. The threshold is the best posterior mean, not the luckiest
 * observation, plus one standard deviation of the noise. With high noise, small improvements cannot be told from none.
 *
 * Pending and failed points are imputed with their posterior mean (kriging believer), so that concurrent asks do not coincide.
 * Every third ask searches only a trust region around the incumbent, which grows with success and shrinks with failure
 * (TuRBO). This helps while the model is poor: few points, high noise. Where noise dominates the score variance, every ask is
 * restricted to a trust region of constant size.
 *
 * @module
 */
import * as z from 'zod'
import { type Acquisition, acquisitionOnPool, acquisitionOver } from '../acquisition/acquisition.ts'
import { logExpectedImprovement } from '../acquisition/log-expected-improvement.ts'
import { optimizeAcquisition } from '../acquisition/optimize-acquisition.ts'
import { createRandom, createSobol, type Random } from '../numerics/random/index.ts'
import { argmax } from '../numerics/vector.ts'
import { type Candidate, candidateText, type PoolEntry } from '../prompt/candidate.ts'
import { encodeSpace } from '../space/encoding.ts'
import { isActive } from '../space/parameter.ts'
import { type Points, row, takePoints } from '../surrogate/points.ts'
import { createLargePool } from './gp/large-pool.ts'
import { marginOver } from './gp/margin-over.ts'
import { FIRST_RADIUS, trustRegion, trustRegionRadius } from './gp/trust-region.ts'
import { lookingAgain } from './looking-again.ts'
import { nothingLeft } from './nothing-left.ts'
import type { Decision, Fit, Policy, PolicyContext, PolicyFactory, PolicyState, Recommendation } from './policy.ts'
import type { PolicyEntry } from './policy-entry.ts'
import { candidateFeatures } from './recommendation/candidate-features.ts'
import { candidateScores, without } from './recommendation/candidate-scores.ts'
import { fitObjective, MANY_OBSERVATIONS, type ObjectiveModel } from './recommendation/objective-model.ts'
import { recommendByMean } from './recommendation/objective-recommendation.ts'
import { createDesigns } from './space-design/design.ts'
import { createPointProposer } from './space-design/propose-point.ts'
import { createSobolPoints } from './space-design/sobol-points.ts'
import type { ScreenedProposals } from './vector-search/screened-proposals.ts'

export const gpOptionsSchema = z.strictObject({
  /** Points of the initial design. Default the number of parameters + 2, at least 4; 8 prompts for a pool. */
  initial: z.int().positive().optional(),
  /** Past so many measured candidates the process is sparse; hyper-parameters are fitted to so many of them. */
  maxCandidates: z.int().min(10).default(1000),
  /** Most inducing points of a sparse process. */
  inducingPoints: z.int().min(2).default(512),
})

const ORIGIN = 'gp'
const MINIMUM_DESIGN = 4
const POOL_DESIGN = 8
/** Settings tried in thought at each ask, over all prompts. */
const VARIANTS = 256
/** Points of a space scored, and how many of the best are refined; less of both once there are {@link MANY_OBSERVATIONS}. */
const SEARCH_EFFORT = { globalCandidates: 256, starts: 2 }
const LATE_SEARCH_EFFORT = { globalCandidates: 128, starts: 1 }
/** Incumbents around which the acquisition is refined. */
const INCUMBENTS = 3
/** Every so many asks search only the trust region. */
const LOCAL_EVERY = 3
/** Above this share of noise in the score variance, every ask is local. */
const MUCH_NOISE = 0.3

/**
 * @example
 * const space = defineSpace({ x: { float: [0, 1] } })
 * const policy = createGpPolicy({ ...context, space, exampleCount: 1 })
 * policy.next({ ...state, pool: [], observations: createObservationLog() }) // { kind: 'act', … }
 */
export const createGpPolicy: PolicyFactory = (context: PolicyContext): Policy => {
  const options = gpOptionsSchema.parse(context.options ?? {})
  const encoding = encodeSpace(context.space)
  const random = createRandom(context.seed)
  const examples = Array.from({ length: context.exampleCount }, (_, e) => e)
  const designOf = createDesigns(context.space)
  const nextPoint = createSobolPoints(random.split('design').integer(2 ** 31))
  const proposePoint = createPointProposer(context)

  const isPrompt = ({ candidate }: PoolEntry) => candidateText(candidate).length > 0
  /** Whether an entry says everything the space asks for, so that it can be measured as it is. */
  const isComplete = ({ candidate }: PoolEntry) => {
    const values = candidate.parameters ?? {}
    return Object.entries(context.space).every(([name, parameter]) => !isActive(parameter, values) || name in values)
  }

  /** The pool as the process sees it, and the process given everything observed and pending. */
  const situation = (state: PolicyState) => {
    const features = candidateFeatures(state.pool, encoding)
    const scores = without(candidateScores(state.observations), features.outside)
    return { scores, features }
  }

  const model = (state: PolicyState, { scores, features }: ReturnType<typeof situation>): ObjectiveModel => {
    return fitObjective(
      {
        points: takePoints(features.pool, scores.candidates),
        scores: scores.means,
        noiseVariances: scores.noiseVariances,
        observations: state.observations.length,
        exactUpTo: options.maxCandidates,
        inducing: options.inducingPoints,
      },
      features,
      state.fits.at(-1),
      context.backend,
    )
  }

  const evaluate = (state: PolicyState, candidate: number | Candidate, summary: string, fit?: Fit): Decision => ({
    kind: 'act',
    action: {
      kind: 'evaluate',
      candidate,
      examples: examples.slice(0, state.evaluationsLeft),
      reason: { summary },
    },
    ...(fit && fit !== state.fits.at(-1) ? { fit } : {}),
  })

  /** Prompts with settings they have not been tried with: for a pool of prompts with a space of parameters. */
  const variants = (state: PolicyState, outside: ReadonlySet<number>, ask: Random): PoolEntry[] => {
    if (encoding.dimension === 0) return []
    const key = ({ candidate }: PoolEntry) =>
      `${encoding.encode(candidate.parameters ?? {}).join()} ${candidateText(candidate)}`
    const tried = new Set(state.pool.filter((entry, i) => isComplete(entry) && !outside.has(i)).map(key))
    const prompts = new Map(state.pool.filter(isPrompt).map((entry) => [candidateText(entry.candidate), entry]))
    const settings = createSobol({ dimensions: encoding.dimension, seed: ask.integer(2 ** 31) })
    const each = Math.ceil(VARIANTS / prompts.size)
    const fresh = new Map<string, PoolEntry>()
    for (const entry of prompts.values()) {
      for (let k = 0; k < each; k++) {
        const x = encoding.fromUniform(settings.next())
        const origin = { by: 'policy', name: ORIGIN } as const
        const candidate = {
          ...entry.candidate,
          id: `${ORIGIN}-${state.pool.length}`,
          parameters: encoding.decode(x),
          origin,
        }
        const variant = { ...entry, candidate }
        if (!tried.has(key(variant))) fresh.set(key(variant), variant)
      }
    }
    return [...fresh.values()]
  }

  const screened = createLargePool(context.backend)

  /** Over a large pool a screen leaves out most candidates before the process sees any. */
  const nextOfMany = (state: PolicyState, proposals: ScreenedProposals): Decision => {
    const scores = candidateScores(state.observations)
    const pending = [...new Set(state.pending.map(({ candidate }) => candidate))]
    const touched = new Uint8Array(state.pool.length)
    for (const candidate of [...scores.candidates, ...scores.failed, ...pending]) touched[candidate] = 1
    const ask = random.split(`ask ${state.observations.length} ${state.pool.length} ${pending.length}`)
    const count = scores.candidates.length + scores.failed.length + pending.length
    if (!touched.includes(0)) {
      return nothingLeft(state, 'every candidate has been measured')
    }
    if (count < (options.initial ?? POOL_DESIGN) || scores.candidates.length === 0) {
      const { baseline } = context
      let candidate = baseline !== undefined && !touched[baseline] ? baseline : ask.integer(touched.length)
      while (touched[candidate]) candidate = (candidate + 1) % touched.length
      return evaluate(state, candidate, 'initial design')
    }
    const { candidate, fit } = proposals.propose(scores, pending, touched, ask)
    const isKnown = JSON.stringify(fit) === JSON.stringify(state.fits.at(-1))
    return evaluate(state, candidate, 'largest expected improvement', isKnown ? undefined : fit)
  }

  const next = (state: PolicyState): Decision => {
    if (state.evaluationsLeft < 1) return { kind: 'done', reason: 'the budget is spent' }
    const many = encoding.dimension === 0 ? screened(state) : undefined
    if (many) return nextOfMany(state, many)
    const now = situation(state)
    const { scores, features } = now
    const isInside = (candidate: number) => !features.outside.has(candidate)
    const pending = [...new Set(state.pending.map(({ candidate }) => candidate))].filter(isInside)
    const touched = new Set([...scores.candidates, ...scores.failed, ...pending])
    const isReady = (entry: PoolEntry, i: number) => isInside(i) && !touched.has(i) && isComplete(entry)
    const ready = Array.from(state.pool.keys()).filter((i) => isReady(state.pool[i]!, i))
    const ask = random.split(`ask ${state.observations.length} ${state.pool.length} ${pending.length}`)

    // A pool of prompts is all there is to choose from; a space of parameters makes its own points.
    if (encoding.dimension === 0 || state.pool.some(isPrompt)) {
      const extra = variants(state, features.outside, ask)
      const offered: (number | Candidate)[] = [...ready, ...extra.map(({ candidate }) => candidate)]
      if (offered.length === 0) {
        return nothingLeft(state, 'every candidate has been measured')
      }
      if (touched.size < (options.initial ?? POOL_DESIGN) || scores.candidates.length === 0) {
        const { baseline } = context
        const first = baseline !== undefined && ready.includes(baseline) ? baseline : undefined
        return evaluate(state, first ?? offered[ask.integer(offered.length)]!, 'initial design')
      }
      // Variants stand behind the pool, so that its indices keep their meaning.
      const together = extra.length > 0 ? candidateFeatures([...state.pool, ...extra], encoding) : features
      const fitted = model(state, { scores, features: together })
      const { acquisition } = improvement(fitted, together.pool, scores.candidates, [...pending, ...scores.failed])
      const places = [...ready, ...extra.map((_, k) => state.pool.length + k)]
      const values = acquisition.values(takePoints(together.pool, places))
      return evaluate(state, offered[argmax(values) ?? 0]!, 'largest expected improvement', fitted.fit)
    }

    const design = designOf(state.pool)
    const freshPoint = () => nextPoint(design, state.pool) ?? design.anyLeft(ask)
    return proposePoint(state, design, () => {
      const initial = options.initial ?? Math.max(MINIMUM_DESIGN, encoding.dimension + 2)
      if (scores.candidates.length === 0 || touched.size < initial) {
        return { x: freshPoint(), origin: ORIGIN, summary: 'initial design' }
      }
      const { fit, ...fitted } = model(state, now)
      const { process, threshold, order } = improvement(fitted, features.pool, scores.candidates, [
        ...pending,
        ...scores.failed,
      ])
      const incumbents = order.slice(0, INCUMBENTS).map((candidate) => row(features.pool, candidate))
      const noisy = process.model.observationNoise >= MUCH_NOISE
      const isLocal = noisy || (state.observations.length + pending.length) % LOCAL_EVERY === 0
      const radius = noisy ? FIRST_RADIUS : trustRegionRadius(scores.means, initial, LOCAL_EVERY)
      const [best] = optimizeAcquisition(encoding, acquisitionOver(process, logExpectedImprovement(threshold)), {
        random: ask,
        incumbents: isLocal ? incumbents.slice(0, 1) : incumbents,
        excluded: design.isTaken,
        ...(state.observations.length < MANY_OBSERVATIONS ? SEARCH_EFFORT : LATE_SEARCH_EFFORT),
        ...(isLocal ? { box: trustRegion(incumbents[0]!, process.model.kernel, radius) } : {}),
      })
      return { x: best?.x ?? freshPoint(), origin: ORIGIN, summary: 'largest expected improvement', fit }
    })
  }

  return {
    name: ORIGIN,
    next,
    recommend(state): Recommendation | undefined {
      const now = situation(state)
      if (now.scores.candidates.length === 0) return
      return recommendByMean(
        model(state, now),
        now.features.pool,
        now.scores.candidates,
        random.split(`recommend ${state.observations.length}`),
      )
    },
  }
}

/** Expected improvement over the best posterior mean and a margin, with pending points imputed. */
function improvement(
  fitted: Pick<ObjectiveModel, 'process'>,
  pool: Points,
  measured: readonly number[],
  pending: readonly number[],
): { process: ObjectiveModel['process']; acquisition: Acquisition; threshold: number; order: number[] } {
  const process = fitted.process.fantasize(takePoints(pool, pending))
  const { mean } = process.posterior(takePoints(pool, measured))
  const order = Array.from(measured.keys()).sort((i, j) => mean[j]! - mean[i]!)
  const threshold = mean[order[0]!]! + marginOver(process.model.observationNoise)
  return {
    process,
    threshold,
    acquisition: acquisitionOnPool(process, logExpectedImprovement(threshold)),
    order: order.map((i) => measured[i]!),
  }
}

export const gpPolicy: PolicyEntry = {
  name: 'gp',
  summary: 'Gaussian process and expected improvement over parameters, or a pool of prompts at full fidelity',
  create: lookingAgain(createGpPolicy),
  options: gpOptionsSchema,
}
