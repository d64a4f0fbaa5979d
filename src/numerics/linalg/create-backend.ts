/**
 * Backends by name.
 *
 * @module
 */
import { InvalidArgumentError } from '../../errors.ts'
import type { Backend } from './backend.ts'
import { createJsBackend } from './js/create-js-backend.ts'

const factories: Readonly<Record<string, () => Backend>> = {
  js: createJsBackend,
}

/** The fastest measured backend that runs wherever Krige does. */
export const DEFAULT_BACKEND = 'js'

/**
 * A backend by name, made at once.
 *
 * @throws InvalidArgumentError when there is no such backend
 *
 * @example
 * const backend = createBackend()
 */
export function createBackend(name: string = DEFAULT_BACKEND): Backend {
  const factory = factories[name]
  if (!factory) {
    throw new InvalidArgumentError(`backend is ${name}; expected one of ${Object.keys(factories).join(', ')}`)
  }
  return factory()
}
