/**
 * The WebAssembly backend: the fastest that runs wherever Krige does, and the default.
 *
 * @module
 */
import { InvalidArgumentError, UnavailableError } from '../../../errors.ts'
import { appendWith } from '../append.ts'
import type { Backend, CholeskyOptions, CholeskyReport, KernelFamily } from '../backend.ts'
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
import { sumLogDiagonal } from '../js/triangle.ts'
import type { Matrix } from '../matrix.ts'
import { symmetricEigen } from '../symmetric-eigen.ts'
import { createHeap } from './heap.ts'
import { createHeapWorkspace, HeapMatrix } from './heap-matrix.ts'
import { helpedKernels, type StartHelper } from './helped-kernels.ts'
import { checkSupported, detectSimd, instantiate, type Kernels, type Simd } from './kernels.ts'

/** The numbers of assembly/kernel.ts. */
const families: Readonly<Record<KernelFamily, number>> = {
  matern12: 0,
  matern32: 1,
  matern52: 2,
  rbf: 3,
  'rational-quadratic': 4,
}

export interface WasmBackendOptions {
  /**
   * Which kernels to run. `simd128` gives the same bits on every machine. `relaxed` fuses multiply and add, which is
   * faster and as accurate, but not everywhere the same in the last bits.
   *
   * @defaultValue the best that the engine has
   */
  readonly simd?: Simd
  /**
   * Bytes of memory to reserve at the first use. Growth later replaces the buffer under every matrix, so `data` has to be read
   * again; tests reserve 0 to make that happen all the time.
   *
   * @defaultValue 4 MiB
   */
  readonly initialMemory?: number
  /**
   * Starts a thread that helps with what is large, so that two cores work on it; the results are the same, bit for bit.
   * `openThreadedBackend` has one for Node.js. The thread that computes must be one that may wait: not a browser's main one.
   *
   * @defaultValue none: one thread computes everything
   */
  readonly startHelper?: StartHelper
}

const DEFAULT_INITIAL_MEMORY = 4 * 1048576

/** Fewer right-hand sides than this are solved one by one. */
const FEW_COLUMNS = 4

/**
 * Dense linear algebra in WebAssembly SIMD, float64.
 *
 * @throws UnavailableError when the engine has no WebAssembly SIMD
 *
 * @example
 * createWasmBackend({ simd: 'simd128' }).accuracy.arithmetic // 'float64'
 */
