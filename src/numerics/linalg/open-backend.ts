/**
 * Backends by name, those over a library included. Apart from {@link createBackend}, so that a bundle of what needs no
 * library holds none.
 *
 * @module
 */
import { InvalidArgumentError } from '../../errors.ts'
import type { Backend } from './backend.ts'
import { BACKEND_NAMES, createBackend } from './create-backend.ts'

/** Backends over libraries that are loaded when they are asked for. */
const loaded: Readonly<Record<string, () => Promise<Backend>>> = {
  'ml-matrix': async () => (await import('./libraries/create-ml-matrix-backend.ts')).createMlMatrixBackend(),
  tfjs: async () => (await import('./libraries/create-tfjs-backend.ts')).createTfjsBackend(),
  'tfjs-wasm': async () => (await import('./libraries/create-tfjs-backend.ts')).createTfjsBackend({ runtime: 'wasm' }),
  'tfjs-node': async () => (await import('./libraries/create-tfjs-backend.ts')).createTfjsBackend({ runtime: 'node' }),
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
