import { createHold, type Hold } from '../engine/hold.ts'
import { ConflictError } from '../errors.ts'

export type ControlState = 'running' | 'paused' | 'stopped' | 'over'

/** What a person may say to a search that runs. It holds while the process does. */
export interface Control {
  readonly state: ControlState
  /** @throws ConflictError when the search is over, or was stopped for good. */
  apply(command: 'pause' | 'resume' | 'stop'): void
  /** The search has ended: nothing can be said any more. */
  end(): void
  onChange(listener: () => void): void
}

/**
 * @param hold What keeps the search from going on.
 * @param onStop Ends the search for good, to be taken up by another process; without it, `resume` goes on.
 * @example
 * const control = createControl()
 * control.apply('pause')
 * control.state // 'paused'
 */
export function createControl(hold: Hold = createHold(), onStop?: () => void): Control {
  const listeners: (() => void)[] = []
  let state: ControlState = 'running'
  const enter = (next: ControlState) => {
    if (state === next) return
    state = next
    for (const listener of listeners) listener()
  }
  return {
    get state() {
      return state
    },
    apply(command) {
      if (state === 'over') throw new ConflictError('the search is over', { remedy: 'Run it again with more budget.' })
      if (state === 'stopped' && onStop && command !== 'stop') {
        throw new ConflictError('the search was stopped', { remedy: 'Run it again to go on.' })
      }
      enter(command === 'pause' ? 'paused' : command === 'stop' ? 'stopped' : 'running')
      if (command === 'stop') onStop?.()
      if (state === 'running' || (state === 'stopped' && onStop)) hold.resume()
      else hold.pause()
    },
    end: () => enter('over'),
    onChange: (listener) => void listeners.push(listener),
  }
}
