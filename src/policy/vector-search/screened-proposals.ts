/**
 * Which of very many candidates with vectors to measure next: what the `gp` policy does over a large pool, and
 * `createVectorSearch` does.
 *
 * A screen passes over short feature vectors of all candidates, and the exact process looks at the some thousands that
 * are left. These are those of largest expected improvement as the screen sees it, the neighbors of the incumbents, and
 * some drawn at random.
 *
 * Hyper-parameters are fitted anew whenever the number of measured candidates has grown by a fifth, from the same
 * starts. A proposal depends on the history alone, whatever was asked before.
 *
 * @module
 */
import { acquisitionValues, indexOfLargest } from '../../acquisition/acquisition.ts'
import { logExpectedImprovement } from '../../acquisition/log-expected-improvement.ts'
import type { Backend } from '../../numerics/linalg/backend.ts'
import type { Random } from '../../numerics/random/index.ts'
import { lengthScalePriors } from '../../surrogate/gaussian-process/prior.ts'
import { matern52, scale } from '../../surrogate/kernels/index.ts'
import { landmarkFeatures } from '../../surrogate/vector-pool/landmark-features.ts'
import { createScreen, type Screen } from '../../surrogate/vector-pool/screen.ts'
import { readPoints, type VectorPool } from '../../surrogate/vector-pool/vector-pool.ts'
import { marginOver } from '../gp/margin-over.ts'
import type { Fit } from '../policy.ts'
import type { CandidateScores } from '../recommendation/candidate-scores.ts'
import {
  conditionObjective,
  fitObjective,
  type ObjectiveModel,
  subsetOfData,
} from '../recommendation/objective-model.ts'
import { tabulatedImprovement } from './tabulated-improvement.ts'

export interface ScreenedProposals {
  /** The process given everything measured. */
  model(scores: CandidateScores): ObjectiveModel
  /**
   * The candidate of largest expected improvement, and the fit behind it.
   *
   * @param pending Asked for and not told: imputed with their means.
   * @param touched 1 where a candidate must not be proposed.
   */
  propose(
    scores: CandidateScores,
    pending: readonly number[],
    touched: Uint8Array,
    random: Random,
  ): { readonly candidate: number; readonly fit: Fit }
}

export interface ScreenedProposalsOptions {
  readonly backend: Backend
  /** The exact process looks at so many of the largest expected improvement. @defaultValue 3,000 */
  readonly survivors?: number
  /** Landmarks of the screen; 4 bytes each per candidate. @defaultValue 256 */
  readonly landmarks?: number
}

const SURVIVORS = 3000
const LANDMARKS = 256
/** Neighbors looked at of each of the best few, and candidates drawn at random. */
const INCUMBENTS = 2
const NEIGHBORS = 500
const DRAWN = 500
/** Hyper-parameters are fitted to at most so many, and again when so much more has been measured. */
const FIT_UP_TO = 300
const REFIT_GROWTH = 1.2
/** Past so many measured candidates the process is sparse. */
const EXACT_UP_TO = 1000

/**
 * @example
 * const pool = vectorPool(Float32Array.from({ length: 200 }, (_, i) => Math.sin(i)), 2)
 * const proposals = createScreenedProposals(pool, { backend, landmarks: 8 })
 * const scores = { candidates: [3, 7], means: Float64Array.of(1, 2), noiseVariances: new Float64Array(2), failed: [] }
 * proposals.propose(scores, [], new Uint8Array(100), random).candidate < 100 // true
 */
export function createScreenedProposals(pool: VectorPool, options: ScreenedProposalsOptions): ScreenedProposals {
  const { backend, survivors = SURVIVORS, landmarks = LANDMARKS } = options
  let prepared: { screen: Screen; medianDistance: number } | undefined
  let fitted: { scores: Float64Array; fit: Fit } | undefined

  const prepare = () => {
    if (!prepared) {
      const features = landmarkFeatures(pool, { width: landmarks }, backend)
      prepared = { screen: createScreen(features, backend), medianDistance: features.medianDistance }
    }
    return prepared
  }

  const modelOf = (scores: CandidateScores): ObjectiveModel => {
    const { priors, kernel } = kernelFor(prepare().medianDistance)
    const features = { hypotheses: [{ kernel, priors, logWeight: 0 }] } as const
    const dataOf = (which: readonly number[]) => ({
      points: readPoints(
        pool,
        which.map((k) => scores.candidates[k]!),
      ),
      scores: Float64Array.from(which, (k) => scores.means[k]!),
      noiseVariances: Float64Array.from(which, (k) => scores.noiseVariances[k]!),
      observations: which.length,
    })
    const first = scores.means.slice(0, epochOf(scores.means.length))
    if (!fitted || !isEqual(fitted.scores, first)) {
      const { fit } = fitObjective(dataOf(subsetOfData(first, FIT_UP_TO)), features, undefined, backend)
      fitted = { scores: first, fit }
    }
    const all = { ...dataOf(Array.from(scores.candidates.keys())), exactUpTo: EXACT_UP_TO }
    return conditionObjective(all, features, fitted.fit, backend)!
  }

  return {
    model: modelOf,
    propose(scores, pending, touched, drawn) {
      const model = modelOf(scores)
      const process = model.process.fantasize(readPoints(pool, [...pending, ...scores.failed]))
      const { mean } = process.posterior(readPoints(pool, scores.candidates))
      const order = Array.from(mean.keys()).sort((i, j) => mean[j]! - mean[i]!)
      const threshold = mean[order[0]!]! + marginOver(process.model.observationNoise)
      const acquisition = logExpectedImprovement(threshold)
      const { data, meanCoefficients } = model.process
      const center = meanCoefficients[0]!
      const kept = prepare().screen.survivors(
        {
          candidates: scores.candidates,
          residuals: data.targets.map((target) => target - center),
          noise: data.noiseVariances!.map((variance) => variance + process.model.observationNoise),
          outputScale: process.model.kernel.hyperparameters.find(({ role }) => role === 'output-scale')!.value,
        },
        {
          value: (at, deviation) => tabulatedImprovement(center + at - threshold, deviation),
          excluded: touched,
          near: order.slice(0, INCUMBENTS).map((k) => scores.candidates[k]!),
          best: survivors,
          neighbors: NEIGHBORS,
        },
      )
      const looked = new Set(kept)
      for (let k = 0; k < DRAWN; k++) {
        const candidate = drawn.integer(pool.count)
        if (!touched[candidate]) looked.add(candidate)
      }
      const candidates = Int32Array.from(looked).sort()
      const values = acquisitionValues(acquisition, process.posterior(readPoints(pool, candidates)))
      return { candidate: candidates[indexOfLargest(values)]!, fit: model.fit }
    },
  }
}

function kernelFor(medianDistance: number) {
  return { kernel: scale(matern52({ lengthScale: 1 })), priors: lengthScalePriors(medianDistance) }
}

/** How many of so many measured candidates the last fit had. */
function epochOf(count: number): number {
  let epoch = 1
  for (let next = epoch; next <= count; next = Math.max(next + 1, Math.floor(next * REFIT_GROWTH))) epoch = next
  return epoch
}

function isEqual(a: Float64Array, b: Float64Array): boolean {
  return a.length === b.length && a.every((value, i) => value === b[i])
}
