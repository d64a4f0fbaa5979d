import { UnavailableError } from './errors.ts'

/**
 * Loads what needs a package that is not always installed; where it is missing, one line says what to install.
 *
 * @param packages - names of the packages, as for `npm install`.
 * @param what - what needs them, for the message.
 * @throws UnavailableError when a package is missing; whatever else goes wrong while loading, as it is.
 * @example
 * const { parse } = await loadOptional(async () => JSON, 'reading a task', 'yaml')
 * parse('3') // 3
 */
export async function loadOptional<Module>(
  load: () => Promise<Module>,
  what: string,
  packages: string,
): Promise<Module> {
  try {
    return await load()
  } catch (cause) {
    if (!isMissing(cause)) throw cause
    throw new UnavailableError(`${what} needs ${packages.replaceAll(' ', ', ')}, not installed here`, {
      remedy: `npm install ${packages}`,
      cause,
    })
  }
}

/** Of the import itself, or of a module it loads; a test runner or a bundler may have wrapped what Node.js says. */
function isMissing(error: unknown): boolean {
  return (
    error instanceof Error && 'code' in error && /^(ERR_MODULE_NOT_FOUND|MODULE_NOT_FOUND)$/.test(String(error.code))
  )
}
