/**
 * The plain TypeScript backend: the reference the others are held to, and the fallback where WebAssembly is not.
 *
 * @module
 */

import { appendWith } from '../append.ts'
import type { Backend } from '../backend.ts'
import {
  checkArdGradient,
  checkDistances,
  checkGemm,
  checkIndex,
  checkKernelFill,
  checkShape,
  checkSquare,
  checkSyrk,
  checkTraceGradient,
} from '../check.ts'
import { climbJitter } from '../jitter.ts'
import { symmetricEigen } from '../symmetric-eigen.ts'
import { createArrayWorkspace } from './array-matrix.ts'
import { fillCrossSquaredDistances, fillSquaredDistances } from './distances.ts'
import { deleteRow, factorLower } from './factor.ts'
import { fillKernel } from './kernel.ts'
import { fillArdGradient, sumTraceGradient } from './likelihood-gradient.ts'
import { operand, transposed } from './operand.ts'
import { createProduct } from './product.ts'
import { copyLower, copyLowerTo, mirror, sumLogDiagonal } from './triangle.ts'
import { invertLower, solveLower, solveLowerTransposed } from './triangular.ts'

/**
 * Dense linear algebra in plain TypeScript, float64.
 *
 * @example
 * createJsBackend().accuracy.arithmetic // 'float64'
 */
export function createJsBackend(): Backend {
  const product = createProduct()

  const backend: Backend = {
    name: 'js',
    accuracy: {
      arithmetic: 'float64',
      factorBackwardError: 10,
      productError: 2,
      statement: 'float64 throughout; backward stable.',
    },

    workspace: createArrayWorkspace,

    scope(use) {
      using workspace = createArrayWorkspace()
      return use(workspace)
    },

    gemm(a, b, out, options = {}) {
      const { m, n, k } = checkGemm(a, b, out, options)
      const left = options.transposeA ? transposed(operand(a)) : operand(a)
      const right = options.transposeB ? transposed(operand(b)) : operand(b)
      product(m, n, k, left, right, operand(out), { alpha: options.alpha ?? 1, beta: options.beta ?? 0, lower: false })
    },

    syrk(a, out, options = {}) {
      const { n, k } = checkSyrk(a, out, options)
      const left = options.transpose ? transposed(operand(a)) : operand(a)
      const { alpha = 1, beta = 0 } = options
      product(n, n, k, left, transposed(left), operand(out), { alpha, beta, lower: true })
      if (options.triangle === 'full') mirror(out)
    },

    trsm(factor, b, options = {}) {
      checkSquare('factor', factor)
      checkShape('b', b, factor.rows, b.columns)
      const solve = options.transpose ? solveLowerTransposed : solveLower
      solve(product, b.rows, b.columns, operand(factor), operand(b))
    },

    cholesky(a, options = {}) {
      checkSquare('a', a)
      const out = options.out ?? a
      checkShape('out', out, a.rows, a.columns)
      const source = out === a ? copyLower(a) : a
      const attempt = (jitter: number) => {
        copyLowerTo(source, out, jitter)
        const row = factorLower(product, out.rows, operand(out))
        return row < 0 ? undefined : { row, pivot: out.data[row * out.stride + row]! }
      }
      return climbJitter(source, attempt, options)
    },

    choleskyAppend: (factor) =>
      appendWith(factor, (leading, row) => {
        solveLower(product, leading.rows, 1, operand(leading), transposed(operand(row)))
        let sum = 0
        for (let j = 0; j < row.columns; j++) sum += row.data[j]! ** 2
        return sum
      }),

    choleskyDelete(factor, index) {
      checkSquare('factor', factor)
      checkIndex(factor, index)
      deleteRow(factor.rows, operand(factor), index)
      return factor.view(0, 0, factor.rows - 1, factor.rows - 1)
    },

    logDeterminant: sumLogDiagonal,

    inverseFromFactor(factor, out, options = {}) {
      checkSquare('factor', factor)
      const n = factor.rows
      checkShape('out', out, n, n)
      const inverse = copyLower(factor)
      invertLower(product, n, operand(inverse))
      const rows = operand(inverse)
      product(n, n, n, transposed(rows), rows, operand(out), { alpha: 1, beta: 0, lower: true })
      if (options.triangle !== 'lower') mirror(out)
    },

    symmetricEigen,

    squaredDistances(x, out, options = {}) {
      checkShape('out', out, x.rows, x.rows)
      fillSquaredDistances(x, out, options.triangle !== 'lower')
    },

    crossSquaredDistances(x, y, out) {
      checkDistances(x, y, out)
      fillCrossSquaredDistances(x, y, out)
    },

    kernelFill(fill) {
      checkKernelFill(fill)
      fillKernel(fill)
    },

    traceGradient(terms) {
      checkTraceGradient(terms)
      return sumTraceGradient(terms)
    },

    ardGradient(terms) {
      checkArdGradient(terms)
      fillArdGradient(terms)
    },

    columnSquaredNorms(a, out) {
      checkShape('out', out, a.columns, 1)
      const sums = new Float64Array(a.columns)
      for (let i = 0; i < a.rows; i++) {
        for (let j = 0; j < a.columns; j++) sums[j] = sums[j]! + a.data[i * a.stride + j]! ** 2
      }
      for (let j = 0; j < a.columns; j++) out.data[j * out.stride] = sums[j]!
    },
  }
  return backend
}
