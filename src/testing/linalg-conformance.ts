import { KrigeError, type KrigeErrorCode } from '../errors.ts'
import type { Backend, KernelFamily } from '../numerics/linalg/backend.ts'
import { type Matrix, toArray, type Workspace } from '../numerics/linalg/matrix.ts'
import { createRandom } from '../numerics/random/index.ts'
import { type ConformanceCheck, require, requireAllClose, requireClose } from './conformance.ts'

export interface LinalgConformanceOptions {
  /** The factorization is checked at every size up to this one … @defaultValue 600 */
  readonly everySizeUpTo?: number
  /** … and from there at every 17th up to this one. @defaultValue everySizeUpTo */
  readonly someSizesUpTo?: number
}

const EPSILON = 2 ** -52
const FAMILIES: readonly KernelFamily[] = ['matern12', 'matern32', 'matern52', 'rbf', 'rational-quadratic']

/**
 * What every linear algebra backend owes, within the accuracy that it states. Products, factors and solves have small
 * backward errors at sizes that are no multiple of any block. Kernels and likelihood gradients equal their formulas.
 * Errors are typed, and memory survives growth.
 *
 * @example
 * for (const { name, run } of linalgConformance(() => createJsBackend(), { everySizeUpTo: 8 })) it(name, run)
 */
export function linalgConformance(
  make: () => Backend | Promise<Backend>,
  { everySizeUpTo = 600, someSizesUpTo = everySizeUpTo }: LinalgConformanceOptions = {},
): ConformanceCheck[] {
  const check = (name: string, use: (backend: Backend, workspace: Workspace) => void): ConformanceCheck => ({
    name,
    async run() {
      const backend = await make()
      backend.scope((workspace) => use(backend, workspace))
    },
  })

  return [
    check('multiplies all shapes and transposes', multipliesAll),
    check('multiplies into windows and leaves their surroundings alone', multipliesWindows),
    check('does not read an output that it overwrites', overwritesBlindly),
    check('forms symmetric products by triangle', symmetricProducts),
    check(`factors every size up to ${everySizeUpTo}`, (backend, workspace) =>
      factorsEverySize(backend, workspace, everySizeUpTo, someSizesUpTo),
    ),
    check('factors in place and beside, and leaves the upper triangle alone', factorsInPlace),
    check('solves with small residuals', solves),
    check('survives Gram matrices of duplicated points, and reports the jitter', survivesDuplicates),
    check('refuses an indefinite matrix with its pivot', refusesIndefinite),
    check('refuses NaN and infinities', refusesNonFinite),
    check('appends a row as if it had been there', appends),
    check('deletes any row as if it had never been there', deletes),
    check('inverts from the factor and sums its logarithms', inverts),
    check('decomposes into eigenvectors', decomposes),
    check('measures squared distances, exactly 0 between equal points', measuresDistances),
    check('fills every kernel and its derivatives', fillsKernels),
    check('accumulates kernels and fills triangles', accumulatesKernels),
    check('sums traces of the likelihood gradient', sumsTraces),
    check('sums squares of columns', sumsColumns),
    check('keeps matrices when memory grows, frees them with their workspace', keepsMemory),
    check('names the shape that does not fit', namesShapes),
  ]
}

function fill(matrix: Matrix, seed: number): Matrix {
  const random = createRandom(seed)
  const { data, rows, columns, stride } = matrix
  for (let i = 0; i < rows; i++) for (let j = 0; j < columns; j++) data[i * stride + j] = 2 * random.uniform() - 1
  return matrix
}

const element = (matrix: Matrix, i: number, j: number): number => matrix.data[i * matrix.stride + j]!

/** The elements of op(M), with the steps from one row and from one column to the next. */
function steps({ data, stride }: Matrix, transpose: boolean): readonly [Float64Array, number, number] {
  return transpose ? [data, 1, stride] : [data, stride, 1]
}

