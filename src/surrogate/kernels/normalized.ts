import { type Points, row } from '../points.ts'
import type { Kernel } from './kernel.ts'

/**
 * A kernel of directions: points are divided by their Euclidean norm first. The zero vector stays where it is.
 * `normalized(linear())` is the cosine kernel.
 *
 * @example
 * normalized(linear()).covariance(points([[1, 0]]), points([[3, 3]])) // ≈ [0.7071]: the cosine
 */
export function normalized(kernel: Kernel): Kernel {
  return {
    description: { kind: 'normalized', kernel: kernel.description },
    hyperparameters: kernel.hyperparameters,
    withHyperparameters: (values) => normalized(kernel.withHyperparameters(values)),
    covariance: (a, b, backend) => kernel.covariance(directions(a), directions(b), backend),
    diagonal: (a) => kernel.diagonal(directions(a)),
    linearize: (a, backend) => kernel.linearize(directions(a), backend),
    atPoint(x, b) {
      const local = kernel.atPoint(direction(x), directions(b))
      return {
        covariances: local.covariances,
        addGradient(weights, out) {
          const gradient = new Float64Array(x.length)
          local.addGradient(weights, gradient)
          pullBack(x, gradient, out)
        },
      }
    },
    diagonalGradient(x) {
      const out = new Float64Array(x.length)
      pullBack(x, kernel.diagonalGradient(direction(x)), out)
      return out
    },
  }
}

function norm(x: Float64Array): number {
  let total = 0
  for (const value of x) total += value * value
  return Math.sqrt(total)
}

function direction(x: Float64Array): Float64Array {
  const length = norm(x)
  return length > 0 ? x.map((value) => value / length) : x
}

function directions(a: Points): Points {
  const data = new Float64Array(a.data.length)
  for (let i = 0; i < a.count; i++) data.set(direction(row(a, i)), i * a.dimension)
  return { count: a.count, dimension: a.dimension, data }
}

/** ∂u/∂x for u = x/|x|: out += (g − u (uᵀg))/|x|. */
function pullBack(x: Float64Array, gradient: Float64Array, out: Float64Array): void {
  const length = norm(x)
  if (length === 0) {
    for (let d = 0; d < x.length; d++) out[d]! += gradient[d]!
    return
  }
  let along = 0
  for (let d = 0; d < x.length; d++) along += (gradient[d]! * x[d]!) / length
  for (let d = 0; d < x.length; d++) out[d]! += (gradient[d]! - (along * x[d]!) / length) / length
}
