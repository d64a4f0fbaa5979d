/**
 * Profiles: how covariance falls with distance. Every profile is a function of s = r², the squared scaled distance,
 * with value 1 at s = 0. It works on whole arrays so that the loop stays monomorphic.
 *
 * Rasmussen & Williams, Gaussian Processes for Machine Learning (2006), section 4.2.
 *
 * @module
 */

export type ProfileKind = 'matern-1/2' | 'matern-3/2' | 'matern-5/2' | 'radial-basis' | 'rational-quadratic'

export interface Profile {
  readonly kind: ProfileKind
  /** The extra hyper-parameter of a rational quadratic profile. */
  readonly shape?: number
  /** The same profile with another shape, where it has one. */
  withShape?(shape: number): Profile
  /**
   * Replaces squared distances by covariances. `slopes`, when given, receives ∂k/∂s, and `shapeSlopes` ∂k/∂ log shape.
   */
  apply(squared: Float64Array, slopes?: Float64Array, shapeSlopes?: Float64Array): void
}
