/** Who watches a study that a run serves: the run waits a moment for them to get its end. */
export interface Audience {
  /** A follower joins, until what is returned is called. */
  enter(): () => void
  /** A follower was given the report up to an event. */
  seen(events: number): void
  /** Resolves when there are no followers any more, or the report was given up to an event; at the latest after a time. */
  served(events: number, milliseconds: number): Promise<void>
}

/**
 * @example
 * await createAudience().served(100, 5000) // no follower: at once
 */
export function createAudience(): Audience {
  let followers = 0
  let latest = 0
  let changed = () => {}
  return {
    enter() {
      followers++
      return () => {
        followers--
        changed()
      }
    },
    seen(events) {
      latest = Math.max(latest, events)
      changed()
    },
    async served(events, milliseconds) {
      let timer: NodeJS.Timeout | undefined
      const isDone = () => followers === 0 || latest >= events
      const late = new Promise<void>((resolve) => {
        timer = setTimeout(resolve, milliseconds)
      })
      const done = new Promise<void>((resolve) => {
        changed = () => {
          if (isDone()) resolve()
        }
        changed()
      })
      await Promise.race([done, late])
      clearTimeout(timer)
    },
  }
}
