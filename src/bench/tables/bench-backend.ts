import { createJsBackend } from '../../numerics/linalg/js/create-js-backend.ts'
import type { PolicyContext } from '../../policy/policy.ts'

/** One backend a thread: backends keep scratch memory. */
export function benchBackend(): PolicyContext['backend'] {
  return createJsBackend()
}
