import { surfaceCounts } from '../../features/surface-counts.ts'
import { candidateText, type PoolEntry } from '../../prompt/candidate.ts'
import { encodeOrUndefined, type SpaceEncoding } from '../../space/encoding.ts'
import { cubePriors, distancePriors, type Priors, tiedPrior } from '../../surrogate/gaussian-process/prior.ts'
import { activeDimensions, type Kernel, matern32, matern52, scale, sum } from '../../surrogate/kernels/index.ts'
import { type Points, points } from '../../surrogate/points.ts'

/** A kernel and the priors of its hyper-parameters. */
export interface Hypothesis {
  /** Of the right structure, at arbitrary hyper-parameters. */
  readonly kernel: Kernel
  readonly priors: Priors
  /** Added to the log density of a fit before it is compared with those of the other hypotheses. */
  readonly logWeight: number
}

/** What the process sees of candidates: their parameters' coordinates, then their text's features. */
export interface CandidateFeatures {
  /** Every entry of the pool. */
  readonly pool: Points
  /** Entries that are no point of the space. They say nothing about it, and stand at its center to keep their places. */
  readonly outside: ReadonlySet<number>
  /** The first is used unless data speak for another. Their kernels have the same hyper-parameters. */
  readonly hypotheses: readonly [Hypothesis, ...Hypothesis[]]
}

/**
 * Median length scale of a number a priori, for d coordinates over √d: shorter than {@link cubePriors} takes by default.
 * Overestimating the length scale delays finding the optimum; underestimating it is soon corrected.
 */
const MEDIAN_LENGTH_SCALE = 0.35
/** Standard deviations of log length scales that are alike: of their common level, and of each around that. */
const TIED = { together: 0.5, apart: 0.3 }
/**
 * Log odds of length scales of their own against alike ones. A fit has a density, but a hypothesis should be weighed by
 * its probability. That is density times the volume that data leave, which is larger where the prior is wide.
 */
const OWN_ODDS = 3

/**
 * Parameters get a Matérn-5/2 kernel with one length scale each. Where the optimum is a kink, which shows once points
 * close in on it, they get a Matérn-3/2. Length scales are alike, or each of its own where data speak for that: few
 * data mistake noise for coordinates that do not matter. Texts get a Matérn-5/2 with a single length scale on the
 * embedding (or on standardized surface counts, where a pool has no embeddings). Both get both, summed.
 */
export function candidateFeatures(pool: readonly PoolEntry[], encoding: SpaceEncoding): CandidateFeatures {
  const width = encoding.dimension
  const texts = pool.some(({ candidate }) => candidateText(candidate).length > 0) ? textFeatures(pool) : undefined
  const outside = new Set<number>()
  const coordinates = pool.map(({ candidate }, i) => {
    const x = encodeOrUndefined(encoding, candidate.parameters ?? {})
    if (!x) outside.add(i)
    return x ?? encoding.encode({})
  })
  const options = { lengthScales: new Array<number>(width).fill(1), categorical: encoding.categorical }
  const parameterKernel = scale(matern52(options))

  if (!texts) {
    const hypotheses = spaceHypotheses(parameterKernel, scale(matern32(options)), width)
    return { pool: points(coordinates), outside, hypotheses }
  }
  const textKernel = scale(matern52({ lengthScale: 1 }))
  const textPriors = distancePriors(texts)
  if (width === 0) {
    return { pool: texts, outside, hypotheses: [{ kernel: textKernel, priors: textPriors, logWeight: 0 }] }
  }
  const joined = points(
    coordinates.map((row, i) => [...row, ...texts.data.subarray(i * texts.dimension, (i + 1) * texts.dimension)]),
  )
  const parameterPriors = spacePriors(width)
  const range = (from: number, to: number) => Array.from({ length: to - from }, (_, i) => from + i)
  const kernel = sum([
    activeDimensions(parameterKernel, range(0, width)),
    activeDimensions(textKernel, range(width, width + texts.dimension)),
  ])
  const priors: Priors = {
    ...textPriors,
    of: (hyperparameter) => (hyperparameter.name.startsWith('0.') ? parameterPriors : textPriors).of(hyperparameter),
  }
  return { pool: joined, outside, hypotheses: [{ kernel, priors, logWeight: 0 }] }
}

/** Every smoothness with tied length scales, then with length scales of their own. */
function spaceHypotheses(smooth: Kernel, kinked: Kernel, width: number): CandidateFeatures['hypotheses'] {
  const numbers = smooth.hyperparameters.filter(({ role }) => role === 'length-scale')
  const own = spacePriors(width)
  const first = numbers[0]
  if (!first || numbers.length < 2) {
    return [
      { kernel: smooth, priors: own, logWeight: 0 },
      { kernel: kinked, priors: own, logWeight: 0 },
    ]
  }
  const { center, spread } = own.of(first)
  const tied: Priors = { ...own, lengthScales: tiedPrior(Math.log(center), TIED) }
  // Priors of their own leave out the 1/spread of a normal density, which tied ones do not.
  const logWeight = OWN_ODDS - numbers.length * Math.log(spread)
  return [
    { kernel: smooth, priors: tied, logWeight: 0 },
    { kernel: kinked, priors: tied, logWeight: 0 },
    { kernel: smooth, priors: own, logWeight },
    { kernel: kinked, priors: own, logWeight },
  ]
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