export function createWasmBackend(options: WasmBackendOptions = {}): Backend {
  const simd = options.simd ?? detectSimd()
  if (simd === undefined) {
    throw new UnavailableError('this engine has no WebAssembly SIMD; expected one that does', {
      remedy: "Use the 'js' backend.",
    })
  }
  checkSupported(simd)
  const { startHelper } = options
  const heap = createHeap(options.initialMemory ?? DEFAULT_INITIAL_MEMORY, { shared: startHelper !== undefined })
  let instance: Kernels | undefined
  // Memory is reserved at the first use: most studies that are opened only to be read compute nothing.
  const kernels = () => {
    instance ??= startHelper ? helpedKernels(simd, heap.memory, startHelper) : instantiate(simd, heap.memory)
    return instance
  }
  let scratchPointer = 0
  let scratchBytes = 0

  /** Scratch of at least so many bytes, kept for the next call; it may move the heap. */
  const scratch = (bytes: number): number => {
    if (bytes > scratchBytes) {
      heap.free(scratchPointer)
      scratchBytes = 0
      scratchPointer = heap.allocate(bytes)
      scratchBytes = bytes
    }
    return scratchPointer
  }
  const pointer = (matrix: Matrix): number => HeapMatrix.pointer(matrix, heap)

  /** Runs `use` on a contiguous copy of a vector when its elements are not contiguous, and copies the result back. */
  const withContiguous = (vector: Matrix, length: number, step: number, use: (pointer: number) => void): void => {
    const from = pointer(vector)
    if (step === 1 || length < 2) {
      use(from)
      return
    }
    const copy = heap.allocate(length * 8)
    try {
      const { float64 } = heap
      const start = from / 8
      for (let i = 0; i < length; i++) float64[copy / 8 + i] = float64[start + i * step]!
      use(copy)
      for (let i = 0; i < length; i++) heap.float64[start + i * step] = heap.float64[copy / 8 + i]!
    } finally {
      heap.free(copy)
    }
  }

  /** out ← α·op(A)·x + β·out, vectors of any step. */
  const multiplyVector = (
    m: number,
    k: number,
    alpha: number,
    a: Matrix,
    transpose: boolean,
    x: Matrix,
    xStep: number,
    beta: number,
    out: Matrix,
    outStep: number,
  ): void => {
    const [row, column] = transpose ? [1, a.stride] : [a.stride, 1]
    withContiguous(x, k, xStep, (xPointer) => {
      withContiguous(out, m, outStep, (outPointer) => {
        kernels().productVector(m, k, alpha, pointer(a), row, column, xPointer, beta, outPointer)
      })
    })
  }

  const factorInto = (source: Matrix, out: Matrix, options: CholeskyOptions): CholeskyReport => {
    const n = source.rows
    const work = scratch(kernels().choleskyScratch(n))
    const from = pointer(source)
    const to = pointer(out)
    const attempt = (jitter: number) => {
      if (jitter > 0) kernels().copyLower(n, from, source.stride, to, out.stride, jitter)
      const row =
        jitter > 0
          ? kernels().cholesky(n, to, out.stride, to, out.stride, work)
          : kernels().cholesky(n, from, source.stride, to, out.stride, work)
      return row < 0 ? undefined : { row, pivot: heap.float64[work / 8]! }
    }
    return climbJitter(source, attempt, options)
  }

  return {
    name: 'wasm',
    accuracy: {
      arithmetic: 'float64',
      factorBackwardError: 10,
      productError: 2,
      statement:
        simd === 'relaxed'
          ? 'float64 throughout with fused multiply-add; backward stable; last bits may differ between machines.'
          : 'float64 throughout; backward stable; the same bits on every machine.',
    },

    workspace: () => createHeapWorkspace(heap),

    scope(use) {
      using workspace = createHeapWorkspace(heap)
      return use(workspace)
    },

    gemm(a, b, out, { transposeA = false, transposeB = false, alpha = 1, beta = 0 } = {}) {
      const { m, n, k } = checkGemm(a, b, out, { transposeA, transposeB })
      if (m === 0 || n === 0) return
      if (n === 1) {
        multiplyVector(m, k, alpha, a, transposeA, b, transposeB ? 1 : b.stride, beta, out, out.stride)
      } else if (m === 1) {
        multiplyVector(n, k, alpha, b, !transposeB, a, transposeA ? a.stride : 1, beta, out, 1)
      } else {
        const [aRow, aColumn] = transposeA ? [1, a.stride] : [a.stride, 1]
        const [bRow, bColumn] = transposeB ? [1, b.stride] : [b.stride, 1]
        const work = scratch(kernels().productScratch(n, k))
        kernels().product(
          m,
          n,
          k,
          alpha,
          pointer(a),
          aRow,
          aColumn,
          pointer(b),
          bRow,
          bColumn,
          beta,
          pointer(out),
          out.stride,
          0,
          work,
        )
      }
    },

    syrk(a, out, { transpose = false, alpha = 1, beta = 0, triangle = 'lower' } = {}) {
      const { n, k } = checkSyrk(a, out, { transpose })
      const [row, column] = transpose ? [1, a.stride] : [a.stride, 1]
      const work = scratch(kernels().productScratch(n, k))
      const from = pointer(a)
      const to = pointer(out)
      kernels().product(n, n, k, alpha, from, row, column, from, column, row, beta, to, out.stride, 1, work)
      if (triangle === 'full') kernels().mirror(n, to, out.stride)
    },

    trsm(factor, b, { transpose = false } = {}) {
      checkSquare('factor', factor)
      checkShape('b', b, factor.rows, b.columns)
      const n = b.rows
      const m = b.columns
      if (n === 0 || m === 0) return
      const l = pointer(factor)
      if (m < FEW_COLUMNS) {
        const solve = transpose ? kernels().solveVectorTransposed : kernels().solveVector
        for (let j = 0; j < m; j++) {
          const column = m === 1 ? b : b.view(0, j, n, 1)
          withContiguous(column, n, b.stride, (x) => solve(n, l, factor.stride, x))
        }
        return
      }
      const work = scratch(kernels().triangularSolveScratch(n, m))
      if (transpose) {
        const lastOfFactor = l + (n - 1) * (factor.stride + 1) * 8
        const lastRow = pointer(b) + (n - 1) * b.stride * 8
        kernels().triangularSolve(n, m, lastOfFactor, -1, -factor.stride, lastRow, -b.stride, work)
      } else kernels().triangularSolve(n, m, l, factor.stride, 1, pointer(b), b.stride, work)
    },

    cholesky(a, options = {}) {
      checkSquare('a', a)
      const n = a.rows
      const out = options.out ?? a
      checkShape('out', out, n, n)
      if (out !== a) return factorInto(a, out, options)
      // In place a retry needs what the first attempt overwrites.
      using workspace = createHeapWorkspace(heap)
      const copy = workspace.matrix(n, n)
      kernels().copyLower(n, pointer(a), a.stride, pointer(copy), n, 0)
      return factorInto(copy, out, options)
    },

    choleskyAppend(factor) {
      pointer(factor)
      return appendWith(factor, (leading, row) => {
        const x = pointer(row)
        kernels().solveVector(leading.rows, pointer(leading), leading.stride, x)
        return kernels().dot(row.columns, x, x)
      })
    },

    choleskyDelete(factor, index) {
      checkSquare('factor', factor)
      checkIndex(factor, index)
      const work = scratch(factor.rows * 16)
      kernels().deleteRow(factor.rows, pointer(factor), factor.stride, index, work)
      return factor.view(0, 0, factor.rows - 1, factor.rows - 1)
    },

    logDeterminant: sumLogDiagonal,

    inverseFromFactor(factor, out, { triangle = 'full' } = {}) {
      checkSquare('factor', factor)
      const n = factor.rows
      checkShape('out', out, n, n)
      const work = scratch(kernels().inverseScratch(n))
      kernels().inverse(n, pointer(factor), factor.stride, pointer(out), out.stride, work)
      if (triangle === 'full') kernels().mirror(n, pointer(out), out.stride)
    },

    symmetricEigen,

    squaredDistances(x, out, { triangle = 'full' } = {}) {
      const n = x.rows
      checkShape('out', out, n, n)
      const work = scratch(kernels().distancesScratch(n, n, x.columns))
      const from = pointer(x)
      kernels().squaredDistances(n, n, x.columns, from, x.stride, from, x.stride, pointer(out), out.stride, 1, work)
      if (triangle === 'full') kernels().mirror(n, pointer(out), out.stride)
    },

    crossSquaredDistances(x, y, out) {
      checkDistances(x, y, out)
      const d = x.columns
      const work = scratch(kernels().distancesScratch(x.rows, y.rows, d))
      kernels().squaredDistances(
        x.rows,
        y.rows,
        d,
        pointer(x),
        x.stride,
        pointer(y),
        y.stride,
        pointer(out),
        out.stride,
        0,
        work,
      )
    },

    kernelFill(fill) {
      checkKernelFill(fill)
      const { squaredDistances, out, derivative, shapeDerivative } = fill
      const { inverseSquaredLength = 1, outputScale = 1, shape = 1 } = fill
      if (fill.accumulate && out === squaredDistances) {
        throw new InvalidArgumentError('out is squaredDistances; expected another matrix when accumulating')
      }
      const work = scratch(64)
      kernels().kernelFill(
        families[fill.family],
        out.rows,
        out.columns,
        pointer(squaredDistances),
        squaredDistances.stride,
        pointer(out),
        out.stride,
        derivative ? pointer(derivative) : 0,
        derivative?.stride ?? 0,
        shapeDerivative ? pointer(shapeDerivative) : 0,
        shapeDerivative?.stride ?? 0,
        inverseSquaredLength,
        outputScale,
        shape,
        fill.accumulate ? 1 : 0,
        fill.triangle === 'lower' ? 1 : 0,
        work,
      )
    },

    traceGradient(terms) {
      checkTraceGradient(terms)
      const { inverse, weights, derivative, squaredDistances } = terms
      let result = 0
      withContiguous(weights, weights.rows, weights.stride, (w) => {
        result = kernels().traceGradient(
          inverse.rows,
          pointer(inverse),
          inverse.stride,
          w,
          pointer(derivative),
          derivative.stride,
          squaredDistances ? pointer(squaredDistances) : 0,
          squaredDistances?.stride ?? 0,
        )
      })
      return result
    },

    ardGradient(terms) {
      checkArdGradient(terms)
      const { inverse, weights, derivative, x, out } = terms
      const n = x.rows
      const d = x.columns
      const work = scratch(kernels().ardGradientScratch(n, d))
      withContiguous(weights, n, weights.stride, (w) => {
        withContiguous(out, d, out.stride, (to) => {
          kernels().ardGradient(
            n,
            d,
            pointer(inverse),
            inverse.stride,
            w,
            pointer(derivative),
            derivative.stride,
            pointer(x),
            x.stride,
            to,
            work,
          )
        })
      })
    },

    columnSquaredNorms(a, out) {
      checkShape('out', out, a.columns, 1)
      withContiguous(out, a.columns, out.stride, (to) => {
        kernels().columnSquaredNorms(a.rows, a.columns, pointer(a), a.stride, to)
      })
    },
  }
}
