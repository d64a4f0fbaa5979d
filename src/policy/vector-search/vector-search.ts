/**
 * Bayesian optimization over a pool of very many given vectors: which one to measure next.
 *
 * The `gp` policy looks at every candidate of its pool at each ask. Here a screen does that, in one pass over short feature
 * vectors, and the exact process looks at the some thousands that are left: those of largest expected improvement as the
 * screen sees it, the neighbors of the incumbents, and some drawn at random.
 *
 * Hyper-parameters are fitted anew whenever the number of measured candidates has grown by a fifth, from the same starts:
 * the next proposal depends on seed, history and pending candidates alone.
 *
 * @module
 */
import { acquisitionValues, indexOfLargest } from '../../acquisition/acquisition.ts'
import { logExpectedImprovement } from '../../acquisition/log-expected-improvement.ts'
import { InvalidArgumentError } from '../../errors.ts'
import { createObservationLog } from '../../history/observation-log.ts'
import type { Backend } from '../../numerics/linalg/backend.ts'
import { createBackend } from '../../numerics/linalg/create-backend.ts'
import { createRandom } from '../../numerics/random/index.ts'
import { lengthScalePriors } from '../../surrogate/gaussian-process/prior.ts'
import { matern52, scale } from '../../surrogate/kernels/index.ts'
import { landmarkFeatures } from '../../surrogate/vector-pool/landmark-features.ts'
import { createScreen, type Screen } from '../../surrogate/vector-pool/screen.ts'
import { readPoints, vectorPool } from '../../surrogate/vector-pool/vector-pool.ts'
import { marginOver } from '../gp/margin-over.ts'
import type { Fit } from '../policy.ts'
import { candidateScores } from '../recommendation/candidate-scores.ts'
import {
  conditionObjective,
  fitObjective,
  type ObjectiveModel,
  subsetOfData,
} from '../recommendation/objective-model.ts'
import { tabulatedImprovement } from './tabulated-improvement.ts'

export interface VectorSearchOptions {
  /** Candidates, one after another. Not copied: do not change them. */
  readonly vectors: Float32Array | Float64Array
  /** Numbers per candidate. */
  readonly dimension: number
  /** @defaultValue 0 */
  readonly seed?: number
  /** @defaultValue 'maximize' */
  readonly direction?: 'maximize' | 'minimize'
  /** Candidates measured before the model decides. @defaultValue 8 */
  readonly initial?: number
  /** The exact process looks at so many of the largest expected improvement. @defaultValue 3,000 */
  readonly survivors?: number
  /** Landmarks of the screen; 4 bytes each per candidate. @defaultValue 256 */
  readonly landmarks?: number
  /** @defaultValue the fastest this engine runs */
  readonly backend?: Backend
}

export interface VectorRecommendation {
  /** Which vector. */
  readonly candidate: number
  /** What is expected of it, and how far that may be off, in the units of the scores. */
  readonly mean: number
  readonly standardDeviation: number
}

export interface VectorSearch {
  /** Candidates measured so far, failed ones included. */
  readonly measured: number
  /**
   * The candidate to measure next. Until it is told it is pending, and another ask gives another one.
   *
   * @throws InvalidArgumentError when every candidate has been asked for.
   */
  ask(): number
  /** The candidate that {@link ask} would give, without its becoming pending. */
  propose(): number
  /**
   * What a candidate gave, asked for or not; `null` where it failed. The mean counts where one is told several times.
   *
   * @throws InvalidArgumentError for a candidate there is none of, or a score that is no number.
   */
  tell(candidate: number, score: number | null, options?: { readonly standardError?: number }): void
  /** The measured candidate of largest posterior mean; undefined before any has a score. */
  recommend(): VectorRecommendation | undefined
}

const INITIAL = 8
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
 * A search among vectors. To take one up again, tell a new one the same history in the same order.
 *
 * @throws InvalidArgumentError when the options do not fit; NonFiniteError on NaN or infinities among the vectors.
 * @example
 * const vectors = Float32Array.from({ length: 2000 }, (_, i) => Math.sin(i * i))
 * const search = createVectorSearch({ vectors, dimension: 2, initial: 4, landmarks: 32 })
 * for (let k = 0; k < 20; k++) {
 *   const candidate = search.ask()
 *   search.tell(candidate, -Math.abs(vectors[2 * candidate]! - 0.3) - Math.abs(vectors[2 * candidate + 1]!))
 * }
 * search.recommend()!.mean > -0.3 // true
 */
