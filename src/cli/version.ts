import { readFileSync } from 'node:fs'

/** The version of the package: its `package.json` lies beside `src` in a checkout and beside `dist` when installed. */
export function packageVersion(): string {
  const file = new URL('../../package.json', import.meta.url)
  return String((JSON.parse(readFileSync(file, 'utf8')) as { version: unknown }).version)
}
