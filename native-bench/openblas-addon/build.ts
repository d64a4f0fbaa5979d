/**
 * Compiles addon.cc with the machine's own compiler against the headers that came with Node.js: no node-gyp, which would
 * download them.
 *
 * @module
 */
import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync } from 'node:fs'
import { mkdir, readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'

const run = promisify(execFile)

/** What addon.cc exports. */
export interface Addon {
  open(path: string): boolean
  gemm(n: number, a: Float64Array, b: Float64Array, out: Float64Array): void
  cholesky(n: number, a: Float64Array): number
}

export interface BuiltAddon {
  readonly file: string
  /** The OpenBLAS that it opens. */
  readonly library: string
}

/** Where distributions put it; Debian: libopenblas0 or libopenblas-dev. */
const SYSTEM_LIBRARIES = ['libopenblas.so.0', 'libopenblas.so', '/opt/homebrew/opt/openblas/lib/libopenblas.dylib']

/**
 * Builds the addon, once for every version of its source, and finds an OpenBLAS for it.
 *
 * @param cache a folder for the compiled file
 * @param libraries paths of OpenBLAS to try first, such as those inside Python's wheels
 * @returns why not, as text, when there is no compiler, no headers or no library
 */
export async function buildAddon(cache: string, libraries: readonly string[]): Promise<BuiltAddon | string> {
  if (process.platform === 'win32') return 'the addon opens its library the POSIX way; not on Windows'
  const headers = findHeaders()
  if (!headers) return 'no node_api.h beside this Node.js nor in node_modules/node-api-headers'
  const source = join(import.meta.dirname, 'addon.cc')
  const version = createHash('sha256')
    .update(await readFile(source))
    .digest('hex')
    .slice(0, 12)
  const file = join(cache, `openblas-${version}-${process.platform}-${process.arch}.node`)
  if (!existsSync(file)) {
    await mkdir(cache, { recursive: true })
    const linking = process.platform === 'darwin' ? ['-undefined', 'dynamic_lookup'] : ['-ldl']
    const flags = ['-std=c++17', '-O2', '-shared', '-fPIC', '-DNODE_GYP_MODULE_NAME=openblas', `-I${headers}`]
    try {
      await run(process.env['CXX'] ?? 'c++', [...flags, source, ...linking, '-o', file])
    } catch (error) {
      const reason = error instanceof Error ? error.message.split('\n').slice(0, 2).join(' ') : String(error)
      return `the C++ compiler fails: ${reason}`
    }
  }
  const addon = loadAddon(file)
  const library = [...libraries, ...SYSTEM_LIBRARIES].find((path) => addon.open(path))
  return library === undefined ? 'no OpenBLAS: neither in the Python environment nor in the system' : { file, library }
}

export function loadAddon(file: string): Addon {
  return createRequire(import.meta.url)(file)
}

function findHeaders(): string | undefined {
  const prefix = dirname(dirname(process.execPath))
  const inModules = join(import.meta.dirname, '../../node_modules')
  return [
    join(prefix, 'include/node'),
    join(inModules, 'node-api-headers/include'),
    '/usr/local/include/node',
    '/usr/include/node',
  ].find((folder) => existsSync(join(folder, 'node_api.h')))
}
