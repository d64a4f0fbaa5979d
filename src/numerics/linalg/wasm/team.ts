/**
 * The thread that computes, and the one that helps it.
 *
 * @module
 */
import { UnavailableError } from '../../../errors.ts'
import type { HelperTask } from './help.ts'
import { type Kernels, STEPS, type Step } from './kernels.ts'
import {
  ABSENT,
  FAILED,
  HEADER,
  INSIDE,
  LEFT,
  NEXT,
  OPEN,
  openControl,
  READY,
  SCRATCH,
  SCRATCH_BYTES,
  STARTING,
  STATE,
  TICKET,
  takeUnits,
  waitWhile,
} from './shared-step.ts'

/** How the rows, or columns, of a step are cut. */
export interface Units {
  readonly count: number
  readonly chunk: number
  /** Rows of a unit that is taken before all others. @defaultValue 0: there is none */
  readonly first?: number
  /** Where claiming begins: where units are large, so that the last are small. @defaultValue 'end' */
  readonly from?: 'start' | 'end'
  /** Scratch of the two threads, one behind the other. @defaultValue a tile and three slivers each */
  readonly scratch?: { readonly pointer: number; readonly bytes: number }
}

export interface Team {
  /** Whether a helper is there; if not, and nothing went wrong, one is called for. */
  ready(): boolean
  /**
   * Runs a step on both threads and returns when all of it is done.
   *
   * @throws UnavailableError when the helper broke down in the middle of it: what it computed on is then spoiled
   */
  run(step: Step, units: Units, more: readonly number[]): void
}

/** A helper that leaves comes back within a tenth of a second, so it may leave soon. */
const IDLE_MILLISECONDS = 5000
/** A unit takes a millisecond; who needs this long for one has died. */
const LOST_MILLISECONDS = 60_000

/**
 * @param start starts a thread that calls `help` with the task, and returns at once. Until it is there, and if it throws,
 * the caller computes alone.
 */
export function createTeam(
  { module, memory }: Pick<HelperTask, 'module' | 'memory'>,
  kernels: Kernels,
  start: (task: HelperTask) => void,
): Team {
  const control = openControl(memory)
  const { words, numbers } = control
  return {
    ready() {
      const state = Atomics.load(words, STATE)
      if (state === ABSENT || state === LEFT) {
        Atomics.store(words, STATE, STARTING)
        try {
          start({ module, memory, idleMilliseconds: IDLE_MILLISECONDS })
        } catch {
          Atomics.store(words, STATE, FAILED)
        }
      }
      return state === READY
    },

    run(step, { count, chunk, first = 0, from = 'end', scratch }, more) {
      const { pointer, bytes } = scratch ?? { pointer: SCRATCH, bytes: SCRATCH_BYTES }
      numbers.set([STEPS.indexOf(step), count, chunk, first, from === 'end' ? 1 : 0, pointer, bytes, more.length])
      numbers.set(more, HEADER)
      Atomics.store(words, NEXT, 0)
      Atomics.store(words, OPEN, 1)
      Atomics.add(words, TICKET, 1)
      Atomics.notify(words, TICKET)
      try {
        takeUnits(control, kernels, false)
      } finally {
        Atomics.store(words, OPEN, 0)
        if (!waitWhile(words, INSIDE, 1, LOST_MILLISECONDS)) Atomics.store(words, STATE, FAILED)
      }
      if (Atomics.load(words, STATE) === FAILED) {
        throw new UnavailableError(`the thread that helps with ${step} broke down`, {
          remedy: 'Try again: from now on this backend computes on one thread.',
        })
      }
    },
  }
}
