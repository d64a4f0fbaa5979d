import { KrigeError } from '../errors.ts'

export const EXIT_CODES = { done: 0, failed: 1, badInput: 2, budgetTooSmall: 3, interrupted: 130 } as const

/** The exit code an error stands for; see the contract in the README. */
export function exitCodeOf(error: unknown): number {
  if (!KrigeError.isInstance(error)) return fileProblem(error) === undefined ? EXIT_CODES.failed : EXIT_CODES.badInput
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
    const problem = debug ? undefined : fileProblem(error)
    if (problem !== undefined) return problem
    return error instanceof Error ? ((debug ? error.stack : undefined) ?? error.message) : String(error)
  }
  const where = error.where === undefined ? '' : `${error.where}: `
  const remedy = error.remedy === undefined || error.message.includes(error.remedy) ? '' : `\n  ${error.remedy}`
  return `${where}${error.message}${remedy}${debug && error.stack ? `\n${error.stack}` : ''}`
}

const FILE_PROBLEMS: Readonly<Record<string, string>> = {
  ENOENT: 'no such file or folder',
  ENOTDIR: 'no such file or folder',
  EISDIR: 'is a folder; expected a file',
  EACCES: 'not permitted',
  EPERM: 'not permitted',
  EROFS: 'cannot be written',
  ENAMETOOLONG: 'the name is too long',
}

/** A path that the user got wrong, in words; `undefined` for any other error. */
function fileProblem(error: unknown): string | undefined {
  if (!(error instanceof Error) || !('code' in error) || !('path' in error)) return undefined
  const problem = FILE_PROBLEMS[String(error.code)]
  return problem === undefined ? undefined : `${error.path}: ${problem}\n  Check the path.`
}
