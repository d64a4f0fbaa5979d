/**
 * A module that imports its memory, made to import one that threads share. The instructions are the same, but a module
 * has to say which of the two it expects. So one build serves both.
 *
 * @module
 */
import { MAXIMUM_PAGES } from './heap.ts'

const HEADER = 8
const IMPORT_SECTION = 2
/** Limits of a memory: a least size; a least and a largest size, shared. */
const UNSHARED = 0
const SHARED = 3

/** @param bytes a module whose only import is a memory with no largest size, as build.ts makes them */
export function importSharedMemory(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  for (let at = HEADER; at < bytes.length; ) {
    const [size, content] = readUnsigned(bytes, at + 1)
    const end = content + size
    // The section ends with the limits of the memory, two bytes.
    if (bytes[at] === IMPORT_SECTION && bytes[end - 2] === UNSHARED) {
      const limits = [SHARED, bytes[end - 1]!, ...unsigned(MAXIMUM_PAGES)]
      const head = [
        IMPORT_SECTION,
        ...unsigned(size - 2 + limits.length),
        ...bytes.subarray(content, end - 2),
        ...limits,
      ]
      const changed = new Uint8Array(at + head.length + bytes.length - end)
      changed.set(bytes.subarray(0, at))
      changed.set(head, at)
      changed.set(bytes.subarray(end), at + head.length)
      return changed
    }
    at = end
  }
  throw new Error('the module does not import a memory as build.ts makes it')
}

/** An unsigned LEB128 number, and where it ends. */
function readUnsigned(bytes: Uint8Array, at: number): readonly [value: number, end: number] {
  let value = 0
  for (let shift = 0; ; shift += 7) {
    const byte = bytes[at++]!
    value |= (byte & 0x7f) << shift
    if (byte < 0x80) return [value, at]
  }
}

function unsigned(value: number): number[] {
  const bytes: number[] = []
  for (; value >= 0x80; value >>>= 7) bytes.push((value & 0x7f) | 0x80)
  return [...bytes, value]
}