export function createVectorSearch(options: VectorSearchOptions): VectorSearch {
  const { seed = 0, direction = 'maximize', backend = createBackend() } = options
  for (const name of ['initial', 'survivors', 'landmarks'] as const) {
    const value = options[name]
    if (value !== undefined && !(Number.isInteger(value) && value >= 1)) {
      throw new InvalidArgumentError(`${name} is ${value}; expected a positive whole number`)
    }
  }
  if (direction !== 'maximize' && direction !== 'minimize') {
    throw new InvalidArgumentError(`direction is ${String(direction)}; expected maximize or minimize`)
  }
  const { initial = INITIAL, survivors = SURVIVORS, landmarks = LANDMARKS } = options
  const pool = vectorPool(options.vectors, options.dimension)
  const sign = direction === 'maximize' ? 1 : -1
  const random = createRandom(seed)
  const log = createObservationLog()
  /** 1 where a candidate is measured or pending. */
  const touched = new Uint8Array(pool.count)
  const pending = new Set<number>()
  const told = new Set<number>()
  let touchedCount = 0
  let prepared: { screen: Screen; medianDistance: number } | undefined
  let fitted: { scores: Float64Array; fit: Fit } | undefined

  const touch = (candidate: number) => {
    if (!touched[candidate]) touchedCount++
    touched[candidate] = 1
  }

  const prepare = () => {
    if (!prepared) {
      const features = landmarkFeatures(pool, { width: landmarks }, backend)
      prepared = { screen: createScreen(features, backend), medianDistance: features.medianDistance }
    }
    return prepared
  }

  const modelOf = (scores: ReturnType<typeof candidateScores>): ObjectiveModel => {
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

  const proposed = (scores: ReturnType<typeof candidateScores>): number => {
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
    const drawn = random.split(`ask ${log.length} ${pending.size}`)
    const looked = new Set(kept)
    for (let k = 0; k < DRAWN; k++) {
      const candidate = drawn.integer(pool.count)
      if (!touched[candidate]) looked.add(candidate)
    }
    const candidates = Int32Array.from(looked).sort()
    const values = acquisitionValues(acquisition, process.posterior(readPoints(pool, candidates)))
    return candidates[indexOfLargest(values)]!
  }

  const propose = (): number => {
    if (touchedCount === pool.count) {
      throw new InvalidArgumentError(`all ${pool.count} candidates have been asked for; expected one that is left`)
    }
    const scores = candidateScores(log)
    const isDesign = touchedCount < initial || scores.candidates.length === 0
    return isDesign ? untouched(random.split(`design ${touchedCount}`).integer(pool.count)) : proposed(scores)
  }

  return {
    get measured() {
      return told.size
    },
    propose,
    ask() {
      const candidate = propose()
      pending.add(candidate)
      touch(candidate)
      return candidate
    },
    tell(candidate, score, { standardError } = {}) {
      if (!(Number.isInteger(candidate) && candidate >= 0 && candidate < pool.count)) {
        throw new InvalidArgumentError(`candidate is ${candidate}; expected a vector from 0 to ${pool.count - 1}`)
      }
      if (score !== null && !Number.isFinite(score)) {
        throw new InvalidArgumentError(`score is ${score}; expected a finite number, or null where it failed`)
      }
      if (standardError !== undefined && !(standardError >= 0 && standardError < Number.POSITIVE_INFINITY)) {
        throw new InvalidArgumentError(`standardError is ${standardError}; expected 0 or more`)
      }
      log.append({
        candidate,
        example: 0,
        repeat: 0,
        score: score === null ? null : sign * score,
        ...(standardError === undefined ? {} : { standardError }),
      })
      pending.delete(candidate)
      told.add(candidate)
      touch(candidate)
    },
    recommend() {
      const scores = candidateScores(log)
      if (scores.candidates.length === 0) return
      const { process, transform } = modelOf(scores)
      const { mean, variance } = process.posterior(readPoints(pool, scores.candidates))
      const best = indexOfLargest(mean)
      const at = (z: number) => transform.inverse(mean[best]! + z * Math.sqrt(variance[best]!))
      return { candidate: scores.candidates[best]!, mean: sign * at(0), standardDeviation: (at(1) - at(-1)) / 2 }
    },
  }

  /** The first candidate from here on that is not touched. */
  function untouched(from: number): number {
    let at = from
    while (touched[at]) at = (at + 1) % pool.count
    return at
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
