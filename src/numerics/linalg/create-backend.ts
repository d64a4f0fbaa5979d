/**
 * Backends by name, of those that need no library.
 *
 * @module
 */
import { InvalidArgumentError } from '../../errors.ts'
import type { Backend } from './backend.ts'
import { createJsBackend } from './js/create-js-backend.ts'
import { createWasmBackend } from './wasm/create-wasm-backend.ts'
import { detectSimd } from './wasm/kernels.ts'

/** Backends that {@link openBackend} makes, over a library. */
const LIBRARY_BACKENDS: readonly string[] = ['ml-matrix', 'tfjs', 'tfjs-wasm', 'tfjs-node']

const immediate: Readonly<Record<string, () => Backend>> = {
  wasm: () => createWasmBackend(),
  'wasm-simd128': () => createWasmBackend({ simd: 'simd128' }),
  js: createJsBackend,
}

/**
 * All names of backends.
 *
 * @example
 * BACKEND_NAMES.includes('ml-matrix') // true
 */
export const BACKEND_NAMES: readonly string[] = [...Object.keys(immediate), ...LIBRARY_BACKENDS]

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
      remedy: LIBRARY_BACKENDS.includes(chosen)
        ? 'Use openBackend, which can wait for its library.'
        : 'Correct the name.',
    })
  }
  return factory()
}
