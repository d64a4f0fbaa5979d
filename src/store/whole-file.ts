/**
 * Files that are there whole or not at all: written beside, then renamed. A reader, a kill and a full disk find the
 * earlier file or the new one, never a part.
 *
 * @module
 */
import { createHash } from 'node:crypto'
import {
  closeSync,
  existsSync,
  fsyncSync,
  lstatSync,
  openSync,
  readdirSync,
  readlinkSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  writeSync,
} from 'node:fs'
import { basename, dirname, join, resolve } from 'node:path'
import { InvalidInputError, type KrigeError, UnavailableError } from '../errors.ts'
import { isAlive } from './process-identity.ts'

/**
 * Writes a file whole or not at all.
 *
 * @throws InvalidInputError where the place cannot be: no folder, a folder itself, not permitted; UnavailableError when
 * the disk refuses.
 * @example
 * writeWhole('result.json', '{}')
 */
export function writeWhole(file: string, content: string | Uint8Array): void {
  const writing = begin(file)
  try {
    writing.write(content)
    writing.finish()
  } catch (error) {
    writing.abandon()
    throw describe(error, file)
  }
}

/**
 * Writes a file piece by piece, whole or not at all: a piece that cannot be had leaves the earlier file as it was.
 *
 * @throws as {@link writeWhole}, and whatever `pieces` throws.
 * @example
 * await writeWholeFrom('study.jsonl', exportJsonLines(store, 'tickets'))
 */
export async function writeWholeFrom(
  file: string,
  pieces: AsyncIterable<string | Uint8Array> | Iterable<string | Uint8Array>,
): Promise<void> {
  let writing: Writing | undefined
  try {
    for await (const piece of pieces) {
      writing ??= begin(file)
      writing.write(piece)
    }
    writing ??= begin(file)
    writing.finish()
  } catch (error) {
    writing?.abandon()
    throw describe(error, file)
  }
}

interface Writing {
  write(piece: string | Uint8Array): void
  finish(): void
  abandon(): void
}

function begin(file: string): Writing {
  try {
    return isStream(file) ? beginStream(file) : beginBeside(file)
  } catch (error) {
    throw describe(error, file)
  }
}

/** Devices and pipes are written to; there is nothing to rename. */
function isStream(file: string): boolean {
  const found = statSync(file, { throwIfNoEntry: false })
  return found !== undefined && !found.isFile() && !found.isDirectory()
}

function beginStream(file: string): Writing {
  const handle = openSync(file, 'w')
  return {
    write: (piece) => writeAll(handle, piece),
    finish: () => closeSync(handle),
    abandon: () => closeSync(handle),
  }
}

function beginBeside(file: string): Writing {
  // A link stays a link: what it points to is replaced.
  const target = lstatSync(file, { throwIfNoEntry: false })?.isSymbolicLink() ? followed(file) : resolve(file)
  const existing = statSync(target, { throwIfNoEntry: false })
  if (existing?.isDirectory()) throw Object.assign(new Error('it is a folder'), { code: 'EISDIR' })
  // Renaming would replace what may not be written.
  if (existing) closeSync(openSync(target, 'r+'))
  const folder = dirname(target)
  const mark = createHash('sha256').update(basename(target)).digest('hex').slice(0, 8)
  removeLeftOvers(folder, mark)
  const beside = join(folder, `.krige-${process.pid}-${mark}.part`)
  const handle = openSync(beside, 'w', existing ? existing.mode & 0o777 : 0o666)
  let open = true
  const close = () => {
    if (open) closeSync(handle)
    open = false
  }
  return {
    write: (piece) => writeAll(handle, piece),
    finish() {
      fsyncSync(handle)
      close()
      renameSync(beside, target)
    },
    abandon() {
      close()
      rmSync(beside, { force: true })
    },
  }
}

function followed(link: string): string {
  // A link to nowhere is made the file it points to.
  return existsSync(link) ? realpathSync(link) : resolve(dirname(link), readlinkSync(link))
}

/** What a process that was killed left behind of the same file. */
function removeLeftOvers(folder: string, mark: string): void {
  for (const name of readdirSync(folder)) {
    const [, pid, of] = /^\.krige-(\d+)-([0-9a-f]{8})\.part$/.exec(name) ?? []
    if (of === mark && Number(pid) !== process.pid && !isAlive(Number(pid))) rmSync(join(folder, name), { force: true })
  }
}

function writeAll(handle: number, piece: string | Uint8Array): void {
  const bytes = typeof piece === 'string' ? Buffer.from(piece) : piece
  for (let at = 0; at < bytes.length; ) at += writeSync(handle, bytes, at)
}

const MISTAKES: Readonly<Record<string, string>> = {
  ENOENT: 'its folder does not exist',
  ENOTDIR: 'its folder is none',
  EISDIR: 'it is a folder',
  EACCES: 'that is not permitted',
  EPERM: 'that is not permitted',
  EROFS: 'that is not permitted',
  ENAMETOOLONG: 'its name is too long',
  ELOOP: 'it is a link to itself',
}

/** Only what the file system says is about the file. */
function describe(error: unknown, file: string): unknown {
  if (!(error instanceof Error) || !('code' in error) || typeof error.code !== 'string' || 'remedy' in error)
    return error
  if (!/^E[A-Z]+$/.test(error.code)) return error
  const mistake = MISTAKES[error.code]
  return mistake === undefined ? refused(file, error) : misplaced(file, mistake, error)
}

function misplaced(file: string, mistake: string, cause: Error): KrigeError {
  return new InvalidInputError(`cannot write ${file}: ${mistake}`, {
    remedy: 'Choose another place, or make it.',
    cause,
  })
}

function refused(file: string, cause: Error): KrigeError {
  return new UnavailableError(`cannot write ${file}: ${cause.message}`, {
    remedy: 'Free some space, or choose another place. What was there before is as it was.',
    cause,
  })
}
