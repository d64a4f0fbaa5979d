/**
 * Vectors on disk, addressed by what they are of: SHA-256 of embedder id and text.
 *
 * A cache is never a reason to fail: a folder that cannot be written serves what it has, a damaged entry counts as absent.
 *
 * @module
 */
import { createHash, randomUUID } from 'node:crypto'
import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { messageOf } from '../text/message-of.ts'

export interface EmbeddingCache {
  get(embedderId: string, text: string, dimensions: number): Float64Array | undefined
  set(embedderId: string, text: string, vector: Float64Array): void
  /** Why nothing is being written any more, when that is so. */
  readonly problem: string | undefined
}

const CHECKSUM_BYTES = 8

/** Vectors are kept as float64 in little-endian order with a checksum before them. */
export function createEmbeddingCache(folder: string): EmbeddingCache {
  let problem: string | undefined
  const fileOf = (embedderId: string, text: string) => {
    const key = createHash('sha256').update(embedderId).update('\0').update(text).digest('hex')
    return join(folder, key.slice(0, 2), `${key.slice(2)}.vec`)
  }
  return {
    get problem() {
      return problem
    },
    get(embedderId, text, dimensions) {
      try {
        return decode(readFileSync(fileOf(embedderId, text)), dimensions)
      } catch {
        return undefined
      }
    },
    set(embedderId, text, vector) {
      if (problem !== undefined) return
      const file = fileOf(embedderId, text)
      const temporary = `${file}.${randomUUID()}.tmp`
      try {
        mkdirSync(dirname(file), { recursive: true })
        writeFileSync(temporary, encode(vector))
        renameSync(temporary, file)
      } catch (error) {
        problem = messageOf(error)
        try {
          rmSync(temporary, { force: true })
        } catch {
          // A folder that cannot be written holds no left-over either.
        }
      }
    },
  }
}

function encode(vector: Float64Array): Buffer {
  const body = Buffer.alloc(vector.length * 8)
  for (const [index, value] of vector.entries()) body.writeDoubleLE(value, index * 8)
  return Buffer.concat([checksumOf(body), body])
}

function decode(bytes: Buffer, dimensions: number): Float64Array | undefined {
  if (bytes.length !== CHECKSUM_BYTES + dimensions * 8) return undefined
  const body = bytes.subarray(CHECKSUM_BYTES)
  if (!checksumOf(body).equals(bytes.subarray(0, CHECKSUM_BYTES))) return undefined
  return Float64Array.from({ length: dimensions }, (_, index) => body.readDoubleLE(index * 8))
}

function checksumOf(body: Uint8Array): Buffer {
  return createHash('sha256').update(body).digest().subarray(0, CHECKSUM_BYTES)
}
