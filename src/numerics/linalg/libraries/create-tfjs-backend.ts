/**
 * The backend over TensorFlow.js, in float32.
 *
 * @module
 */
import { InvalidArgumentError, UnavailableError } from '../../../errors.ts'
import type { Backend } from '../backend.ts'
import { checkGemm, checkSyrk } from '../check.ts'
import { createJsBackend } from '../js/create-js-backend.ts'
import { mirror } from '../js/triangle.ts'
import { type Matrix, toArray } from '../matrix.ts'

/** What of TensorFlow.js is used: structural, because neither package is always installed. */
interface TensorFlow {
  ready(): Promise<void>
  setBackend(name: string): Promise<boolean>
  tensor2d(values: Float32Array, shape: [number, number]): Tensor
  matMul(a: Tensor, b: Tensor, transposeA: boolean, transposeB: boolean): Tensor
}

interface Tensor {
  dataSync(): Float32Array | Int32Array | Uint8Array
  dispose(): void
}

/** `wasm` runs wherever WebAssembly does; `node` needs `@tensorflow/tfjs-node` and its native library. */
export type TensorFlowRuntime = 'wasm' | 'node'

export interface TfjsBackendOptions {
  /** @defaultValue `node` when it is installed and loads, else `wasm` */
  readonly runtime?: TensorFlowRuntime
}

/**
 * Matrix products by TensorFlow.js, which computes in float32. An element of a product of inner dimension k carries an
 * error of up to k·2⁻²³ of |A||B|. What needs more (factors, solves, distances, kernels, gradients) is done by the
 * plain TypeScript kernels in float64: TensorFlow.js has no Cholesky factorization and no float64.
 *
 * @throws UnavailableError when the runtime is not installed or does not load
 *
 * @example
 * const backend = await createTfjsBackend({ runtime: 'wasm' })
 * backend.accuracy.arithmetic // 'float32'
 */
export async function createTfjsBackend(options: TfjsBackendOptions = {}): Promise<Backend> {
  const { runtime, tensorflow } = await load(options.runtime)
  const js = createJsBackend()

  const product = (a: Matrix, b: Matrix, transposeA: boolean, transposeB: boolean): ArrayLike<number> => {
    const left = tensorflow.tensor2d(Float32Array.from(toArray(a)), [a.rows, a.columns])
    const right = tensorflow.tensor2d(Float32Array.from(toArray(b)), [b.rows, b.columns])
    const result = tensorflow.matMul(left, right, transposeA, transposeB)
    try {
      return result.dataSync()
    } finally {
      for (const tensor of [left, right, result]) tensor.dispose()
    }
  }

  return {
    ...js,
    name: runtime === 'node' ? 'tfjs-node' : 'tfjs',
    accuracy: {
      arithmetic: 'float32',
      factorBackwardError: 10,
      productError: 2 ** 29,
      statement:
        'Products in float32 (relative error up to k·2⁻²³ of |A||B|) by TensorFlow.js; everything else in float64 by plain TypeScript.',
    },

    gemm(a, b, out, { transposeA = false, transposeB = false, alpha = 1, beta = 0 } = {}) {
      const { m, n, k } = checkGemm(a, b, out, { transposeA, transposeB })
      if (m === 0 || n === 0) return
      const values = k === 0 ? new Float32Array(m * n) : product(a, b, transposeA, transposeB)
      combine(values, out, alpha, beta, false)
    },

    syrk(a, out, { transpose = false, alpha = 1, beta = 0, triangle = 'lower' } = {}) {
      const { n, k } = checkSyrk(a, out, { transpose })
      if (n === 0) return
      const values = k === 0 ? new Float32Array(n * n) : product(a, a, transpose, !transpose)
      combine(values, out, alpha, beta, true)
      if (triangle === 'full') mirror(out)
    },
  }
}

function combine(values: ArrayLike<number>, out: Matrix, alpha: number, beta: number, lower: boolean): void {
  const { rows, columns, stride, data } = out
  for (let i = 0; i < rows; i++) {
    const end = lower ? i + 1 : columns
    for (let j = 0; j < end; j++) {
      const at = i * stride + j
      data[at] = alpha * values[i * columns + j]! + (beta === 0 ? 0 : beta * data[at]!)
    }
  }
}

async function load(
  wanted: TensorFlowRuntime | undefined,
): Promise<{ runtime: TensorFlowRuntime; tensorflow: TensorFlow }> {
  if (wanted !== undefined && wanted !== 'wasm' && wanted !== 'node') {
    throw new InvalidArgumentError(`runtime is ${String(wanted)}; expected wasm or node`)
  }
  if (wanted !== 'wasm') {
    try {
      restoreRemovedUtility()
      return { runtime: 'node', tensorflow: await importTensorFlow('@tensorflow/tfjs-node') }
    } catch (cause) {
      if (wanted === 'node') {
        throw new UnavailableError('@tensorflow/tfjs-node is not installed or does not load', {
          remedy: 'Install it, or use the wasm runtime.',
          cause,
        })
      }
    }
  }
  try {
    const tensorflow = await importTensorFlow('@tensorflow/tfjs-core')
    await import('@tensorflow/tfjs-backend-wasm')
    if (!(await tensorflow.setBackend('wasm'))) throw new Error('its wasm backend does not start')
    await tensorflow.ready()
    return { runtime: 'wasm', tensorflow }
  } catch (cause) {
    throw new UnavailableError('@tensorflow/tfjs-core and @tensorflow/tfjs-backend-wasm do not load', {
      remedy: 'Install both; they are optional dependencies of krige.',
      cause,
    })
  }
}

/** An import by variable, so that bundlers and type checkers do not ask for packages that are optional. */
async function importTensorFlow(name: string): Promise<TensorFlow> {
  const module: { default?: TensorFlow } & TensorFlow = await import(name)
  return typeof module.matMul === 'function' ? module : (module.default ?? module)
}

/**
 * Node.js 23 removed `util.isNullOrUndefined`, which @tensorflow/tfjs-node 4.22 calls at every operation; its fix is
 * merged but not released. This backend is only loaded where it is asked for.
 */
function restoreRemovedUtility(): void {
  if (typeof process === 'undefined') return
  const utilities: object | undefined = process.getBuiltinModule?.('node:util')
  if (!utilities || 'isNullOrUndefined' in utilities) return
  Object.assign(utilities, { isNullOrUndefined: (value: unknown) => value === null || value === undefined })
}