function multipliesAll(backend: Backend, workspace: Workspace): void {
  const shapes = [
    [1, 1, 1],
    [1, 7, 5],
    [6, 1, 9],
    [2, 3, 1],
    [5, 4, 3],
    [17, 23, 31],
    [64, 64, 64],
    [65, 130, 257],
    [129, 515, 70],
    [9, 10, 600],
  ] as const
  for (const [m, n, k] of shapes) {
    for (const [transposeA, transposeB] of [
      [false, false],
      [true, false],
      [false, true],
      [true, true],
    ] as const) {
      for (const [alpha, beta] of [
        [1, 0],
        [-0.5, 1],
        [2, -0.25],
      ] as const) {
        const a = fill(transposeA ? workspace.matrix(k, m) : workspace.matrix(m, k), 1)
        const b = fill(transposeB ? workspace.matrix(n, k) : workspace.matrix(k, n), 2)
        const out = fill(workspace.matrix(m, n), 3)
        const before = toArray(out)
        backend.gemm(a, b, out, { transposeA, transposeB, alpha, beta })
        const [left, leftRow, leftColumn] = steps(a, transposeA)
        const [right, rightRow, rightColumn] = steps(b, transposeB)
        for (let i = 0; i < m; i++) {
          for (let j = 0; j < n; j += n > 100 ? 7 : 1) {
            let sum = 0
            let size = Math.abs(beta)
            for (let p = 0; p < k; p++) {
              const term = left[i * leftRow + p * leftColumn]! * right[p * rightRow + j * rightColumn]!
              sum += term
              size += Math.abs(alpha * term)
            }
            const expected = alpha * sum + beta * before[i * n + j]!
            const allowed = backend.accuracy.productError * (k + 2) * EPSILON * size
            const error = Math.abs(element(out, i, j) - expected)
            require(error <=
              allowed, `product ${m}×${k}×${n} at (${i}, ${j}) is off by ${error}; expected at most ${allowed}`)
          }
        }
      }
    }
  }
}

function multipliesWindows(backend: Backend, workspace: Workspace): void {
  const a = fill(workspace.matrix(20, 30), 1)
  const b = fill(workspace.matrix(30, 40), 2)
  const out = fill(workspace.matrix(25, 50), 3)
  const before = toArray(out)
  const left = a.view(3, 5, 10, 13)
  const right = b.view(2, 7, 13, 11)
  backend.gemm(left, right, out.view(4, 6, 10, 11))
  const dense = workspace.matrix(10, 11)
  backend.gemm(workspace.copy(toArray(left), 10, 13), workspace.copy(toArray(right), 13, 11), dense)
  for (let i = 0; i < 25; i++) {
    for (let j = 0; j < 50; j++) {
      const inside = i >= 4 && i < 14 && j >= 6 && j < 17
      const expected = inside ? element(dense, i - 4, j - 6) : before[i * 50 + j]!
      require(element(out, i, j) === expected, `out[${i}][${j}] is ${element(out, i, j)}; expected ${expected}`)
    }
  }
  // One column and one row of a wider matrix: vectors whose elements are not contiguous.
  const column = workspace.matrix(10, 1)
  backend.gemm(left, right.view(0, 3, 13, 1), column)
  requireAllClose(
    'column',
    toArray(column),
    Array.from({ length: 10 }, (_, i) => element(dense, i, 3)),
    backendTolerance(backend, 13),
  )
  const wide = workspace.matrix(10, 4)
  backend.gemm(left, right.view(0, 3, 13, 1), wide.view(0, 2, 10, 1))
  requireAllClose('step', toArray(wide.view(0, 2, 10, 1)), toArray(column), backendTolerance(backend, 13))
}

const backendTolerance = (backend: Backend, k: number): number => backend.accuracy.productError * (k + 2) * k * EPSILON

function overwritesBlindly(backend: Backend, workspace: Workspace): void {
  for (const [m, n, k] of [
    [9, 9, 9],
    [9, 1, 9],
    [1, 9, 9],
    [3, 3, 0],
  ] as const) {
    const out = workspace.matrix(m, n)
    out.data.fill(Number.NaN)
    backend.gemm(fill(workspace.matrix(m, k), 1), fill(workspace.matrix(k, n), 2), out)
    require(toArray(out).every(Number.isFinite), `a product ${m}×${k}×${n} over NaN is not finite`)
  }
}

