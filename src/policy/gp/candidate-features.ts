import { surfaceCounts } from '../../features/surface-counts.ts'
import { candidateText, type PoolEntry } from '../../space/candidate.ts'
import type { SpaceEncoding } from '../../space/encoding.ts'
import { cubePriors, distancePriors, type Priors } from '../../surrogate/gaussian-process/prior.ts'
import { activeDimensions, type Kernel, matern32, matern52, scale, sum } from '../../surrogate/kernels/index.ts'
import { type Points, points } from '../../surrogate/points.ts'

/** What the process sees of candidates: their parameters' coordinates, then their text's features. */
export interface CandidateFeatures {
  /** Every entry of the pool. */
  readonly pool: Points
  /**
   * Kernels of the right structure, at arbitrary hyper-parameters. They differ in smoothness alone: the first is believed
   * unless data speak for another.
   */
  readonly kernels: readonly [Kernel, ...Kernel[]]
  readonly priors: Priors
}

/**
 * Median length scale of a number a priori, for d coordinates over √d: shorter than {@link cubePriors} takes by default.
 * An objective that bends more often than the model believes is found late, while one that bends less is soon recognised.
 */
const MEDIAN_LENGTH_SCALE = 0.35

/**
 * Parameters get a Matérn-5/2 kernel with one length scale each, or a Matérn-3/2 where the optimum is a kink, which shows
 * once points close in on it. With the one alone, Ackley's function in five dimensions is 1.1 from its minimum after 100
 * evaluations instead of 0.02; with the other alone, a bowl is 1e-4 from it after 50 instead of 5e-6. Texts get a Matérn-5/2
 * with a single length scale on the embedding (or on standardised surface counts, where a pool has no embeddings); both get
 * both, summed.
 */
export function candidateFeatures(pool: readonly PoolEntry[], encoding: SpaceEncoding): CandidateFeatures {
  const width = encoding.dimension
  const texts = pool.some(({ candidate }) => candidateText(candidate).length > 0) ? textFeatures(pool) : undefined
  const coordinates = pool.map(({ candidate }) => encoding.encode(candidate.parameters ?? {}))
  const options = { lengthScales: new Array<number>(width).fill(1), categorical: encoding.categorical }
  const parameterKernel = scale(matern52(options))

  if (!texts) {
    return {
      pool: points(coordinates),
      kernels: [parameterKernel, scale(matern32(options))],
      priors: spacePriors(width),
    }
  }
  const textKernel = scale(matern52({ lengthScale: 1 }))
  const textPriors = distancePriors(texts)
  if (width === 0) return { pool: texts, kernels: [textKernel], priors: textPriors }
  const joined = points(
    coordinates.map((row, i) => [...row, ...texts.data.subarray(i * texts.dimension, (i + 1) * texts.dimension)]),
  )
  const parameterPriors = spacePriors(width)
  const range = (from: number, to: number) => Array.from({ length: to - from }, (_, i) => from + i)
  return {
    pool: joined,
    kernels: [
      sum([
        activeDimensions(parameterKernel, range(0, width)),
        activeDimensions(textKernel, range(width, width + texts.dimension)),
      ]),
    ],
    priors: {
      ...textPriors,
      of: (hyperparameter) => (hyperparameter.name.startsWith('0.') ? parameterPriors : textPriors).of(hyperparameter),
    },
  }
}

/** Categories keep the usual length scale: what is learned with one choice has to tell something of the others. */
function spacePriors(width: number): Priors {
  const usual = cubePriors(width)
  const shorter = cubePriors(width, {
    medianLengthScale: (dimension) => MEDIAN_LENGTH_SCALE * Math.sqrt(dimension),
  })
  return {
    ...usual,
    of: (hyperparameter) => (hyperparameter.role === 'length-scale' ? shorter : usual).of(hyperparameter),
  }
}

export function textFeatures(pool: readonly PoolEntry[]): Points {
  const embeddings = pool.map(({ embedding }) => embedding)
  if (embeddings.every((embedding) => embedding !== undefined)) return points(embeddings)
  const counts = points(pool.map(({ candidate }) => surfaceCounts(candidateText(candidate))))
  const { count, dimension, data } = counts
  for (let d = 0; d < dimension; d++) {
    let mean = 0
    for (let i = 0; i < count; i++) mean += data[i * dimension + d]! / count
    let squares = 0
    for (let i = 0; i < count; i++) squares += (data[i * dimension + d]! - mean) ** 2 / count
    const deviation = squares > 0 ? Math.sqrt(squares) : 1
    for (let i = 0; i < count; i++) data[i * dimension + d] = (data[i * dimension + d]! - mean) / deviation
  }
  return counts
}
