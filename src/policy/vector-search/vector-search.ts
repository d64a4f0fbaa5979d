/**
 * Bayesian optimization over a pool of very many given vectors: which one to measure next.
 *
 * @module
 */
import * as z from 'zod'
import { indexOfLargest } from '../../acquisition/acquisition.ts'
import { checkInput, objectWith } from '../../check-input.ts'
import { InvalidArgumentError } from '../../errors.ts'
import { createObservationLog } from '../../history/observation-log.ts'
import type { Backend } from '../../numerics/linalg/backend.ts'
import { createBackend } from '../../numerics/linalg/create-backend.ts'
import { createRandom } from '../../numerics/random/index.ts'
import { readPoints, vectorPool } from '../../surrogate/vector-pool/vector-pool.ts'
import { candidateScores } from '../recommendation/candidate-scores.ts'
import { createScreenedProposals } from './screened-proposals.ts'

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
const COUNT = z.int().min(1)
const OPTIONS = z.strictObject({
  vectors: z.custom((value) => value instanceof Float32Array || value instanceof Float64Array, {
    message: 'expected a Float32Array or a Float64Array',
  }),
  dimension: COUNT,
  seed: z.int().min(0).optional(),
  direction: z.enum(['maximize', 'minimize']).optional(),
  initial: COUNT.optional(),
  survivors: COUNT.optional(),
  landmarks: COUNT.optional(),
  backend: objectWith('gemm').optional(),
})

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
  checkInput(OPTIONS, options, '')
  const { seed = 0, direction = 'maximize', backend = createBackend() } = options
  const { initial = INITIAL, survivors, landmarks } = options
  const pool = vectorPool(options.vectors, options.dimension)
  const sign = direction === 'maximize' ? 1 : -1
  const random = createRandom(seed)
  const log = createObservationLog()
  /** 1 where a candidate is measured or pending. */
  const touched = new Uint8Array(pool.count)
  const pending = new Set<number>()
  const told = new Set<number>()
  let touchedCount = 0
  const proposals = createScreenedProposals(pool, {
    backend,
    ...(survivors === undefined ? {} : { survivors }),
    ...(landmarks === undefined ? {} : { landmarks }),
  })

  const touch = (candidate: number) => {
    if (!touched[candidate]) touchedCount++
    touched[candidate] = 1
  }

  const propose = (): number => {
    if (touchedCount === pool.count) {
      throw new InvalidArgumentError(`all ${pool.count} candidates have been asked for; expected one that is left`)
    }
    const scores = candidateScores(log)
    const isDesign = touchedCount < initial || scores.candidates.length === 0
    return isDesign
      ? untouched(random.split(`design ${touchedCount}`).integer(pool.count))
      : proposals.propose(scores, [...pending], touched, random.split(`ask ${log.length} ${pending.size}`)).candidate
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
      const { process, transform } = proposals.model(scores)
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
