import type { Backend, Matrix, Workspace } from '../src/numerics/linalg/index.ts'

export const NOISE = 0.1
export const LENGTH_16 = 1.5

/** out (n×n) ← the Matérn-5/2 Gram matrix of points, with noise on its diagonal: what the factorizations factor. */
export function fillCovariance(
  backend: Backend,
  workspace: Workspace,
  points: Float64Array,
  out: Matrix,
  lengthScale = LENGTH_16,
): void {
  const n = out.rows
  backend.squaredDistances(workspace.copy(points, n, points.length / n), out)
  backend.kernelFill({ family: 'matern52', squaredDistances: out, out, inverseSquaredLength: lengthScale ** -2 })
  for (let i = 0; i < n; i++) out.data[i * out.stride + i] = out.data[i * out.stride + i]! + NOISE
}
