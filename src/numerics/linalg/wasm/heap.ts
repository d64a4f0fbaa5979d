/**
 * The linear memory of a WASM backend: blocks that are handed out, given back and merged.
 *
 * Memory grows on demand, by half at least so that growth stays rare, up to 2 GiB. It never shrinks, but freed blocks
 * are used again.
 *
 * @module
 */
import { OutOfMemoryError } from '../../../errors.ts'

const PAGE = 65536
/** 2 GiB. */
export const MAXIMUM_PAGES = 32768
/** Blocks start on cache lines. */
const ALIGNMENT = 64
/** Everything below belongs to the module's own constants. */
const FIRST = PAGE
/** The page after it is where threads that share a memory agree upon their work. */
export const CONTROL = PAGE

export interface Heap {
  readonly memory: WebAssembly.Memory
  /** The whole memory as float64; read it again after an allocation, growth replaces it. */
  readonly float64: Float64Array
  /** How often the memory has grown: what was read under another number is detached. */
  readonly growths: number
  /** Bytes handed out at present. */
  readonly used: number
  /**
   * Takes a block and returns its byte offset. Its content is undefined.
   *
   * @throws OutOfMemoryError past 2 GiB, or earlier when the machine has no more
   */
  allocate(bytes: number): number
  /** Gives a block back. */
  free(offset: number): void
}

interface Block {
  readonly offset: number
  readonly bytes: number
}

/**
 * A heap over a new memory, which is reserved at its first use.
 *
 * @param initialBytes how much to reserve then; the operating system provides pages when they are touched
 * @param options `shared`: other threads may use the memory too
 */
export function createHeap(initialBytes: number, { shared = false } = {}): Heap {
  const first = shared ? FIRST + PAGE : FIRST
  const initial = Math.min(MAXIMUM_PAGES, Math.ceil((first + initialBytes) / PAGE))
  let opened: WebAssembly.Memory | undefined
  let float64 = new Float64Array()
  let end = first
  let used = 0
  let growths = 0
  /** Free blocks below `end`, by offset, never adjacent. */
  const gaps: Block[] = []
  const sizes = new Map<number, number>()

  const open = (): WebAssembly.Memory => {
    if (!opened) {
      opened = new WebAssembly.Memory({ initial, maximum: MAXIMUM_PAGES, shared })
      float64 = new Float64Array(opened.buffer)
    }
    return opened
  }

  const grow = (bytes: number, limit: number): void => {
    const memory = open()
    const present = memory.buffer.byteLength / PAGE
    const needed = Math.ceil(limit / PAGE)
    if (needed <= present) return
    if (needed > MAXIMUM_PAGES) throw outOfMemory(bytes, used, 'expected at most 2 GiB in all')
    const generous = Math.min(MAXIMUM_PAGES, Math.max(needed, Math.ceil(present * 1.5)))
    try {
      memory.grow(generous - present)
    } catch {
      try {
        memory.grow(needed - present)
      } catch (cause) {
        throw outOfMemory(bytes, used, 'and the machine gives no more', cause)
      }
    }
    float64 = new Float64Array(memory.buffer)
    growths++
  }

  return {
    get memory() {
      return open()
    },
    get float64() {
      if (!opened) open()
      return float64
    },
    get growths() {
      return growths
    },
    get used() {
      return used
    },

    allocate(bytes) {
      const size = Math.max(ALIGNMENT, Math.ceil(bytes / ALIGNMENT) * ALIGNMENT)
      // Best fit: a block of the right size is common, because fits repeat with the same shapes.
      let best = -1
      for (let i = 0; i < gaps.length; i++) {
        const gap = gaps[i]!
        if (gap.bytes >= size && (best < 0 || gap.bytes < gaps[best]!.bytes)) best = i
      }
      let offset = end
      if (best >= 0) {
        const gap = gaps[best]!
        offset = gap.offset
        if (gap.bytes === size) gaps.splice(best, 1)
        else gaps[best] = { offset: offset + size, bytes: gap.bytes - size }
      } else {
        grow(bytes, end + size)
        end += size
      }
      sizes.set(offset, size)
      used += size
      return offset
    },

    free(offset) {
      const bytes = sizes.get(offset)
      if (bytes === undefined) return
      sizes.delete(offset)
      used -= bytes
      let at = gaps.findIndex((gap) => gap.offset > offset)
      if (at < 0) at = gaps.length
      let start = offset
      let stop = offset + bytes
      const before = gaps[at - 1]
      const after = gaps[at]
      let removed = 0
      if (after && after.offset === stop) {
        stop += after.bytes
        removed++
      }
      if (before && before.offset + before.bytes === start) {
        start = before.offset
        at--
        removed++
      }
      if (stop === end) {
        end = start
        gaps.splice(at, removed)
      } else gaps.splice(at, removed, { offset: start, bytes: stop - start })
    },
  }
}

function outOfMemory(bytes: number, used: number, limit: string, cause?: unknown): OutOfMemoryError {
  const mebibytes = (value: number) => `${(value / 1048576).toFixed(1)} MiB`
  return new OutOfMemoryError(`a block of ${mebibytes(bytes)} is asked for with ${mebibytes(used)} in use; ${limit}`, {
    remedy: 'Dispose of workspaces that are no longer needed, or work on fewer points at a time.',
    cause,
  })
}
