/**
 * Stationary kernels and their derivatives from squared distances (Rasmussen & Williams 2006, §4.2.1).
 *
 *     u = r² = D/ℓ²    s = output scale    α = shape
 *
 *     matern12             k = e^−r                                   dk/du = −e^−r / 2r  (0 at r = 0)
 *     matern32             k = (1 + √3 r) e^−√3r                      dk/du = −3/2 e^−√3r
 *     matern52             k = (1 + √5 r + 5u/3) e^−√5r               dk/du = −5/6 (1 + √5 r) e^−√5r
 *     rbf                  k = e^−u/2                                 dk/du = −k/2
 *     rational-quadratic   k = t^−α,  t = 1 + u/2α                    dk/du = −½ t^−(α+1)
 *                                                                     dk/dα = k (1 − 1/t − log t)
 *
 * @module
 */
import type { KernelFamily, KernelFill } from '../backend.ts'

/** Fills `out` and the derivatives asked for; shapes are checked by the caller. */
export function fillKernel(fill: KernelFill): void {
  const { family, squaredDistances, out, derivative, shapeDerivative, accumulate = false, triangle = 'full' } = fill
  const { inverseSquaredLength = 1, outputScale = 1, shape = 1 } = fill
  const value = kernels[family]
  for (let i = 0; i < out.rows; i++) {
    const columns = triangle === 'lower' ? i + 1 : out.columns
    for (let j = 0; j < columns; j++) {
      value(squaredDistances.data[i * squaredDistances.stride + j]! * inverseSquaredLength, shape)
      const at = i * out.stride + j
      const k = outputScale * result.value
      out.data[at] = accumulate ? out.data[at]! + k : k
      if (derivative) derivative.data[i * derivative.stride + j] = outputScale * result.derivative
      if (shapeDerivative) {
        shapeDerivative.data[i * shapeDerivative.stride + j] = outputScale * result.shapeDerivative
      }
    }
  }
}

/** Where a kernel leaves its values: an object per value would be an allocation per matrix element. */
const result = { value: 0, derivative: 0, shapeDerivative: 0 }

const kernels: Record<KernelFamily, (u: number, shape: number) => void> = {
  matern12(u) {
    const r = Math.sqrt(u)
    result.value = Math.exp(-r)
    result.derivative = r > 0 ? -result.value / (2 * r) : 0
  },
  matern32(u) {
    const r = Math.sqrt(3 * u)
    const decay = Math.exp(-r)
    result.value = (1 + r) * decay
    result.derivative = -1.5 * decay
  },
  matern52(u) {
    const r = Math.sqrt(5 * u)
    const decay = Math.exp(-r)
    result.value = (1 + r + (5 / 3) * u) * decay
    result.derivative = (-5 / 6) * (1 + r) * decay
  },
  rbf(u) {
    result.value = Math.exp(-0.5 * u)
    result.derivative = -0.5 * result.value
  },
  'rational-quadratic'(u, shape) {
    const excess = u / (2 * shape)
    const base = 1 + excess
    const logBase = Math.log1p(excess)
    result.value = Math.exp(-shape * logBase)
    result.derivative = (-0.5 * result.value) / base
    result.shapeDerivative = result.value * (excess / base - logBase)
  },
}
