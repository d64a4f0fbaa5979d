/**
 * SQLite drops what it cannot read at the end of a write-ahead log without a word: right after a crash, wrong after
 * damage. What was cut off or changed is found here, before SQLite has touched the files.
 *
 * Formats: https://www.sqlite.org/fileformat2.html#walformat and https://www.sqlite.org/walformat.html#shm
 *
 * @module
 */
import { closeSync, fstatSync, openSync, readFileSync, readSync } from 'node:fs'

const HEADER = 32
const FRAME_HEADER = 24
/** In the index: two copies of its header, then how many frames have been copied into the database. */
const INDEX_HEADER = 48
const INDEX_FRAMES = 16
const INDEX_SALT = 32
const INDEX_COPIED = 2 * INDEX_HEADER

/**
 * What is wrong with the write-ahead log beside a database, or `undefined`. A last transaction that a crash cut short is
 * nothing wrong: no caller was told that it is stored.
 *
 * @example
 * findLostWrites('.krige/studies.db') // undefined: there is nothing wrong
 */
export function findLostWrites(database: string): string | undefined {
  if (examine(database) === undefined) return undefined
  // Another process may have been writing just then.
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, SECOND_LOOK)
  return examine(database)
}

/** Milliseconds. */
const SECOND_LOOK = 50

function examine(database: string): string | undefined {
  // The index first: what a living writer adds meanwhile makes the log longer, never shorter.
  const index = readIndex(`${database}-shm`)
  const log = readWhole(`${database}-wal`)
  if (log === undefined || log.length === 0) {
    return index && index.frames > index.copied
      ? `it is gone, and with it ${index.frames - index.copied} pages that are not yet in the database`
      : undefined
  }
  if (log.length < HEADER || log.subarray(0, HEADER).every((byte) => byte === 0)) return undefined
  const big = (log.readUInt32BE(0) & 1) === 1
  const header = checksum(log.subarray(0, 24), [0, 0], big)
  if (log.readUInt32BE(0) >>> 1 !== 0x377f0682 >>> 1 || !isSame(header, log, 24)) return 'its header is damaged'
  const salt = log.subarray(16, 24)
  const size = FRAME_HEADER + log.readUInt32BE(8)
  const frames = Math.floor((log.length - HEADER) / size)
  let sums = header
  let readable = 0
  let committed = 0
  for (; readable < frames; readable++) {
    const frame = log.subarray(HEADER + readable * size, HEADER + (readable + 1) * size)
    if (!frame.subarray(8, 16).equals(salt)) break
    sums = checksum(frame.subarray(FRAME_HEADER), checksum(frame.subarray(0, 8), sums, big), big)
    if (!isSame(sums, frame, 16)) break
    if (frame.readUInt32BE(4) !== 0) committed = readable + 1
  }
  // One transaction may be torn; another one after it was begun when this one was safe.
  let commitsAfter = 0
  for (let at = readable; at < frames; at++) {
    const frame = HEADER + at * size
    if (log.subarray(frame + 8, frame + 16).equals(salt) && log.readUInt32BE(frame + 4) !== 0) commitsAfter++
  }
  const known = index?.salt.equals(salt) ? index.frames : 0
  if (commitsAfter < 2 && known <= committed) return undefined
  return `page ${committed + 1} of ${Math.max(frames, known)} in it cannot be read, nor what follows`
}

/** The log's own checksum: two sums over pairs of 32-bit words. */
function checksum(bytes: Buffer, before: readonly [number, number], big: boolean): [number, number] {
  let [first, second] = before
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  for (let at = 0; at + 8 <= bytes.length; at += 8) {
    first = (first + view.getUint32(at, !big) + second) >>> 0
    second = (second + view.getUint32(at + 4, !big) + first) >>> 0
  }
  return [first, second]
}

function isSame(sums: readonly [number, number], bytes: Buffer, at: number): boolean {
  return bytes.readUInt32BE(at) === sums[0] && bytes.readUInt32BE(at + 4) === sums[1]
}

/** `undefined` where there is no index, or one that was being written. */
function readIndex(file: string): { frames: number; copied: number; salt: Buffer } | undefined {
  let handle: number
  try {
    handle = openSync(file, 'r')
  } catch {
    return undefined
  }
  try {
    const bytes = Buffer.alloc(INDEX_COPIED + 4)
    // Where it is locked, its owner lives, and knows.
    if (fstatSync(handle).size < bytes.length || readSync(handle, bytes, 0, bytes.length, 0) < bytes.length) return
    const header = bytes.subarray(0, INDEX_HEADER)
    const isInitialized = bytes[12] === 1
    if (!isInitialized || !header.equals(bytes.subarray(INDEX_HEADER, 2 * INDEX_HEADER))) return undefined
    // The index is written in the order of the machine's bytes.
    const isLittle = new Uint8Array(Uint32Array.of(1).buffer)[0] === 1
    const word = (at: number) => (isLittle ? bytes.readUInt32LE(at) : bytes.readUInt32BE(at))
    return { frames: word(INDEX_FRAMES), copied: word(INDEX_COPIED), salt: bytes.subarray(INDEX_SALT, INDEX_SALT + 8) }
  } catch {
    return undefined
  } finally {
    closeSync(handle)
  }
}

function readWhole(file: string): Buffer | undefined {
  try {
    return readFileSync(file)
  } catch {
    return undefined
  }
}
