/**
 * What a kernel is. A kernel is immutable: new hyper-parameters make a new kernel of the same structure.
 *
 * Notation
 *   k(a, b)  covariance of the function's values at a and b
 *   θ        hyper-parameters, all positive, in natural units; gradients are with respect to log θ
 *   W        n×n symmetric weights, row-major, usually ∂(log marginal likelihood)/∂K
 *
 * After KernelFunctions.jl: small kernels that compose, held to one conformance suite (`kernelConformance`).
 *
 * @module
 */
import type { Backend } from '../../numerics/linalg/backend.ts'
import type { Points } from '../points.ts'

/** What a hyper-parameter means, which is what its prior depends on. */
export type HyperparameterRole = 'length-scale' | 'categorical-length-scale' | 'output-scale' | 'shape'

export interface Hyperparameter {
  readonly name: string
  readonly role: HyperparameterRole
  readonly value: number
}

/** A kernel as plain data; `kernelFromDescription` restores it exactly. */
export type KernelDescription = { readonly kind: string } & Readonly<Record<string, unknown>>

/** Covariance of a set of points with itself, and the means to pull a gradient back through it. */
export interface KernelLinearization {
  /** n×n, symmetric, both triangles. */
  readonly covariance: Float64Array
  /** Σ_ij W_ij ∂k(a_i, a_j)/∂ log θ_p for every hyper-parameter p. */
  contract(weights: Float64Array): Float64Array
}

/** Covariances of one point x with a set, and the means to pull a gradient back to x. */
export interface KernelAtPoint {
  readonly covariances: Float64Array
  /** Adds Σ_j w_j ∂k(x, b_j)/∂x to `out`. Categorical coordinates get 0. */
  addGradient(weights: Float64Array, out: Float64Array): void
}

export interface Kernel {
  readonly description: KernelDescription
  readonly hyperparameters: readonly Hyperparameter[]
  /** The same kernel at other hyper-parameters (natural units), in the order of {@link hyperparameters}. */
  withHyperparameters(values: ArrayLike<number>): Kernel
  /** a.count × b.count, row-major. */
  covariance(a: Points, b: Points, backend?: Backend): Float64Array
  /** k(a_i, a_i). */
  diagonal(a: Points): Float64Array
  linearize(a: Points, backend?: Backend): KernelLinearization
  atPoint(x: Float64Array, b: Points): KernelAtPoint
  /** ∂k(x, x)/∂x; zero for a stationary kernel. */
  diagonalGradient(x: Float64Array): Float64Array
}
