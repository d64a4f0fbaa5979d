import { readFile } from 'node:fs/promises'
import { promisify } from 'node:util'
import { gunzip } from 'node:zlib'
import { InvalidInputError } from '../errors.ts'

const inflate = promisify(gunzip)

/**
 * Reads a JSON document, compressed or not.
 *
 * @param expected What the file should be, for messages: `the table`, with the remedy when it cannot be read.
 * @throws InvalidInputError naming the file.
 */
export async function readDocument(
  file: string,
  expected: { readonly what: string; readonly remedy: string },
): Promise<unknown> {
  let bytes: Buffer
  try {
    bytes = await readFile(file)
  } catch (cause) {
    throw new InvalidInputError(`${expected.what} cannot be read`, { where: file, remedy: expected.remedy, cause })
  }
  // The gzip magic number decides, not the name: files get renamed.
  if (bytes[0] === 0x1f && bytes[1] === 0x8b) {
    try {
      bytes = await inflate(bytes)
    } catch (cause) {
      throw new InvalidInputError('the gzip data is damaged', { where: file, remedy: 'Restore the file.', cause })
    }
  }
  try {
    return JSON.parse(bytes.toString('utf8').replace(/^\uFEFF/, ''))
  } catch (cause) {
    const detail = cause instanceof Error ? cause.message : String(cause)
    throw new InvalidInputError(`not JSON: ${detail}`, { where: file, remedy: 'Restore the file.', cause })
  }
}

/** `['scores', 3, 7]` → `scores[3][7]`. */
export function documentPath(path: readonly PropertyKey[]): string {
  const text = path
    .map((part) => (typeof part === 'number' ? `[${part}]` : `.${String(part)}`))
    .join('')
    .replace(/^\./, '')
  return text === '' ? 'the document' : text
}
