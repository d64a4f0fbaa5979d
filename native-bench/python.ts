/**
 * A Python with NumPy, SciPy and scikit-learn, in a virtual environment of the user's cache.
 *
 * @module
 */
import { execFile } from 'node:child_process'
import { mkdir } from 'node:fs/promises'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'

const run = promisify(execFile)
const PACKAGES = ['numpy', 'scipy', 'scikit-learn', 'threadpoolctl']

export interface Python {
  readonly command: string
  /** Versions and the kernels that OpenBLAS chose. */
  readonly description: string
  /** Files of the OpenBLAS libraries that came with it. */
  readonly libraries: readonly string[]
}

/** The environment of a peer: so many threads, and OpenBLAS free to choose its own kernels. */
export function peerEnvironment(threads: number): NodeJS.ProcessEnv {
  const { OPENBLAS_CORETYPE: _coreType, OPENBLAS_L2_SIZE: _cacheSize, ...rest } = process.env
  return { ...rest, OPENBLAS_NUM_THREADS: `${threads}`, OMP_NUM_THREADS: `${threads}`, PYTHONUNBUFFERED: '1' }
}

/** Where what the benchmark needs is kept from one run to the next. */
export function cacheFolder(): string {
  return join(process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache'), 'krige')
}

/**
 * Finds or makes the environment; needs Python and, the first time, a package index.
 *
 * @returns why not, as text, when it cannot be had
 */
export async function preparePython(cache: string): Promise<Python | string> {
  const folder = join(cache, 'native-bench-python')
  const command = join(folder, process.platform === 'win32' ? 'Scripts/python.exe' : 'bin/python')
  const known = await describe(command)
  if (known) return { command, ...known }
  let reason = 'no python3 or python on the path'
  for (const python of ['python3', 'python']) {
    try {
      await mkdir(folder, { recursive: true })
      await run(python, ['-m', 'venv', folder])
      await run(command, ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', ...PACKAGES])
      const described = await describe(command)
      if (described) return { command, ...described }
      reason = 'the packages were installed but do not load'
    } catch (error) {
      reason = error instanceof Error ? (error.message.split('\n')[0] ?? reason) : reason
    }
  }
  return reason
}

async function describe(command: string): Promise<Omit<Python, 'command'> | undefined> {
  const script = [
    'import json, numpy, scipy, scipy.linalg, sklearn, threadpoolctl',
    'numpy.ones((8, 8)) @ numpy.ones((8, 8))',
    "blas = [i for i in threadpoolctl.threadpool_info() if i['user_api'] == 'blas']",
    "kinds = sorted({f\"{i['internal_api']} {i['version']} {i.get('architecture', '')}\" for i in blas})",
    "description = f'NumPy {numpy.__version__}, SciPy {scipy.__version__}, scikit-learn {sklearn.__version__}; ' + '; '.join(kinds)",
    "libraries = [i['filepath'] for i in blas if i['internal_api'] == 'openblas']",
    "print(json.dumps({'description': description, 'libraries': libraries}))",
  ].join('\n')
  try {
    const { stdout } = await run(command, ['-c', script], { env: peerEnvironment(1) })
    return JSON.parse(stdout)
  } catch {
    return undefined
  }
}
