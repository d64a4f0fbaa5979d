/**
 * The other side of a {@link createTeam}: what the thread does that helps.
 *
 * @module
 */
import { instantiateModule } from './kernels.ts'
import { FAILED, INSIDE, LEFT, OPEN, openControl, READY, STATE, TICKET, takeUnits, waitWhile } from './shared-step.ts'

/** What a thread that helps is started with; it can be posted to one. */
export interface HelperTask {
  readonly module: WebAssembly.Module
  readonly memory: WebAssembly.Memory
  /** The thread leaves when nothing was asked of it for so long; the next large work starts another one. */
  readonly idleMilliseconds: number
}

/** Helps until nothing is asked for a while. It sleeps meanwhile, so it must run on a thread of its own. */
export function help({ module, memory, idleMilliseconds }: HelperTask): void {
  const control = openControl(memory)
  const { words } = control
  const kernels = instantiateModule(module, memory)
  let seen = Atomics.load(words, TICKET)
  Atomics.store(words, STATE, READY)
  while (waitWhile(words, TICKET, seen, idleMilliseconds)) {
    seen = Atomics.load(words, TICKET)
    Atomics.store(words, INSIDE, 1)
    try {
      if (Atomics.load(words, OPEN) === 1) takeUnits(control, kernels, true)
    } catch {
      Atomics.store(words, STATE, FAILED)
      return
    } finally {
      Atomics.store(words, INSIDE, 0)
      Atomics.notify(words, INSIDE)
    }
  }
  Atomics.store(words, STATE, LEFT)
}
