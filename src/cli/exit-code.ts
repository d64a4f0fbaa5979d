import { KrigeError } from '../errors.ts'

export const EXIT_CODES = { done: 0, failed: 1, badInput: 2, budgetTooSmall: 3, interrupted: 130 } as const

/** The exit code an error stands for; see the contract in the README. */
export function exitCodeOf(error: unknown): number {
  if (!KrigeError.isInstance(error)) return EXIT_CODES.failed
  switch (error.code) {
    case 'invalid-input':
    case 'invalid-argument':
    case 'conflict':
      return EXIT_CODES.badInput
    case 'budget':
      return EXIT_CODES.budgetTooSmall
    case 'interrupted':
      return EXIT_CODES.interrupted
    default:
      return EXIT_CODES.failed
  }
}

/** What a person reads: what, where, remedy. The stack only with KRIGE_DEBUG. */
export function describeError(error: unknown, debug: boolean): string {
  if (!KrigeError.isInstance(error)) {
    return error instanceof Error ? ((debug ? error.stack : undefined) ?? error.message) : String(error)
  }
  const where = error.where === undefined ? '' : `${error.where}: `
  const remedy = error.remedy === undefined ? '' : `\n  ${error.remedy}`
  return `${where}${error.message}${remedy}${debug && error.stack ? `\n${error.stack}` : ''}`
}
