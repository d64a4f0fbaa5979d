/**
 * Keeps a worker from waiting between cells: while cells are short, it takes the next ones early and asks for their calls,
 * and sends them as soon as the ones under way are answered.
 *
 * @module
 */

/** Where a cell takes longer, in milliseconds, the way to the coordinator and back is nothing beside it. */
const SHORT = 1_000
/** Of the latest cell, in the mean time that cells take. */
const WEIGHT = 0.2

export interface LookAhead {
  /** Cells to have in hand: those under way, and the next. */
  readonly capacity: number
  /** A cell took so long, in milliseconds, its waits for a call left out. */
  note(milliseconds: number): void
}

/**
 * @param slots Cells under way at once.
 * @param onChange Told when there is room for more, or less.
 */
export function createLookAhead(slots: number, onChange: (capacity: number) => void): LookAhead {
  let mean: number | undefined
  let capacity = slots
  return {
    get capacity() {
      return capacity
    },
    note(milliseconds) {
      mean = mean === undefined ? milliseconds : mean + WEIGHT * (milliseconds - mean)
      const wanted = mean > SHORT ? slots : slots + 1 + Math.floor(slots / 4)
      if (wanted === capacity) return
      capacity = wanted
      onChange(capacity)
    },
  }
}

/**
 * Lets so many calls be sent at once, in the order in which they come.
 *
 * @returns Resolves when it is the caller's turn, to what ends the turn; ended twice it is ended once.
 */
export function createTurns(most: number): () => Promise<() => void> {
  let busy = 0
  const waiting: (() => void)[] = []
  return async () => {
    if (busy < most) busy++
    else await new Promise<void>((resolve) => waiting.push(resolve))
    let ended = false
    return () => {
      if (ended) return
      ended = true
      const next = waiting.shift()
      // The next has the turn at once: nobody comes between.
      if (next) next()
      else busy--
    }
  }
}
