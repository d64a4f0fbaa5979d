/** Keeps work from starting until it is released; what is under way goes on. */
export interface Hold {
  readonly held: boolean
  pause(): void
  resume(): void
  /** Has it called after every change, until what is returned is called. */
  onChange(listener: () => void): () => void
}

/**
 * @example
 * const hold = createHold()
 * hold.pause()
 * hold.held // true
 */
export function createHold(): Hold {
  const listeners = new Set<() => void>()
  let held = false
  const set = (wanted: boolean) => {
    if (held === wanted) return
    held = wanted
    for (const listener of listeners) listener()
  }
  return {
    get held() {
      return held
    },
    pause: () => set(true),
    resume: () => set(false),
    onChange(listener) {
      listeners.add(listener)
      return () => void listeners.delete(listener)
    },
  }
}
