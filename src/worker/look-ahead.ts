/**
 * Keeps a worker from waiting between calls: shortly before one is answered it takes the next cell and asks for its call,
 * which it sends as soon as it may. So no more cells are under way than that takes: the longer calls are, the fewer.
 *
 * @module
 */

/** How long before a call ends the next cell is wanted, in milliseconds: the way to the coordinator and back, and then some. */
const LEAD = 75
/** Of the latest call, in the mean time that calls take. */
const WEIGHT = 0.1

/** How long calls take, as far as is known. */
export interface CallTime {
  /** In milliseconds; `undefined` before the first. */
  readonly mean: number | undefined
  note(milliseconds: number): void
}

export function createCallTime(): CallTime {
  let mean: number | undefined
  return {
    get mean() {
      return mean
    },
    note(milliseconds) {
      mean = mean === undefined ? milliseconds : mean + WEIGHT * (milliseconds - mean)
    },
  }
}

/**
 * Cells to have beside those whose calls are out, so that the next ones are there in time; at most as many again.
 *
 * @param slots Calls out at once.
 */
export function cellsAhead(slots: number, { mean }: CallTime): number {
  return mean === undefined ? 0 : Math.ceil(slots * Math.min(1, LEAD / mean))
}

export interface Turns {
  /** Cells to have in hand: as many as calls may be out, and one for each call that is about to end. */
  readonly capacity: number
  /** Resolves when it is the caller's turn to send a call, to what ends the turn; ended twice it is ended once. */
  take(): Promise<() => void>
}

/**
 * Lets so many calls be out at once, in the order in which they come.
 *
 * @param onRoom Told when there is room for one cell more.
 */
export function createTurns(slots: number, onRoom: () => void): Turns {
  const time = createCallTime()
  const waiting: (() => void)[] = []
  let out = 0
  let aboutToEnd = 0
  return {
    get capacity() {
      return slots + aboutToEnd
    },
    async take() {
      if (out < slots) out++
      // Who ends a turn hands it on: nobody comes between.
      else await new Promise<void>((resolve) => waiting.push(resolve))
      const from = performance.now()
      let isAboutToEnd = false
      const expect = () => {
        isAboutToEnd = true
        aboutToEnd++
        onRoom()
      }
      const timer = time.mean === undefined ? undefined : setTimeout(expect, Math.max(0, time.mean - LEAD))
      let ended = false
      return () => {
        if (ended) return
        ended = true
        clearTimeout(timer)
        if (isAboutToEnd) aboutToEnd--
        time.note(performance.now() - from)
        const next = waiting.shift()
        if (next) next()
        else out--
      }
    },
  }
}
