/**
 * Tests the Python package against a server of this checkout and the real Optuna, GEPA and DSPy, in a virtual environment.
 * Where Python or its packages cannot be had it says so; nothing was tested then.
 *
 * Run: `npm run test:python`
 */
import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join, resolve } from 'node:path'

const root = resolve(import.meta.dirname, '../../..')
const environment = join(root, '.venv')
const python = join(environment, process.platform === 'win32' ? 'Scripts/python.exe' : 'bin/python')
const PACKAGES = ['pytest==8.4.2', 'optuna==5.0.0', 'gepa==0.1.4', 'schemathesis==4.32.5', 'dspy==3.4.1']

function run(command: string, ...args: string[]): boolean {
  return spawnSync(command, args, { stdio: 'inherit', cwd: root }).status === 0
}

const ready =
  (existsSync(python) || run('python3', '-m', 'venv', environment)) &&
  run(python, '-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', ...PACKAGES) &&
  run(
    python,
    '-m',
    'pip',
    'install',
    '--quiet',
    '--disable-pip-version-check',
    '--no-deps',
    join(root, 'src/interop/python'),
  )
if (!ready) {
  process.stdout.write('\n!! Python or its packages cannot be had here: the Python package was NOT tested.\n\n')
} else {
  const command = `${process.execPath} ${join(root, 'src/cli/main.ts')}`
  const { status } = spawnSync(python, ['-m', 'pytest', '-q', 'test/interop/python'], {
    stdio: 'inherit',
    cwd: root,
    env: { ...process.env, KRIGE_COMMAND: command },
  })
  process.exitCode = status ?? 1
}
