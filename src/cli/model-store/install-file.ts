import { createHash } from 'node:crypto'
import { createReadStream, createWriteStream, existsSync, mkdirSync, renameSync, rmSync, statSync } from 'node:fs'
import { dirname } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { CorruptError } from '../../errors.ts'
import type { CatalogFile } from './catalog.ts'

/** SHA-256 of a file as hexadecimal digits. */
export async function sha256Of(file: string): Promise<string> {
  const hash = createHash('sha256')
  for await (const chunk of createReadStream(file, { highWaterMark: 1 << 20 })) hash.update(chunk)
  return hash.digest('hex')
}

/** Whether a file is there, of the right size and content. */
export async function isIntact(file: string, expected: CatalogFile): Promise<boolean> {
  return existsSync(file) && statSync(file).size === expected.bytes && (await sha256Of(file)) === expected.sha256
}

/** Joins pieces into one file. */
export async function joinFiles(pieces: readonly string[], target: string): Promise<void> {
  rmSync(target, { force: true })
  for (const piece of pieces) await pipeline(createReadStream(piece), createWriteStream(target, { flags: 'a' }))
}

/**
 * Moves a downloaded file into place, once it is what it should be.
 *
 * @throws CorruptError naming what differs; the download is removed.
 */
export async function installFile(downloaded: string, target: string, expected: CatalogFile): Promise<void> {
  const { size } = statSync(downloaded)
  const problem =
    size !== expected.bytes
      ? `${size} bytes, expected ${expected.bytes}`
      : await sha256Of(downloaded).then((found) =>
          found === expected.sha256 ? undefined : `SHA-256 ${found}, expected ${expected.sha256}`,
        )
  if (problem !== undefined) {
    rmSync(downloaded, { force: true })
    throw new CorruptError(`what was downloaded for ${expected.path} is not the expected file: ${problem}`, {
      remedy: 'Try again; if it happens again, fetch the file by hand and put it there.',
    })
  }
  mkdirSync(dirname(target), { recursive: true })
  renameSync(downloaded, target)
}