function symmetricProducts(backend: Backend, workspace: Workspace): void {
  for (const [n, k] of [
    [1, 1],
    [7, 3],
    [33, 70],
    [130, 40],
    [131, 300],
  ] as const) {
    for (const transpose of [false, true]) {
      const a = fill(transpose ? workspace.matrix(k, n) : workspace.matrix(n, k), 4)
      const expected = workspace.matrix(n, n)
      backend.gemm(a, a, expected, { transposeA: transpose, transposeB: !transpose, alpha: 0.5 })
      const lower = workspace.matrix(n, n)
      lower.data.fill(7)
      backend.syrk(a, lower, { transpose, alpha: 0.5 })
      const full = workspace.matrix(n, n)
      backend.syrk(a, full, { transpose, alpha: 0.25, triangle: 'full' })
      const added = fill(workspace.matrix(n, n), 5)
      const before = toArray(added)
      backend.syrk(a, added, { transpose, alpha: 0.5, beta: 2 })
      const tolerance = backendTolerance(backend, k)
      for (let i = 0; i < n; i++) {
        for (let j = 0; j < n; j++) {
          const product = element(expected, i, j)
          requireClose(`lower[${i}][${j}]`, element(lower, i, j), j <= i ? product : 7, tolerance)
          requireClose(`full[${i}][${j}]`, element(full, i, j), product / 2, tolerance)
          const sum = before[i * n + j]!
          requireClose(`added[${i}][${j}]`, element(added, i, j), j <= i ? product + 2 * sum : sum, tolerance)
        }
      }
    }
  }
}

/** A well-conditioned Gram matrix: a product of two Ornstein–Uhlenbeck kernels, plus noise. */
function gram(workspace: Workspace, n: number, noise: number): Matrix {
  const a = workspace.matrix(n, n)
  for (let i = 0; i < n; i++) {
    for (let j = 0; j < n; j++) {
      const r = Math.abs(i - j) / 6 + Math.abs(Math.sin(i) - Math.sin(j))
      a.data[i * n + j] = Math.exp(-r) + (i === j ? noise : 0)
    }
  }
  return a
}

/**
 * ‖LLᵀ − A‖_F/(n·ε·‖A‖_F), the numerator by Hutchinson's estimate from random signs: O(n²), and as good as the norm for
 * a bound with room to spare. Its own rounding is a few ε even at n = 1; hence at least 2 for n.
 */
function backwardError(matrix: Matrix, factor: Matrix, jitter: number, seed: number): number {
  const n = matrix.rows
  const random = createRandom(seed)
  const [a, aStride, l, lStride] = [matrix.data, matrix.stride, factor.data, factor.stride]
  const probes = 3
  let error = 0
  for (let probe = 0; probe < probes; probe++) {
    const v = Float64Array.from({ length: n }, () => (random.uniform() < 0.5 ? -1 : 1))
    const lv = new Float64Array(n)
    const av = new Float64Array(n)
    for (let i = 0; i < n; i++) {
      for (let j = 0; j <= i; j++) lv[j] = lv[j]! + l[i * lStride + j]! * v[i]!
      for (let j = 0; j < i; j++) av[j] = av[j]! + a[i * aStride + j]! * v[i]!
    }
    for (let i = 0; i < n; i++) {
      let difference = -jitter * v[i]! - av[i]!
      for (let j = 0; j <= i; j++) difference += l[i * lStride + j]! * lv[j]! - a[i * aStride + j]! * v[j]!
      error += difference ** 2 / probes
    }
  }
  let size = 0
  for (let i = 0; i < n; i++) {
    for (let j = 0; j < i; j++) size += 2 * a[i * aStride + j]! ** 2
    size += a[i * aStride + i]! ** 2
  }
  return Math.sqrt(error) / (Math.max(n, 2) * EPSILON * Math.sqrt(size))
}

function factorsEverySize(backend: Backend, workspace: Workspace, every: number, some: number): void {
  const storage = gram(workspace, some, 0.05)
  const target = workspace.matrix(some, some)
  for (let n = 1; n <= some; n += n < every ? 1 : 17) {
    const a = storage.view(0, 0, n, n)
    const out = target.view(0, 0, n, n)
    const { jitter } = backend.cholesky(a, { out })
    require(jitter === 0, `jitter at n = ${n} is ${jitter}; expected 0`)
    const error = backwardError(a, out, 0, n)
    const allowed = backend.accuracy.factorBackwardError
    require(error <= allowed, `backward error at n = ${n} is ${error}; expected at most ${allowed}`)
  }
}

function factorsInPlace(backend: Backend, workspace: Workspace): void {
  for (const n of [1, 3, 4, 66, 130, 259]) {
    const a = gram(workspace, n, 0.05)
    const beside = workspace.matrix(n, n)
    beside.data.fill(9)
    backend.cholesky(a, { out: beside })
    const place = workspace.matrix(n + 3, n + 5).view(1, 2, n, n)
    for (let i = 0; i < n; i++) {
      for (let j = 0; j < n; j++) place.data[i * place.stride + j] = j <= i ? element(a, i, j) : Number.NaN
    }
    backend.cholesky(place)
    for (let i = 0; i < n; i++) {
      for (let j = 0; j < n; j++) {
        const [left, right] = [element(beside, i, j), element(place, i, j)]
        if (j <= i) require(left === right, `L[${i}][${j}] is ${right} in place; expected ${left}`)
        else require(left === 9 && Number.isNaN(right), `L[${i}][${j}] of the upper triangle was written`)
      }
    }
  }
}

