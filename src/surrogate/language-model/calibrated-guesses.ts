/**
 * A surrogate on a language model's guesses. How far a guess is to be trusted is learned from the prompts that were
 * measured, each guessed without its own score.
 *
 * Notation
 *   g_i          guess of prompt i, mean over several samples
 *   y_i, v_i     measured score and the variance of its mean
 *   θ_i = a + b (g_i − ḡ) + δ_i, δ_i ~ N(0, τ²); a ~ N(ȳ, 1), b ~ N(0, 1)     score
 *
 * τ is averaged over a grid by evidence. A model that guesses at random has b near 0: its guesses change nothing then.
 * Rasmussen & Williams (2006), §2.7.
 *
 * @module
 */
import { InvalidArgumentError, NonFiniteError } from '../../errors.ts'
import type { Backend } from '../../numerics/linalg/backend.ts'
import type { Points } from '../points.ts'
import { gaussianPosterior } from '../posterior.ts'
import type { Surrogate } from '../surrogate.ts'

/** Measured prompts with their leave-one-out guesses; all arrays in the same order. */
export interface GuessedScores {
  /** In [0, 1]. */
  readonly guesses: Float64Array
  readonly scores: Float64Array
  /** Variances of the scores' means. */
  readonly variances: Float64Array
}

export interface CalibratedGuesses extends Surrogate {
  /** Posterior mean of b: 1 where guesses are taken at their word, 0 where they tell nothing. */
  readonly slope: number
}

const DEVIATIONS = [0.02, 0.05, 0.1, 0.2, 0.4]
const PRIOR_VARIANCE = 1

/**
 * @returns a surrogate over points of one dimension: guesses.
 * @throws InvalidArgumentError where fewer than two prompts are given, or arrays differ in length; NonFiniteError for what
 * is no number: an answer that was none is left out, with its prompt.
 * @example
 * const measured = { guesses: Float64Array.of(0.2, 0.5, 0.9), scores: Float64Array.of(0.3, 0.5, 0.8), variances: Float64Array.of(0.01, 0.01, 0.01) }
 * calibratedGuesses(measured, backend).posterior(points([[0.9]])).mean[0]! > 0.5 // true
 */
export function calibratedGuesses({ guesses, scores, variances }: GuessedScores, backend: Backend): CalibratedGuesses {
  const n = guesses.length
  if (n < 2 || scores.length !== n || variances.length !== n) {
    throw new InvalidArgumentError(
      `${n} guesses, ${scores.length} scores and ${variances.length} variances; expected as many of each, at least two`,
    )
  }
  for (const [i, guess] of guesses.entries()) {
    if (Number.isFinite(guess) && Number.isFinite(scores[i]) && variances[i]! >= 0) continue
    throw new NonFiniteError(
      `prompt ${i} has guess ${guess}, score ${scores[i]} and variance ${variances[i]}; expected numbers, and no variance below 0`,
      { remedy: 'Leave out prompts that no answer guessed.' },
    )
  }
  const center = guesses.reduce((sum, g) => sum + g, 0) / n
  const level = scores.reduce((sum, y) => sum + y, 0) / n
  const fits = DEVIATIONS.map((deviation) => {
    // Precision of (a − ȳ, b) and what pulls at it.
    let [aa, ab, bb] = [1 / PRIOR_VARIANCE, 0, 1 / PRIOR_VARIANCE]
    let [pa, pb, logEvidence] = [0, 0, 0]
    for (let i = 0; i < n; i++) {
      const weight = 1 / (deviation ** 2 + variances[i]!)
      const x = guesses[i]! - center
      const y = scores[i]! - level
      aa += weight
      ab += weight * x
      bb += weight * x * x
      pa += weight * y
      pb += weight * x * y
      logEvidence += 0.5 * (Math.log(weight) - weight * y * y)
    }
    const determinant = aa * bb - ab * ab
    const covariance = [bb / determinant, -ab / determinant, aa / determinant] as const
    const a = covariance[0] * pa + covariance[1] * pb
    const b = covariance[1] * pa + covariance[2] * pb
    logEvidence += 0.5 * (a * pa + b * pb) - 0.5 * Math.log(determinant)
    return { deviation, a, b, covariance, logEvidence }
  })
  const top = Math.max(...fits.map(({ logEvidence }) => logEvidence))
  const raw = fits.map(({ logEvidence }) => Math.exp(logEvidence - top))
  const total = raw.reduce((sum, weight) => sum + weight, 0)
  const weights = raw.map((weight) => weight / total)
  const average = (of: (fit: (typeof fits)[number]) => number) =>
    fits.reduce((sum, fit, k) => sum + weights[k]! * of(fit), 0)
  const a = average((fit) => fit.a)
  const b = average((fit) => fit.b)
  // Covariance of (a, b) over the mixture, and the mean of τ².
  const joint = [
    average((fit) => fit.covariance[0] + (fit.a - a) ** 2),
    average((fit) => fit.covariance[1] + (fit.a - a) * (fit.b - b)),
    average((fit) => fit.covariance[2] + (fit.b - b) ** 2),
  ] as const
  const own = average((fit) => fit.deviation ** 2)
  return {
    slope: b,
    posterior(at: Points) {
      if (at.dimension !== 1) {
        throw new InvalidArgumentError(`points have ${at.dimension} dimensions; expected 1: a guess`)
      }
      const x = Float64Array.from(at.data.subarray(0, at.count), (guess) => guess - center)
      const shared = (p: number, q: number) => joint[0] + (p + q) * joint[1] + p * q * joint[2]
      return gaussianPosterior(
        x.map((value) => level + a + b * value),
        x.map((value) => shared(value, value) + own),
        () =>
          Float64Array.from({ length: at.count * at.count }, (_, k) => {
            const [i, j] = [Math.floor(k / at.count), k % at.count]
            return shared(x[i]!, x[j]!) + (i === j ? own : 0)
          }),
        backend,
      )
    },
  }
}
