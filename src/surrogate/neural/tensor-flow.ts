/**
 * The part of TensorFlow.js that training needs, by structure, so that nobody who does without it needs its types.
 *
 * @module
 */
import { UnavailableError } from '../../errors.ts'
import { type GradientRegistry, registerGradients } from './register-gradients.ts'

export interface Tensor {
  dataSync(): Float32Array
  dispose(): void
}

export interface Variable extends Tensor {
  assign(value: Tensor): void
}

export interface TensorFlow {
  tensor2d(values: Float32Array, shape: [number, number]): Tensor
  variable(initial: Tensor): Variable
  variableGrads(loss: () => Tensor, variables: Variable[]): { value: Tensor; grads: Record<string, Tensor> }
  matMul(a: Tensor, b: Tensor): Tensor
  add(a: Tensor, b: Tensor): Tensor
  sub(a: Tensor, b: Tensor): Tensor
  mul(a: Tensor, b: Tensor): Tensor
  tanh(a: Tensor): Tensor
  square(a: Tensor): Tensor
  sum(a: Tensor): Tensor
  scalar(value: number): Tensor
  tidy<Result>(compute: () => Result): Result
  dispose(tensors: unknown): void
  train: { adam(rate: number): { applyGradients(gradients: Record<string, Tensor>): void; dispose(): void } }
  setBackend(name: string): Promise<boolean>
  ready(): Promise<void>
}

export type TensorFlowRuntime = 'wasm' | 'node'

/**
 * Loads TensorFlow.js: `@tensorflow/tfjs-node` where it is installed and loads, WebAssembly otherwise.
 *
 * @throws UnavailableError when neither is there.
 * @example
 * const tensorFlow = await loadTensorFlow('wasm')
 * tensorFlow.scalar(2) // { shape: [], … }
 */
export async function loadTensorFlow(wanted?: TensorFlowRuntime): Promise<TensorFlow> {
  if (wanted !== 'wasm') {
    try {
      return await importModule('@tensorflow/tfjs-node')
    } catch (cause) {
      if (wanted === 'node') {
        throw new UnavailableError('@tensorflow/tfjs-node does not load', { remedy: 'Install it, or use wasm.', cause })
      }
    }
  }
  try {
    const tensorFlow = await importModule('@tensorflow/tfjs-core')
    await importModule('@tensorflow/tfjs-backend-wasm')
    registerGradients(tensorFlow)
    if (!(await tensorFlow.setBackend('wasm'))) throw new Error('its wasm backend does not start')
    await tensorFlow.ready()
    return tensorFlow
  } catch (cause) {
    throw new UnavailableError('@tensorflow/tfjs-core and @tensorflow/tfjs-backend-wasm do not load', {
      remedy: 'Install both; they are optional dependencies of krige.',
      cause,
    })
  }
}

/** By variable, so that bundlers and type checkers do not ask for packages that are optional. */
async function importModule(name: string): Promise<TensorFlow & GradientRegistry> {
  const module: TensorFlow & GradientRegistry & { default?: TensorFlow & GradientRegistry } = await import(name)
  return typeof module.matMul === 'function' ? module : (module.default ?? module)
}
