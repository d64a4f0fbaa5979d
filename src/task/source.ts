/**
 * Files with line numbers, so that every complaint can say where.
 *
 * @module
 */
import { realpathSync, statSync } from 'node:fs'
import { isAbsolute, relative, resolve } from 'node:path'
import { InvalidInputError } from '../errors.ts'
import { readBounded } from '../evaluation/bounded-file.ts'

/** MiB of a text file. */
const MOST_TEXT = 128

/** A file as messages name it: relative to the working directory when that is shorter. */
export function showPath(file: string): string {
  const short = relative(process.cwd(), file)
  return short.length > 0 && short.length < file.length ? short : file
}

/**
 * Reads a text file of a task.
 *
 * @throws InvalidInputError when it is missing, a folder, unreadable, or not UTF-8.
 */
export function readTextFile(file: string, role: string, where: string): string {
  let bytes: Buffer
  try {
    if (statSync(file).isDirectory()) {
      throw new InvalidInputError(`${role} ${showPath(file)} is a folder; expected a file`, {
        where,
        remedy: 'Name the file in it.',
      })
    }
    bytes = readBounded(file, MOST_TEXT)
  } catch (cause) {
    if (cause instanceof InvalidInputError) {
      if (cause.where !== file) throw cause
      throw new InvalidInputError(`${role} ${showPath(file)} ${cause.message}`, {
        where,
        remedy: 'Name a smaller file.',
        cause,
      })
    }
    const missing = cause instanceof Error && 'code' in cause && cause.code === 'ENOENT'
    throw new InvalidInputError(`${role} ${showPath(file)} ${missing ? 'does not exist' : 'cannot be read'}`, {
      where,
      remedy: missing ? remedyOf(role, where) : 'Check its permissions.',
      cause,
    })
  }
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch (cause) {
    throw new InvalidInputError(`${role} ${showPath(file)} is not UTF-8 text`, {
      where,
      remedy: 'Save it as UTF-8.',
      cause,
    })
  }
}

/** A file named on the command line lies in the folder of the user, others in that of the task. */
function remedyOf(role: string, where: string): string {
  return where.startsWith('--') || role === 'task' || role === 'configuration'
    ? 'Check the name, and the folder you are in.'
    : 'Check the name; paths are relative to the task file.'
}

/**
 * Where a path named in a task file leads.
 *
 * @throws InvalidInputError when it leaves the task's folder and that has not been allowed.
 */
export function resolveInside(folder: string, path: string, where: string, allowOutside: boolean): string {
  const target = resolve(folder, path)
  if (allowOutside || (isInside(folder, target) && isInside(real(folder), real(target)))) return target
  throw new InvalidInputError(`${path} lies outside the task's folder ${showPath(folder)}`, {
    where,
    remedy: 'Move the file into the folder, or allow it (--allow-outside, or allowOutside in code).',
  })
}

function isInside(folder: string, target: string): boolean {
  const path = relative(folder, target)
  return path !== '..' && !path.startsWith('../') && !path.startsWith('..\\') && !isAbsolute(path)
}

/** Follows links where the path exists: a link may lead out of the folder. */
function real(path: string): string {
  try {
    return realpathSync(path)
  } catch {
    return path
  }
}
