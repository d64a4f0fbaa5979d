import { accessSync, constants, existsSync } from 'node:fs'
import { dirname } from 'node:path'
import { gzipSync } from 'node:zlib'
import { InvalidInputError } from '../errors.ts'
import { writeWhole } from '../store/whole-file.ts'

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
 * @throws as {@link writeWhole}.
 */
export function writeJsonFile(file: string, value: unknown): void {
  const text = `${JSON.stringify(value)}\n`
  writeWhole(file, file.endsWith('.gz') ? gzipSync(text, { level: 9 }) : text)
}