function solves(backend: Backend, workspace: Workspace): void {
  for (const n of [1, 2, 5, 31, 64, 129, 300, 517]) {
    const a = gram(workspace, n, 0.05)
    const factor = workspace.matrix(n, n)
    backend.cholesky(a, { out: factor })
    for (const m of [1, 2, 3, 4, 7, 130]) {
      const b = fill(workspace.matrix(n, m + 2), m).view(0, 1, n, m)
      const x = workspace.matrix(n, m + 1).view(0, 1, n, m)
      for (let i = 0; i < n; i++) for (let j = 0; j < m; j++) x.data[i * x.stride + j] = element(b, i, j)
      backend.trsm(factor, x)
      backend.trsm(factor, x, { transpose: true })
      for (let j = 0; j < m; j += Math.max(1, m - 2)) {
        let residual = 0
        let sizeOfX = 0
        let sizeOfB = 0
        let sizeOfA = 0
        for (let i = 0; i < n; i++) {
          let sum = -element(b, i, j)
          let row = 0
          for (let k = 0; k < n; k++) {
            sum += element(a, i, k) * element(x, k, j)
            row += Math.abs(element(a, i, k))
          }
          sizeOfA = Math.max(sizeOfA, row)
          residual = Math.max(residual, Math.abs(sum))
          sizeOfX = Math.max(sizeOfX, Math.abs(element(x, i, j)))
          sizeOfB = Math.max(sizeOfB, Math.abs(element(b, i, j)))
        }
        const scaled = residual / (n * EPSILON * (sizeOfA * sizeOfX + sizeOfB))
        const allowed = backend.accuracy.factorBackwardError
        require(scaled <= allowed, `scaled residual at n = ${n}, m = ${m} is ${scaled}; expected at most ${allowed}`)
      }
    }
  }
}

function survivesDuplicates(backend: Backend, workspace: Workspace): void {
  const random = createRandom(11)
  for (const [n, copies] of [
    [12, 2],
    [90, 3],
    [120, 5],
  ] as const) {
    const distinct = Array.from({ length: n }, () => [random.uniform(), random.uniform()])
    const x = workspace.from(Array.from({ length: n * copies }, (_, i) => distinct[i % n]!))
    const a = workspace.matrix(n * copies, n * copies)
    backend.squaredDistances(x, a)
    backend.kernelFill({ family: 'rbf', squaredDistances: a, out: a, inverseSquaredLength: 4 })
    const factor = workspace.matrix(n * copies, n * copies)
    const { jitter } = backend.cholesky(a, { out: factor })
    require(jitter > 0 && jitter < 1e-4, `jitter for ${n} points ${copies} times is ${jitter}; expected a little`)
    const error = backwardError(a, factor, jitter, n)
    const allowed = backend.accuracy.factorBackwardError
    require(error <= allowed, `backward error with duplicates is ${error}; expected at most ${allowed}`)
  }
}

function requireError(what: string, code: KrigeErrorCode, use: () => void): KrigeError {
  try {
    use()
  } catch (error) {
    require(KrigeError.isInstance(error) && error.code === code, `${what} threw ${String(error)}; expected ${code}`)
    return error
  }
  throw new Error(`${what} threw nothing; expected ${code}`)
}

function refusesIndefinite(backend: Backend, workspace: Workspace): void {
  for (const n of [2, 40, 200]) {
    const a = gram(workspace, n, 0.05)
    a.data[(n - 1) * n + n - 1] = -3
    const before = toArray(a)
    const out = workspace.matrix(n, n)
    const error = requireError('an indefinite matrix', 'not-positive-definite', () => backend.cholesky(a, { out }))
    require('pivot' in error &&
      typeof error.pivot === 'number' &&
      error.pivot <= -2.9, `pivot of ${error.message} ≤ −2.9 expected`)
    require('row' in error && error.row === n - 1, `row ${n - 1} expected in ${error.message}`)
    requireAllClose('input', toArray(a), before, 0)
    a.data[(n - 1) * n + n - 1] = 1 - 1e-7
    for (let j = 0; j < n; j++) a.data[(n - 1) * n + j] = j === n - 1 ? 1.05 - 1e-7 : a.data[j]!
    const rescued = backend.cholesky(a, { out, maximumJitter: 1 })
    require(rescued.jitter > 0, `jitter is ${rescued.jitter}; expected a rescue`)
    requireError('a forbidden rescue', 'not-positive-definite', () => backend.cholesky(a, { out, maximumJitter: 0 }))
  }
}

