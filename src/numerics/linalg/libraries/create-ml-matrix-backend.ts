/**
 * The backend over `ml-matrix`: slow, but written by others, so it is an independent oracle for the rest.
 *
 * @module
 */
import { CholeskyDecomposition, Matrix as MlMatrix } from 'ml-matrix'
import type { Backend } from '../backend.ts'
import { checkGemm, checkShape, checkSquare, checkSyrk } from '../check.ts'
import { climbJitter, type FailedPivot } from '../jitter.ts'
import { createJsBackend } from '../js/create-js-backend.ts'
import { mirror } from '../js/triangle.ts'
import type { Matrix } from '../matrix.ts'

/**
 * Products, factorizations and eigenvectors by `ml-matrix`; what it lacks (triangular solves, kernels, rank-one changes)
 * by the plain TypeScript kernels. float64.
 *
 * @example
 * using workspace = createMlMatrixBackend().workspace()
 * workspace.matrix(2, 3).columns // 3
 */
export function createMlMatrixBackend(): Backend {
  const js = createJsBackend()
  return {
    ...js,
    name: 'ml-matrix',
    accuracy: {
      arithmetic: 'float64',
      factorBackwardError: 10,
      productError: 2,
      statement: 'float64 throughout; products, factors and eigenvectors by ml-matrix, the rest in plain TypeScript.',
    },

    gemm(a, b, out, options = {}) {
      checkGemm(a, b, out, options)
      const left = options.transposeA ? toMlMatrix(a).transpose() : toMlMatrix(a)
      const right = options.transposeB ? toMlMatrix(b).transpose() : toMlMatrix(b)
      combine(left.mmul(right), out, options.alpha ?? 1, options.beta ?? 0, false)
    },

    syrk(a, out, options = {}) {
      checkSyrk(a, out, options)
      const left = options.transpose ? toMlMatrix(a).transpose() : toMlMatrix(a)
      combine(left.mmul(left.transpose()), out, options.alpha ?? 1, options.beta ?? 0, true)
      if (options.triangle === 'full') mirror(out)
    },

    cholesky(a, options = {}) {
      checkSquare('a', a)
      const out = options.out ?? a
      checkShape('out', out, a.rows, a.columns)
      const original = toSymmetric(a)
      const attempt = (jitter: number): FailedPivot | undefined => {
        const shifted = jitter === 0 ? original : original.clone()
        if (jitter !== 0) for (let i = 0; i < a.rows; i++) shifted.set(i, i, original.get(i, i) + jitter)
        // Its check of symmetry compares with ===, which a NaN fails; that is a failed pivot here, not an argument error.
        if (shifted.rows > 0 && !shifted.isSymmetric()) return { row: 0, pivot: Number.NaN }
        const decomposition = new CholeskyDecomposition(shifted)
        const factor = decomposition.lowerTriangularMatrix
        const failed = decomposition.isPositiveDefinite() ? undefined : firstFailure(shifted, factor)
        if (failed) return failed
        const infinite = factor.diagonal().findIndex((value) => !Number.isFinite(value))
        if (infinite >= 0) return { row: infinite, pivot: factor.get(infinite, infinite) }
        for (let i = 0; i < a.rows; i++) {
          for (let j = 0; j <= i; j++) out.data[i * out.stride + j] = factor.get(i, j)
        }
        return undefined
      }
      return climbJitter(out === a ? js.workspace().copy(original.to1DArray(), a.rows, a.rows) : a, attempt, options)
    },
  }
}

function toMlMatrix({ rows, columns, stride, data }: Matrix): MlMatrix {
  const matrix = MlMatrix.zeros(rows, columns)
  for (let i = 0; i < rows; i++) for (let j = 0; j < columns; j++) matrix.set(i, j, data[i * stride + j]!)
  return matrix
}

function toSymmetric({ rows, stride, data }: Matrix): MlMatrix {
  const matrix = MlMatrix.zeros(rows, rows)
  for (let i = 0; i < rows; i++) {
    for (let j = 0; j <= i; j++) {
      matrix.set(i, j, data[i * stride + j]!)
      matrix.set(j, i, data[i * stride + j]!)
    }
  }
  return matrix
}

function combine(product: MlMatrix, out: Matrix, alpha: number, beta: number, lower: boolean): void {
  const { data, stride } = out
  for (let i = 0; i < out.rows; i++) {
    const columns = lower ? i + 1 : out.columns
    for (let j = 0; j < columns; j++) {
      const at = i * stride + j
      data[at] = alpha * product.get(i, j) + (beta === 0 ? 0 : beta * data[at]!)
    }
  }
}

/** ml-matrix carries on with 0 on the diagonal after a bad pivot; what the pivot was follows from the rows before. */
function firstFailure(a: MlMatrix, factor: MlMatrix): FailedPivot | undefined {
  for (let i = 0; i < a.rows; i++) {
    let pivot = a.get(i, i)
    for (let j = 0; j < i; j++) pivot -= factor.get(i, j) ** 2
    if (!(pivot > 0 && factor.get(i, i) > 0)) return { row: i, pivot }
  }
  return undefined
}
