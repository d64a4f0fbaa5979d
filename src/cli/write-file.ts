import { accessSync, constants, existsSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { gzipSync } from 'node:zlib'
import { InvalidInputError, UnavailableError } from '../errors.ts'

/**
 * Complains before hours of work rather than after.
 *
 * @throws InvalidInputError when the folder of `file` does not exist or cannot be written.
 */
export function requireWritableFolder(file: string): void {
  const folder = dirname(file)
  if (!existsSync(folder)) {
    throw new InvalidInputError(`folder ${folder} does not exist`, { remedy: `Make it first: mkdir -p ${folder}` })
  }
  try {
    accessSync(folder, constants.W_OK)
  } catch (cause) {
    throw new InvalidInputError(`folder ${folder} cannot be written`, { remedy: 'Choose another place.', cause })
  }
}

/**
 * Writes JSON whole or not at all, compressed when the name ends in `.gz`.
 *
 * @throws UnavailableError when the disk refuses.
 */
export function writeJsonFile(file: string, value: unknown): void {
  const text = `${JSON.stringify(value)}\n`
  const temporary = `${file}.${process.pid}.tmp`
  try {
    writeFileSync(temporary, file.endsWith('.gz') ? gzipSync(text, { level: 9 }) : text)
    renameSync(temporary, file)
  } catch (cause) {
    rmSync(temporary, { force: true })
    const reason = cause instanceof Error ? cause.message : String(cause)
    throw new UnavailableError(`${file} cannot be written: ${reason}`, {
      remedy: 'Free some space, or choose another place.',
      cause,
    })
  }
}