function refusesNonFinite(backend: Backend, workspace: Workspace): void {
  for (const value of [Number.NaN, Infinity, -Infinity]) {
    for (const [i, j] of [
      [0, 0],
      [70, 3],
      [139, 139],
      [139, 0],
    ] as const) {
      const a = gram(workspace, 140, 0.05)
      a.data[i * 140 + j] = value
      requireError(`a[${i}][${j}] = ${value}`, 'non-finite', () =>
        backend.cholesky(a, { out: workspace.matrix(140, 140) }),
      )
    }
    const row = gram(workspace, 5, 0.05)
    backend.cholesky(row.view(0, 0, 4, 4))
    row.data[4 * 5 + 2] = value
    requireError('an appended row', 'non-finite', () => backend.choleskyAppend(row))
  }
}

function requireSameFactor(backend: Backend, workspace: Workspace, what: string, factor: Matrix, a: Matrix): void {
  const expected = workspace.matrix(a.rows, a.rows)
  backend.cholesky(a, { out: expected })
  for (let i = 0; i < a.rows; i++) {
    for (let j = 0; j <= i; j++)
      requireClose(`${what}: L[${i}][${j}]`, element(factor, i, j), element(expected, i, j), 1e-11)
  }
}

function appends(backend: Backend, workspace: Workspace): void {
  const n = 150
  const a = gram(workspace, n, 0.05)
  const storage = workspace.matrix(n + 10, n + 10)
  for (let i = 0; i < n; i++) {
    for (let j = 0; j <= i; j++) storage.data[i * storage.stride + j] = element(a, i, j)
    const { jitter } = backend.choleskyAppend(storage.view(0, 0, i + 1, i + 1))
    require(jitter === 0, `jitter is ${jitter}; expected 0`)
  }
  requireSameFactor(backend, workspace, 'append', storage.view(0, 0, n, n), a)
  const twin = workspace.from([
    [1, 0],
    [1, 1],
  ])
  const { jitter } = backend.choleskyAppend(twin)
  require(jitter > 0 && element(twin, 1, 1) > 0, `jitter of a duplicate is ${jitter}; expected a little`)
  const impossible = workspace.from([
    [1, 0],
    [2, 1],
  ])
  requireError('an impossible row', 'not-positive-definite', () => backend.choleskyAppend(impossible))
}

function deletes(backend: Backend, workspace: Workspace): void {
  for (const [n, index] of [
    [1, 0],
    [2, 0],
    [2, 1],
    [60, 0],
    [61, 30],
    [150, 149],
    [150, 17],
  ] as const) {
    const a = gram(workspace, n, 0.05)
    const factor = workspace.matrix(n, n)
    backend.cholesky(a, { out: factor })
    const smaller = backend.choleskyDelete(factor, index)
    require(smaller.rows === n - 1 && smaller.columns === n - 1, 'expected the smaller factor')
    const kept = Array.from({ length: n }, (_, i) => i).filter((i) => i !== index)
    const rest = workspace.matrix(n - 1, n - 1)
    for (const [i, from] of kept.entries()) {
      for (const [j, to] of kept.entries()) rest.data[i * (n - 1) + j] = element(a, from, to)
    }
    if (n > 1) requireSameFactor(backend, workspace, 'delete', smaller, rest)
  }
}

