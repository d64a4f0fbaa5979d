/** Work that is wanted, and who has it in hand. */
export interface Dispatcher<Work, Taker> {
  /** Units of work in hand. */
  readonly inHand: number
  /** Units of work that are wanted, in hand or not, oldest first. */
  readonly open: ReadonlyMap<string, Work>
  /** Wants work done, once. */
  want(key: string, work: Work): void
  /** Takes the oldest work that no one has in hand; `undefined` where there is none. */
  take(taker: Taker): Work | undefined
  /** Notes who took work by its key, elsewhere; it may be wanted only later. The last to take it has it in hand. */
  noteTake(key: string, taker: Taker): void
  /** Ends work; `undefined` where it is not wanted, or not any more. */
  finish(key: string): Work | undefined
  /** Takes back what lost takers had in hand: it is to be taken again. */
  reclaim(isLost: (taker: Taker) => boolean): { readonly work: Work; readonly taker: Taker }[]
}

/**
 * Hands work out, each unit to one taker at a time, and ends it once. The loop that measures here takes what is oldest;
 * workers elsewhere take from a queue of their own, and what they say is noted.
 *
 * @example
 * const dispatcher = createDispatcher<string, string>()
 * dispatcher.want('1/0', 'a cell')
 * dispatcher.take('anna') // 'a cell'
 * dispatcher.take('ben') // undefined
 * dispatcher.reclaim((taker) => taker === 'anna') // [{ work: 'a cell', taker: 'anna' }]
 * dispatcher.take('ben') // 'a cell'
 * dispatcher.finish('1/0') // 'a cell'
 * dispatcher.finish('1/0') // undefined
 */
export function createDispatcher<Work, Taker>(): Dispatcher<Work, Taker> {
  const open = new Map<string, Work>()
  const waiting = new Set<string>()
  const takers = new Map<string, Taker>()
  return {
    get inHand() {
      return open.size - waiting.size
    },
    open,
    want(key, work) {
      open.set(key, work)
      if (!takers.has(key)) waiting.add(key)
    },
    take(taker) {
      for (const key of waiting) {
        waiting.delete(key)
        takers.set(key, taker)
        return open.get(key)
      }
      return undefined
    },
    noteTake(key, taker) {
      takers.set(key, taker)
      waiting.delete(key)
    },
    finish(key) {
      const work = open.get(key)
      open.delete(key)
      waiting.delete(key)
      takers.delete(key)
      return work
    },
    reclaim(isLost) {
      const lost = []
      for (const [key, work] of open) {
        const taker = takers.get(key)
        if (taker === undefined || !isLost(taker)) continue
        takers.delete(key)
        waiting.add(key)
        lost.push({ work, taker })
      }
      return lost
    },
  }
}
