/**
 * Loads TensorFlow.js.
 *
 * @module
 */
import { UnavailableError } from '../../errors.ts'
import { type GradientRegistry, registerGradients } from './register-gradients.ts'
import type { TensorFlow } from './tensor.ts'

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