function inverts(backend: Backend, workspace: Workspace): void {
  for (const n of [1, 2, 3, 4, 5, 63, 130, 257, 300]) {
    const a = gram(workspace, n, 0.5)
    const factor = workspace.matrix(n, n)
    backend.cholesky(a, { out: factor })
    const inverse = workspace.matrix(n, n)
    backend.inverseFromFactor(factor, inverse)
    const lower = workspace.matrix(n, n)
    lower.data.fill(5)
    backend.inverseFromFactor(factor, lower, { triangle: 'lower' })
    let logarithms = 0
    for (let i = 0; i < n; i++) {
      logarithms += 2 * Math.log(element(factor, i, i))
      for (let j = 0; j < n; j++) {
        require(element(inverse, i, j) === element(inverse, j, i), `inverse[${i}][${j}] is not symmetric`)
        requireClose('triangle', element(lower, i, j), j <= i ? element(inverse, i, j) : 5, 1e-15)
      }
      for (let j = 0; j < n; j += 1 + (n >> 5)) {
        let sum = 0
        for (let k = 0; k < n; k++) sum += element(a, i, k) * element(inverse, k, j)
        requireClose(`(A·A⁻¹)[${i}][${j}]`, sum, i === j ? 1 : 0, 1e-11)
      }
    }
    requireClose('log determinant', backend.logDeterminant(factor), logarithms, 1e-13)
  }
}

function decomposes(backend: Backend, workspace: Workspace): void {
  const n = 30
  const a = gram(workspace, n, 0)
  const vectors = workspace.matrix(n, n)
  const values = backend.symmetricEigen(a, vectors)
  for (let k = 1; k < n; k++) require(values[k]! >= values[k - 1]!, 'eigenvalues are not in ascending order')
  for (let i = 0; i < n; i++) {
    for (let k = 0; k < n; k++) {
      let sum = 0
      for (let j = 0; j < n; j++) sum += element(a, i, j) * element(vectors, j, k)
      requireClose(`(AV)[${i}][${k}]`, sum, values[k]! * element(vectors, i, k), 1e-12)
    }
  }
  requireAllClose('values', backend.symmetricEigen(a), values, 0)
}

function measuresDistances(backend: Backend, workspace: Workspace): void {
  for (const d of [1, 2, 3, 5, 16, 47, 48, 65, 384]) {
    for (const offset of [0, 1000]) {
      const x = fill(workspace.matrix(70, d + 1), d).view(0, 1, 70, d)
      const y = fill(workspace.matrix(33, d), d + 1)
      for (let k = 0; k < d; k++) {
        for (let i = 0; i < 70; i++) x.data[i * x.stride + k] = element(x, i, k) + offset
        for (let i = 0; i < 33; i++) y.data[i * d + k] = element(y, i, k) + offset
        x.data[50 * x.stride + k] = element(x, 4, k)
        x.data[51 * x.stride + k] = element(x, 4, k) + (k === 0 ? 1e-7 : 0)
        y.data[8 * d + k] = element(x, 4, k)
      }
      const own = workspace.matrix(70, 70)
      backend.squaredDistances(x, own)
      const lower = workspace.matrix(70, 70)
      lower.data.fill(-1)
      backend.squaredDistances(x, lower, { triangle: 'lower' })
      const cross = workspace.matrix(70, 33)
      backend.crossSquaredDistances(x, y, cross)
      for (let i = 0; i < 70; i++) {
        for (let j = 0; j < 70; j++) {
          requireDistance(`d = ${d}: D[${i}][${j}]`, element(own, i, j), x, i, x, j)
          requireClose(`lower[${i}][${j}]`, element(lower, i, j), j <= i ? element(own, i, j) : -1, 1e-15)
        }
        for (let j = 0; j < 33; j++) requireDistance(`d = ${d}: C[${i}][${j}]`, element(cross, i, j), x, i, y, j)
      }
      require(element(own, 50, 4) === 0 && element(cross, 4, 8) === 0, `equal points stand apart at d = ${d}`)
    }
  }
}

function requireDistance(what: string, actual: number, x: Matrix, i: number, y: Matrix, j: number): void {
  let expected = 0
  for (let k = 0; k < x.columns; k++) expected += (element(x, i, k) - element(y, j, k)) ** 2
  require(actual >= 0, `${what} is ${actual}; expected no negative distance`)
  const allowed = 1e-12 * expected
  require(Math.abs(actual - expected) <= allowed, `${what} is ${actual}; expected ${expected} within ${allowed}`)
}

function kernelValue(family: KernelFamily, u: number, shape: number): number {
  const r = Math.sqrt(u)
  if (family === 'matern12') return Math.exp(-r)
  if (family === 'matern32') return (1 + Math.sqrt(3) * r) * Math.exp(-Math.sqrt(3) * r)
  if (family === 'matern52') return (1 + Math.sqrt(5) * r + (5 / 3) * u) * Math.exp(-Math.sqrt(5) * r)
  if (family === 'rbf') return Math.exp(-u / 2)
  return (1 + u / (2 * shape)) ** -shape
}

