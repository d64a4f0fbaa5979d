import { InvalidInputError, KrigeError } from '../errors.ts'
import { readBounded, unpackBounded } from '../evaluation/bounded-file.ts'

/** MiB of a document, as it is stored and unpacked: 10,000 prompts by 10,000 examples are half of it. */
const MOST_PACKED = 256
const MOST_UNPACKED = 256

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
    bytes = readBounded(file, MOST_PACKED)
  } catch (cause) {
    if (KrigeError.isInstance(cause)) throw cause
    throw new InvalidInputError(`${expected.what} cannot be read`, { where: file, remedy: expected.remedy, cause })
  }
  bytes = unpackBounded(bytes, MOST_UNPACKED, file)
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
