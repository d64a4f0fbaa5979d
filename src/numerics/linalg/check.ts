/**
 * Argument checks shared by all backends, so that every one refuses the same mistakes with the same words.
 *
 * @module
 */
import { InvalidArgumentError } from '../../errors.ts'
import type { GemmOptions, KernelFill, SyrkOptions, TraceGradient } from './backend.ts'
import type { Matrix } from './matrix.ts'

/** @throws InvalidArgumentError unless `matrix` is rows×columns */
export function checkShape(name: string, matrix: Matrix, rows: number, columns: number): void {
  if (matrix.rows !== rows || matrix.columns !== columns) {
    throw new InvalidArgumentError(`${name} is ${matrix.rows}×${matrix.columns}; expected ${rows}×${columns}`)
  }
}

/** @throws InvalidArgumentError unless `matrix` is square */
export function checkSquare(name: string, matrix: Matrix): void {
  if (matrix.rows !== matrix.columns) {
    throw new InvalidArgumentError(`${name} is ${matrix.rows}×${matrix.columns}; expected a square matrix`)
  }
}

/** @throws InvalidArgumentError unless `value` is a non-negative integer */
export function checkDimension(name: string, value: number): void {
  if (!Number.isSafeInteger(value) || value < 0) {
    throw new InvalidArgumentError(`${name} is ${value}; expected a non-negative integer`)
  }
}

/** @throws InvalidArgumentError unless the window lies inside the matrix */
export function checkWindow(matrix: Matrix, row: number, column: number, rows: number, columns: number): void {
  for (const [name, value] of [
    ['row', row],
    ['column', column],
    ['rows', rows],
    ['columns', columns],
  ] as const) {
    checkDimension(name, value)
  }
  if (row + rows > matrix.rows || column + columns > matrix.columns) {
    throw new InvalidArgumentError(
      `view of ${rows}×${columns} at (${row}, ${column}) leaves the ${matrix.rows}×${matrix.columns} matrix`,
    )
  }
}

/** @throws InvalidArgumentError unless `value` is positive and finite */
export function checkPositive(name: string, value: number): void {
  if (!(value > 0 && value < Infinity)) {
    throw new InvalidArgumentError(`${name} is ${value}; expected a positive number`)
  }
}

/** @throws InvalidArgumentError unless `index` names a row of `matrix` */
export function checkIndex(matrix: Matrix, index: number): void {
  if (!Number.isInteger(index) || index < 0 || index >= matrix.rows) {
    throw new InvalidArgumentError(`index is ${index}; expected an integer from 0 to ${matrix.rows - 1}`)
  }
}

/** Dimensions of out (m×n) ← op(a) (m×k) · op(b) (k×n). */
export function checkGemm(
  a: Matrix,
  b: Matrix,
  out: Matrix,
  options: GemmOptions,
): { m: number; n: number; k: number } {
  const m = options.transposeA ? a.columns : a.rows
  const k = options.transposeA ? a.rows : a.columns
  const n = options.transposeB ? b.rows : b.columns
  checkShape('b', b, options.transposeB ? n : k, options.transposeB ? k : n)
  checkShape('out', out, m, n)
  return { m, n, k }
}

/** Dimensions of out (n×n) ← aaᵀ with a n×k, or aᵀa with a k×n. */
export function checkSyrk(a: Matrix, out: Matrix, options: SyrkOptions): { n: number; k: number } {
  const n = options.transpose ? a.columns : a.rows
  checkShape('out', out, n, n)
  return { n, k: options.transpose ? a.rows : a.columns }
}

export function checkDistances(x: Matrix, y: Matrix, out: Matrix): void {
  checkShape('y', y, y.rows, x.columns)
  checkShape('out', out, x.rows, y.rows)
}

export function checkKernelFill(fill: KernelFill): void {
  const { squaredDistances, out, derivative, shapeDerivative } = fill
  checkShape('out', out, squaredDistances.rows, squaredDistances.columns)
  if (fill.triangle === 'lower') checkSquare('out', out)
  if (derivative) checkShape('derivative', derivative, out.rows, out.columns)
  if (shapeDerivative) checkShape('shapeDerivative', shapeDerivative, out.rows, out.columns)
  if (shapeDerivative && fill.family !== 'rational-quadratic') {
    throw new InvalidArgumentError(`family is ${fill.family}; expected rational-quadratic with a shapeDerivative`)
  }
  checkPositive('inverseSquaredLength', fill.inverseSquaredLength ?? 1)
  checkPositive('shape', fill.shape ?? 1)
}

export function checkTraceGradient(terms: TraceGradient & { readonly squaredDistances?: Matrix }): void {
  const { inverse, weights, derivative, squaredDistances } = terms
  checkSquare('inverse', inverse)
  checkShape('weights', weights, inverse.rows, 1)
  checkShape('derivative', derivative, inverse.rows, inverse.rows)
  if (squaredDistances) checkShape('squaredDistances', squaredDistances, inverse.rows, inverse.rows)
}

export function checkArdGradient(terms: TraceGradient & { readonly x: Matrix; readonly out: Matrix }): void {
  checkTraceGradient(terms)
  checkShape('x', terms.x, terms.inverse.rows, terms.x.columns)
  checkShape('out', terms.out, terms.x.columns, 1)
}
