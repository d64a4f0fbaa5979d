import type { Points } from './points.ts'
import type { Posterior } from './posterior.ts'

/**
 * Anything fitted to observations that returns a {@link Posterior} over points. Held to `surrogateConformance`.
 *
 * @example
 * surrogate.posterior(points([[0.5]])).mean // ≈ [1.00]
 */
export interface Surrogate {
  /** Pure: the same points give the same posterior. */
  posterior(points: Points): Posterior
}

/** Prediction at one point that can be differentiated: what a gradient-based search over a space needs. */
export interface LocalPrediction {
  readonly mean: number
  readonly variance: number
  /** Adds meanWeight · ∂mean/∂x + varianceWeight · ∂variance/∂x to `out`. */
  addGradient(meanWeight: number, varianceWeight: number, out: Float64Array): void
}

/** A surrogate whose predictions can be differentiated with respect to the point. */
export interface DifferentiableSurrogate extends Surrogate {
  predictAt(x: Float64Array): LocalPrediction
}
