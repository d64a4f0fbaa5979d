/**
 * The compiled kernels: which of the two modules, decoded once, instantiated on a heap.
 *
 * @module
 */
import { UnavailableError } from '../../../errors.ts'
import { relaxedModule, simd128Module } from './modules.generated.ts'
import { importSharedMemory } from './shared-memory.ts'

/** Which instructions the kernels use: `relaxed` fuses multiply and add, so its last bits differ from `simd128`. */
export type Simd = 'relaxed' | 'simd128'

/**
 * The steps of `assembly/index.ts`: parts of algorithms whose ranges may run at the same time, on scratch of their own. What
 * they take after that stands there.
 */
export const STEPS = [
  'choleskyRows',
  'choleskyUpdate',
  'inverseColumns',
  'inverseProduct',
  'inverseRows',
  'kernelFillRows',
  'packColumns',
  'productRows',
  'solveRightSides',
] as const

export type Step = (typeof STEPS)[number]

type Steps = Readonly<Record<Step, (begin: number, end: number, scratch: number, ...more: readonly number[]) => void>>

/** The functions of `assembly/index.ts`; pointers in bytes, strides in elements, flags as 0 or 1. */
export interface Kernels extends Steps {
  readonly PRODUCT_COLUMNS: WebAssembly.Global
  readonly PRODUCT_INNER: WebAssembly.Global
  ardGradient(
    n: number,
    d: number,
    inverse: number,
    inverseRow: number,
    w: number,
    derivative: number,
    derivativeRow: number,
    x: number,
    xRow: number,
    out: number,
    scratch: number,
  ): void
  ardGradientScratch(n: number, d: number): number
  cholesky(n: number, a: number, aRow: number, l: number, lRow: number, scratch: number): number
  choleskyPanel(n: number): number
  choleskyPanelBytes(n: number): number
  choleskyScratch(n: number): number
  choleskySquare(width: number, a: number, aRow: number, l: number, lRow: number, panel: number): void
  columnsAtOnce(n: number, m: number): number
  columnSquaredNorms(rows: number, columns: number, a: number, row: number, out: number): void
  copyLower(n: number, from: number, fromRow: number, to: number, toRow: number, jitter: number): void
  deleteRow(n: number, l: number, row: number, index: number, scratch: number): void
  distancesScratch(n: number, m: number, d: number): number
  dot(n: number, x: number, y: number): number
  inverse(n: number, l: number, lRow: number, c: number, cRow: number, scratch: number): void
  inverseColumnsBytes(n: number): number
  inverseRowsBytes(n: number): number
  inverseScratch(n: number): number
  kernelFill(
    family: number,
    n: number,
    m: number,
    squared: number,
    squaredRow: number,
    out: number,
    outRow: number,
    derivative: number,
    derivativeRow: number,
    shapeDerivative: number,
    shapeDerivativeRow: number,
    scale: number,
    outputScale: number,
    shape: number,
    accumulate: number,
    lower: number,
    scratch: number,
  ): void
  mirror(n: number, c: number, row: number): void
  product(
    m: number,
    n: number,
    k: number,
    alpha: number,
    a: number,
    aRow: number,
    aColumn: number,
    b: number,
    bRow: number,
    bColumn: number,
    beta: number,
    c: number,
    cRow: number,
    lower: number,
    scratch: number,
  ): void
  productScratch(n: number, k: number): number
  productVector(
    m: number,
    k: number,
    alpha: number,
    a: number,
    row: number,
    column: number,
    x: number,
    beta: number,
    y: number,
  ): void
  solveVector(n: number, l: number, row: number, x: number): void
  solveVectorTransposed(n: number, l: number, row: number, x: number): void
  squaredDistances(
    n: number,
    m: number,
    d: number,
    x: number,
    xRow: number,
    y: number,
    yRow: number,
    out: number,
    outRow: number,
    lower: number,
    scratch: number,
  ): void
  traceGradient(
    n: number,
    inverse: number,
    inverseRow: number,
    w: number,
    derivative: number,
    derivativeRow: number,
    squared: number,
    squaredRow: number,
  ): number
  triangularSolve(
    n: number,
    m: number,
    l: number,
    lRow: number,
    lColumn: number,
    b: number,
    bRow: number,
    scratch: number,
  ): void
  triangularSolveScratch(n: number, m: number): number
}

const encoded: Readonly<Record<Simd, string>> = { relaxed: relaxedModule, simd128: simd128Module }
const bytes = new Map<Simd, Uint8Array<ArrayBuffer>>()
const modules = new Map<Simd, WebAssembly.Module>()

/** The best instructions this engine has, or undefined when it has no WebAssembly SIMD at all. */
export function detectSimd(): Simd | undefined {
  return (['relaxed', 'simd128'] as const).find((simd) => isSupported(simd))
}

const supported = new Map<Simd, boolean>()

/** Whether the engine can run one of the modules; asked of it once. */
export function isSupported(simd: Simd): boolean {
  let answer = supported.get(simd)
  if (answer === undefined) {
    answer = typeof WebAssembly === 'object' && WebAssembly.validate(decode(simd))
    supported.set(simd, answer)
  }
  return answer
}

/** @throws UnavailableError when the engine cannot run the module */
export function checkSupported(simd: Simd): void {
  if (isSupported(simd)) return
  throw new UnavailableError(`this engine does not run ${simd} WebAssembly; expected one that does`, {
    remedy: simd === 'relaxed' ? "Pin simd: 'simd128', or use Node.js ≥22.18." : "Use the 'js' backend.",
  })
}

/** The kernels over a memory, of a module that the engine supports. */
export function instantiate(simd: Simd, memory: WebAssembly.Memory): Kernels {
  let module = modules.get(simd)
  if (!module) {
    module = new WebAssembly.Module(decode(simd))
    modules.set(simd, module)
  }
  return instantiateModule(module, memory)
}

/** The same of a module that is compiled. */
export function instantiateModule(module: WebAssembly.Module, memory: WebAssembly.Memory): Kernels {
  // The one place where the types of the module's exports are asserted: assembly/index.ts is what they are.
  return new WebAssembly.Instance(module, { env: { memory } }).exports as WebAssembly.Exports & Kernels
}

const sharedModules = new Map<Simd, WebAssembly.Module>()

/** The same instructions over a memory that threads share. */
export function sharedModule(simd: Simd): WebAssembly.Module {
  let module = sharedModules.get(simd)
  if (!module) {
    module = new WebAssembly.Module(importSharedMemory(decode(simd)))
    sharedModules.set(simd, module)
  }
  return module
}

function decode(simd: Simd): Uint8Array<ArrayBuffer> {
  let decoded = bytes.get(simd)
  if (!decoded) {
    decoded = Uint8Array.from(atob(encoded[simd]), (character) => character.charCodeAt(0))
    bytes.set(simd, decoded)
  }
  return decoded
}