function fillsKernels(backend: Backend, workspace: Workspace): void {
  const distances = [0, 1e-300, 1e-18, 1e-9, 1e-4, 0.01, 0.3, 0.9, 1, 2, 3.7, 11, 50, 400, 3000, 9e4, 1e7]
  const squared = workspace.copy(distances, 1, distances.length)
  const n = distances.length
  const [outputScale, inverseSquaredLength, shape] = [2.5, 0.7, 1.3]
  for (const family of FAMILIES) {
    const out = workspace.matrix(1, n)
    const derivative = workspace.matrix(1, n)
    const rational = family === 'rational-quadratic'
    const shapeDerivative = workspace.matrix(1, n)
    const settings = { family, squaredDistances: squared, outputScale, inverseSquaredLength, shape }
    backend.kernelFill({ ...settings, out, derivative, ...(rational ? { shapeDerivative } : {}) })
    for (const [j, distance] of distances.entries()) {
      const u = distance * inverseSquaredLength
      const value = outputScale * kernelValue(family, u, shape)
      // An exponent e is known to e·ε at best, and so is the value relative to itself.
      const allowed = value * (1e-14 - 1e-15 * Math.log(value / outputScale)) + 1e-300
      const error = Math.abs(out.data[j]! - value)
      require(value === 0
        ? out.data[j] === 0
        : error <= allowed, `${family}(${u}) is ${out.data[j]}; expected ${value}`)
      require(Number.isFinite(derivative.data[j]!), `the derivative of ${family} at ${u} is ${derivative.data[j]}`)
      if (u > 1e-5 && u < 50) {
        const slope = difference((step) => outputScale * kernelValue(family, u * (1 + step), shape)) / u
        requireClose(`d${family}/du at ${u}`, derivative.data[j]! / slope, 1, 1e-6)
      }
      if (rational && u > 1e-3) {
        const slope = difference((step) => outputScale * kernelValue(family, u, shape * (1 + step))) / shape
        requireClose(`d${family}/dα at ${u}`, shapeDerivative.data[j]!, slope, 1e-7)
      }
    }
    require(out.data[0] === outputScale, `${family}(0) is ${out.data[0]}; expected ${outputScale} exactly`)
    backend.kernelFill({ ...settings, squaredDistances: derivative, out: derivative, family: 'rbf' })
  }
  const poisoned = workspace.copy([Number.NaN, 1, Number.NaN], 1, 3)
  for (const family of FAMILIES) {
    const out = workspace.matrix(1, 3)
    backend.kernelFill({ family, squaredDistances: poisoned, out })
    require(Number.isNaN(out.data[0]) && Number.isNaN(out.data[2]), `${family}(NaN) is ${out.data[0]}; expected NaN`)
  }
}

/** f′(0) by central differences of fourth order. */
function difference(f: (step: number) => number): number {
  const h = 1e-3
  return (8 * (f(h) - f(-h)) - (f(2 * h) - f(-2 * h))) / (12 * h)
}

function accumulatesKernels(backend: Backend, workspace: Workspace): void {
  for (const n of [1, 2, 7, 20]) {
    const x = fill(workspace.matrix(n, 3), 1)
    const distances = workspace.matrix(n, n)
    backend.squaredDistances(x, distances)
    for (const family of FAMILIES) {
      const sum = workspace.matrix(n, n)
      const once = workspace.matrix(n, n)
      backend.kernelFill({ family, squaredDistances: distances, out: once })
      backend.kernelFill({ family: 'rbf', squaredDistances: distances, out: sum })
      const rbf = toArray(sum)
      const slopes = workspace.matrix(n, n)
      slopes.data.fill(3)
      const target = { squaredDistances: distances, out: sum, derivative: slopes, triangle: 'lower' } as const
      backend.kernelFill({ family, ...target, accumulate: true })
      for (let i = 0; i < n; i++) {
        for (let j = 0; j < n; j++) {
          const expected = rbf[i * n + j]! + (j <= i ? element(once, i, j) : 0)
          requireClose(`sum[${i}][${j}]`, element(sum, i, j), expected, 1e-15)
          require((element(slopes, i, j) === 3) === j > i, `derivative[${i}][${j}] is ${element(slopes, i, j)}`)
        }
      }
    }
  }
}

