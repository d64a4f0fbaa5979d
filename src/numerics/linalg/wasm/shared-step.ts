/**
 * What two threads on one memory agree upon: a step is posted and cut into units, and the thread that is free takes the
 * next one.
 *
 * A page below the heap holds it. Words on cache lines of their own:
 *
 *     TICKET   counts steps; a helper that has nothing to do sleeps on it
 *     OPEN     1 while units may be taken: only then the helper reads what the step is
 *     NEXT     the unit to be taken next
 *     INSIDE   1 from before the helper looks at OPEN until it has left: as long a step must not be changed
 *     STATE    of the helper
 *     HELPED   units that the helper has taken, in all
 *
 * A helper that comes late, or never, costs nothing: its units are taken by the other thread. Every element is computed
 * by the same instructions in the same order on either thread, so results do not depend on which did what.
 *
 * @module
 */
import { CONTROL } from './heap.ts'
import { type Kernels, STEPS } from './kernels.ts'

/** In 32-bit words, 64 bytes apart. */
export const TICKET = 0
export const OPEN = 16
export const NEXT = 32
export const INSIDE = 48
export const STATE = 64
export const HELPED = 80

/** The helper is not there; on its way; there; gone for want of work; gone because something went wrong. */
export const ABSENT = 0
export const STARTING = 1
export const READY = 2
export const LEFT = 3
export const FAILED = 4

/** What a step is, in {@link Control.numbers}; its other arguments follow. */
export const HEADER = 8

/** Scratch of the two threads where a step needs no more: a tile and three slivers. */
export const SCRATCH = CONTROL + 1024
export const SCRATCH_BYTES = 25600

/** Looks before a thread sleeps: some ten microseconds, about what waking up takes. */
const LOOKS = 4000

/** The page, as words and as float64. */
export interface Control {
  readonly words: Int32Array
  readonly numbers: Float64Array
}

export function openControl({ buffer }: WebAssembly.Memory): Control {
  // A shared buffer remains what it is when the memory grows.
  return { words: new Int32Array(buffer, CONTROL, HELPED + 1), numbers: new Float64Array(buffer, CONTROL + 512, 64) }
}

/** Takes units of the step that is posted until there are none left. */
export function takeUnits({ words, numbers }: Control, kernels: Kernels, helper: boolean): void {
  const [step = 0, count = 0, chunk = 1, first = 0, fromEnd = 0, scratch = 0, scratchBytes = 0, length = 0] = numbers
  const kernel = kernels[STEPS[step]!]
  const own = helper ? scratch + scratchBytes : scratch
  const more = Array.from(numbers.subarray(HEADER, HEADER + length))
  const firsts = first > 0 ? 1 : 0
  const others = Math.ceil((count - first) / chunk)
  for (;;) {
    const unit = Atomics.add(words, NEXT, 1) - firsts
    if (unit >= others) return
    if (helper) Atomics.add(words, HELPED, 1)
    if (unit < 0) kernel(0, first, own, ...more)
    else {
      const begin = first + (fromEnd ? others - 1 - unit : unit) * chunk
      kernel(begin, Math.min(count, begin + chunk), own, ...more)
    }
  }
}

/**
 * Waits until a word is no longer `value`: looks a few times, then sleeps.
 *
 * @returns false when so many milliseconds have passed
 */
export function waitWhile(words: Int32Array, word: number, value: number, milliseconds: number): boolean {
  for (let look = 0; look < LOOKS; look++) if (Atomics.load(words, word) !== value) return true
  return Atomics.wait(words, word, value, milliseconds) !== 'timed-out'
}
