/**
 * Files and packed data that end: what is longer than any real file is refused before it fills the memory.
 *
 * @module
 */
import { closeSync, openSync, readSync } from 'node:fs'
import { gunzipSync } from 'node:zlib'
import { InvalidInputError } from '../errors.ts'

const MEBIBYTE = 1024 * 1024
const PIECE = MEBIBYTE

/** MiB of a module of the user's. */
export const MOST_SOURCE = 16

/**
 * The bytes of a file, a device or a pipe.
 *
 * @param most - MiB at most.
 * @throws InvalidInputError when there are more; and what the file system says.
 * @example
 * readBounded('data/tasks/ticket-triage/task.yaml', 1).length > 100 // true
 */
export function readBounded(file: string, most: number): Buffer {
  const handle = openSync(file, 'r')
  try {
    const pieces: Buffer[] = []
    let length = 0
    for (;;) {
      const piece = Buffer.allocUnsafe(PIECE)
      const read = readSync(handle, piece)
      if (read === 0) return pieces.length === 1 ? pieces[0]! : Buffer.concat(pieces)
      length += read
      if (length > most * MEBIBYTE) throw tooLong(file, most)
      pieces.push(piece.subarray(0, read))
    }
  } finally {
    closeSync(handle)
  }
}

/**
 * Unpacks gzip data, known by its first bytes and not by a name: files get renamed. Other data stays as it is.
 *
 * @param most - MiB at most, unpacked.
 * @throws InvalidInputError when there is more, or the data is damaged.
 * @example
 * unpackBounded(Buffer.from('plain'), 1, 'a.json').toString() // 'plain'
 */
export function unpackBounded(bytes: Buffer, most: number, where: string): Buffer {
  if (bytes[0] !== 0x1f || bytes[1] !== 0x8b) return bytes
  try {
    return gunzipSync(bytes, { maxOutputLength: most * MEBIBYTE })
  } catch (cause) {
    const isLong = cause instanceof Error && 'code' in cause && cause.code === 'ERR_BUFFER_TOO_LARGE'
    if (isLong) throw tooLong(where, most)
    throw new InvalidInputError('the gzip data is damaged', { where, remedy: 'Restore the file.', cause })
  }
}

const tooLong = (where: string, most: number) =>
  new InvalidInputError(`holds more than ${most} MiB`, { where, remedy: 'Name a smaller file.' })