function sumsTraces(backend: Backend, workspace: Workspace): void {
  for (const [n, d] of [
    [1, 1],
    [2, 3],
    [9, 2],
    [38, 5],
    [131, 16],
  ] as const) {
    const x = fill(workspace.matrix(n, d), 6)
    for (let i = 0; i < n; i++) x.data[i * d] = element(x, i, 0) + 5
    const symmetric = (seed: number) => {
      const matrix = fill(workspace.matrix(n, n), seed)
      for (let i = 0; i < n; i++) for (let j = 0; j < i; j++) matrix.data[j * n + i] = element(matrix, i, j)
      return matrix
    }
    const inverse = symmetric(1)
    const derivative = symmetric(2)
    const squaredDistances = symmetric(3)
    const weights = fill(workspace.matrix(n, 1), 4)
    const out = workspace.matrix(d, 1)
    let plain = 0
    let weighted = 0
    const ard = new Float64Array(d)
    for (let i = 0; i < n; i++) {
      for (let j = 0; j < n; j++) {
        const v = 0.5 * (weights.data[i]! * weights.data[j]! - element(inverse, i, j)) * element(derivative, i, j)
        plain += v
        weighted += v * element(squaredDistances, i, j)
        for (let k = 0; k < d; k++) ard[k] = ard[k]! + v * (element(x, i, k) - element(x, j, k)) ** 2
      }
    }
    // Only lower triangles may be read.
    for (const matrix of [inverse, derivative, squaredDistances]) {
      for (let i = 0; i < n; i++) for (let j = i + 1; j < n; j++) matrix.data[i * n + j] = Number.NaN
    }
    requireClose('trace', backend.traceGradient({ inverse, weights, derivative }), plain, 1e-11)
    requireClose('weighted', backend.traceGradient({ inverse, weights, derivative, squaredDistances }), weighted, 1e-11)
    backend.ardGradient({ inverse, weights, derivative, x, out })
    requireAllClose('ard', toArray(out), ard, 1e-11)
  }
}

function sumsColumns(backend: Backend, workspace: Workspace): void {
  const a = fill(workspace.matrix(13, 9), 1).view(1, 1, 11, 7)
  const out = workspace.matrix(7, 1)
  out.data.fill(Number.NaN)
  backend.columnSquaredNorms(a, out)
  for (let j = 0; j < 7; j++) {
    let sum = 0
    for (let i = 0; i < 11; i++) sum += element(a, i, j) ** 2
    requireClose(`norm of column ${j}`, out.data[j]!, sum, 1e-14)
  }
}

function keepsMemory(backend: Backend): void {
  const first = backend.workspace()
  const kept = fill(first.matrix(50, 50), 1)
  const before = toArray(kept)
  const second = backend.workspace()
  const copy = second.copy(kept.data, 50, 50)
  for (let round = 0; round < 8; round++) second.matrix(300 * (round + 1), 300)
  backend.squaredDistances(kept, second.matrix(50, 50))
  requireAllClose('kept', toArray(kept), before, 0)
  requireAllClose('copied', toArray(copy), before, 0)
  requireAllClose('window', toArray(kept.view(3, 4, 1, 5)), before.slice(154, 159), 0)
  second[Symbol.dispose]()
  requireAllClose('kept', toArray(kept), before, 0)
  const fresh = backend.scope((workspace) => toArray(workspace.matrix(300, 300)))
  require(fresh.every((value) => value === 0), 'new matrices are not zero')
  first[Symbol.dispose]()
  first[Symbol.dispose]()
  requireError('a disposed workspace', 'invalid-argument', () => first.matrix(1, 1))
}

function namesShapes(backend: Backend, workspace: Workspace): void {
  const a = workspace.matrix(2, 3)
  const error = requireError('a product', 'invalid-argument', () => backend.gemm(a, a, workspace.matrix(2, 2)))
  require(error.message.includes('2×3'), `${error.message} does not name the shape`)
  requireError('a factor', 'invalid-argument', () => backend.cholesky(a))
  requireError('a solve', 'invalid-argument', () => backend.trsm(workspace.matrix(3, 3), a))
  requireError('a view', 'invalid-argument', () => a.view(0, 1, 2, 3))
  requireError('a workspace', 'invalid-argument', () => workspace.matrix(-1, 2))
  requireError('ragged rows', 'invalid-argument', () => workspace.from([[1, 2], [3]]))
  const settings = { squaredDistances: a, out: a } as const
  requireError('a length', 'invalid-argument', () =>
    backend.kernelFill({ family: 'rbf', ...settings, inverseSquaredLength: 0 }),
  )
}
