/**
 * The kernels with a thread that helps: the same functions, of which the large calls of some run in steps on both threads.
 *
 * The loops around the steps are those of `assembly/`, and so are the results, bit for bit.
 *
 * @module
 */
import type { HelperTask } from './help.ts'
import { instantiateModule, type Kernels, type Simd, sharedModule } from './kernels.ts'
import { createTeam } from './team.ts'

/** Starts a thread that calls `help` with the task, and returns at once. */
export type StartHelper = (task: HelperTask) => void

/** Multiplications from which a call runs on both threads: about a millisecond of one. */
const WORTH = 2 ** 23
/** The same for values of kernels, which take some nanoseconds each. */
const WORTH_FILL = 2 ** 18

const SET = 0
const ADD = 1
/** Rows that are multiplied at a time: units of some hundred microseconds. */
const ROWS = 12
const COLUMNS = 64

/** The kernels of a module over a memory that is shared. */
export function helpedKernels(simd: Simd, memory: WebAssembly.Memory, start: StartHelper): Kernels {
  const module = sharedModule(simd)
  const alone = instantiateModule(module, memory)
  const team = createTeam({ module, memory }, alone, start)
  const worth = (multiplications: number) => multiplications >= WORTH && team.ready()
  const inner: number = alone.PRODUCT_INNER.value
  const columns: number = alone.PRODUCT_COLUMNS.value

  const product: Kernels['product'] = (...call) => {
    const [m, n, k, alpha, a, aRow, aColumn, b, bRow, bColumn, beta, c, cRow, lower, packed] = call
    const plain = alpha !== 0 && (beta === 0 || beta === 1)
    if (!plain || !worth((lower ? 0.5 : 1) * m * n * k)) return alone.product(...call)
    for (let jc = 0; jc < n; jc += columns) {
      const nc = Math.min(columns, n - jc)
      const top = lower ? jc : 0
      for (let pc = 0; pc < k; pc += inner) {
        const kc = Math.min(inner, k - pc)
        const right = b + 8 * (jc * bColumn + pc * bRow)
        const left = a + 8 * (top * aRow + pc * aColumn)
        const out = c + 8 * (top * cRow + jc)
        const mode = pc === 0 && beta === 0 ? SET : ADD
        team.run('packColumns', { count: nc, chunk: COLUMNS }, [kc, right, bRow, bColumn, packed])
        const rest = [nc, kc, alpha, left, aRow, aColumn, packed, out, cRow, lower, mode]
        team.run('productRows', { count: m - top, chunk: ROWS }, rest)
      }
    }
  }

  const cholesky: Kernels['cholesky'] = (n, a, aRow, l, lRow, scratch) => {
    const width = alone.choleskyPanel(n)
    if (width === n || !worth(n ** 3 / 6)) return alone.cholesky(n, a, aRow, l, lRow, scratch)
    // The next square is factored while the rest of the matrix is still updated, so there are two panels.
    let panel = scratch + PIVOT_BYTES
    let next = panel + alone.choleskyPanelBytes(n)
    let [source, sourceRow, to] = [a, aRow, l]
    alone.choleskySquare(width, source, sourceRow, to, lRow, panel)
    for (let j = 0; ; j += width) {
      const [failed = 0] = new Int32Array(memory.buffer, panel, 1)
      if (failed >= 0) {
        new Float64Array(memory.buffer, scratch, 1).set(new Float64Array(memory.buffer, panel + 8, 1))
        return j + failed
      }
      const m = n - j - width
      if (m <= 0) return -1
      team.run('choleskyRows', { count: m, chunk: 2 * ROWS }, [width, source, sourceRow, to, lRow, panel])
      source += 8 * width * (sourceRow + 1)
      to += 8 * width * (lRow + 1)
      const units = { count: m, chunk: ROWS, first: Math.min(width, m) }
      team.run('choleskyUpdate', units, [m, width, source, sourceRow, to, lRow, panel, next])
      ;[source, sourceRow] = [to, lRow]
      ;[panel, next] = [next, panel]
    }
  }

  const inverse: Kernels['inverse'] = (n, l, lRow, c, cRow, scratch) => {
    if (!worth(n ** 3 / 3)) return alone.inverse(n, l, lRow, c, cRow, scratch)
    const packed = scratch + alone.inverseRowsBytes(n)
    team.run('inverseRows', { count: n, chunk: 4 * ROWS }, [n, l, lRow, scratch])
    // L is read once per unit, so few of them; the first are the largest by far.
    const columnsAtOnce = ROWS * Math.min(6, Math.ceil(n / (14 * ROWS)))
    team.run('inverseColumns', { count: n, chunk: columnsAtOnce, from: 'start' }, [n, scratch, packed])
    team.run('inverseProduct', { count: n, chunk: ROWS }, [n, c, cRow, packed])
  }

  const columnsOfSolve = (n: number, m: number) => Math.min(alone.columnsAtOnce(n, m), 4 * Math.ceil(m / 32))

  const triangularSolve: Kernels['triangularSolve'] = (n, m, l, lRow, lColumn, b, bRow, scratch) => {
    if (!worth((n * n * m) / 2)) return alone.triangularSolve(n, m, l, lRow, lColumn, b, bRow, scratch)
    const chunk = columnsOfSolve(n, m)
    const own = { pointer: scratch, bytes: alone.triangularSolveScratch(n, chunk) }
    team.run('solveRightSides', { count: m, chunk, scratch: own }, [n, l, lRow, lColumn, b, bRow])
  }

  const kernelFill: Kernels['kernelFill'] = (...call) => {
    const [family, n, m, ...rest] = call
    const values = rest.at(-2) ? (n * m) / 2 : n * m
    if (values < WORTH_FILL || !team.ready()) return alone.kernelFill(...call)
    const chunk = Math.max(4, Math.ceil(2 ** 15 / m))
    team.run('kernelFillRows', { count: n, chunk }, [family, m, ...rest.slice(0, -1)])
  }

  return {
    ...alone,
    product,
    cholesky,
    choleskyScratch: (n) => alone.choleskyScratch(n) + PIVOT_BYTES + alone.choleskyPanelBytes(n),
    inverse,
    inverseScratch: (n) => Math.max(alone.inverseScratch(n), alone.inverseRowsBytes(n) + alone.inverseColumnsBytes(n)),
    triangularSolve,
    triangularSolveScratch: (n, m) =>
      Math.max(alone.triangularSolveScratch(n, m), 2 * alone.triangularSolveScratch(n, columnsOfSolve(n, m))),
    kernelFill,
  }
}

/** Where a factorization leaves the pivot that failed. */
const PIVOT_BYTES = 64
