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

const factories: Readonly<Record<string, () => Backend>> = {
  wasm: () => createWasmBackend(),
  'wasm-simd128': () => createWasmBackend({ simd: 'simd128' }),
  js: createJsBackend,
}

/**
 * A backend by name, made at once; without a name the fastest that the engine runs, `wasm` or else `js`.
 *
 * @throws InvalidArgumentError when there is no such backend
 * @throws UnavailableError when the engine cannot run the one that was named
 *
 * @example
 * const backend = createBackend()
 */
export function createBackend(name?: string): Backend {
  const chosen = name ?? (detectSimd() ? 'wasm' : 'js')
  const factory = Object.hasOwn(factories, chosen) ? factories[chosen] : undefined
  if (!factory) {
    throw new InvalidArgumentError(`backend is ${chosen}; expected one of ${Object.keys(factories).join(', ')}`)
  }
  return factory()
}
