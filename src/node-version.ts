/**
 * Imported first by every entry point: an old Node.js is told so in one line, before something that it lacks fails.
 *
 * @module
 */

/**
 * What is wrong with a version of Node.js, where it is too old. Elsewhere (a browser) there is none.
 *
 * @example
 * tooOld('20.20.2') // 'krige needs Node.js 22.18 or newer; this is 20.20.2. See https://nodejs.org'
 * tooOld('22.18.0') // undefined
 */
export function tooOld(version: string | undefined): string | undefined {
  const [major = 0, minor = 0] = (version ?? '22.18').split('.').map(Number)
  if (major > 22 || (major === 22 && minor >= 18)) return undefined
  return `krige needs Node.js 22.18 or newer; this is ${version}. See https://nodejs.org`
}

const problem = tooOld(globalThis.process?.versions?.node)
if (problem !== undefined) throw new Error(problem)
