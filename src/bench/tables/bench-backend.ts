import { KrigeError } from '../../errors.ts'
import { createBackend } from '../../numerics/linalg/index.ts'
import type { PolicyContext } from '../../policy/policy.ts'

/**
 * The backend of a benchmark, one per thread since backends keep scratch memory. It is `wasm-simd128`, which computes
 * the same bits on every machine, or plain JavaScript where an engine has no SIMD.
 *
 * @param name Another backend, such as the value of `KRIGE_BACKEND`.
 */
export function benchBackend(name: string | undefined = process.env['KRIGE_BACKEND']): PolicyContext['backend'] {
  if (name) return createBackend(name)
  try {
    return createBackend('wasm-simd128')
  } catch (error) {
    if (KrigeError.isInstance(error) && error.code === 'unavailable') return createBackend('js')
    throw error
  }
}
