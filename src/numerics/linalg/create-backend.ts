/**
 * Backends by name.
 *
 * @module
 */
import { InvalidArgumentError } from '../../errors.ts'
import type { Backend } from './backend.ts'
import { createJsBackend } from './js/create-js-backend.ts'
import { createWasmBackend } from './wasm/create-wasm-backend.ts'
import { detectSimd } from './wasm/kernels.ts'

const immediate: Readonly<Record<string, () => Backend>> = {
  wasm: () => createWasmBackend(),
  'wasm-simd128': () => createWasmBackend({ simd: 'simd128' }),
  js: createJsBackend,
}

/** Backends over libraries that are loaded when they are asked for. */
const loaded: Readonly<Record<string, () => Promise<Backend>>> = {
  'ml-matrix': async () => (await import('./libraries/create-ml-matrix-backend.ts')).createMlMatrixBackend(),
  tfjs: async () => (await import('./libraries/create-tfjs-backend.ts')).createTfjsBackend(),
  'tfjs-wasm': async () => (await import('./libraries/create-tfjs-backend.ts')).createTfjsBackend({ runtime: 'wasm' }),
  'tfjs-node': async () => (await import('./libraries/create-tfjs-backend.ts')).createTfjsBackend({ runtime: 'node' }),
}

/**
 * All names that {@link openBackend} knows.
 *
 * @example
 * BACKEND_NAMES.includes('ml-matrix') // true
 */
export const BACKEND_NAMES: readonly string[] = [...Object.keys(immediate), ...Object.keys(loaded)]

/**
 * A backend by name, made at once; without a name the fastest that the engine runs: `wasm`, or else `js`.
 *
 * @param name `wasm`, `wasm-simd128` (the same bits on every machine) or `js`
 * @throws InvalidArgumentError when there is no such backend, or it has to be loaded first
 * @throws UnavailableError when the engine cannot run the one that was named
 *
 * @example
 * createBackend('js').name // 'js'
 */
export function createBackend(name?: string): Backend {
  const chosen = name ?? (detectSimd() ? 'wasm' : 'js')
  const factory = Object.hasOwn(immediate, chosen) ? immediate[chosen] : undefined
  if (!factory) {
    throw new InvalidArgumentError(`backend is ${chosen}; expected one of ${Object.keys(immediate).join(', ')}`, {
      remedy: Object.hasOwn(loaded, chosen) ? 'Use openBackend, which can wait for its library.' : 'Correct the name.',
    })
  }
  return factory()
}

/**
 * Any backend by name, also those whose library is loaded first: `ml-matrix`, `tfjs`, `tfjs-wasm`, `tfjs-node`.
 *
 * @throws InvalidArgumentError when there is no such backend
 * @throws UnavailableError when its library is not installed, or the engine cannot run it
 *
 * @example
 * const backend = await openBackend('ml-matrix')
 * backend.name // 'ml-matrix'
 */
export async function openBackend(name?: string): Promise<Backend> {
  const factory = name !== undefined && Object.hasOwn(loaded, name) ? loaded[name] : undefined
  if (factory) return factory()
  if (name !== undefined && !BACKEND_NAMES.includes(name)) {
    throw new InvalidArgumentError(`backend is ${name}; expected one of ${BACKEND_NAMES.join(', ')}`)
  }
  return createBackend(name)
}
