/**
 * Mean score by candidate, read incrementally from a growing history, with what changed since the last reading.
 *
 * @module
 */
import type { ObservationHistory } from '../../history/observation-log.ts'

export interface Tally {
  /** Scored cells; an observation that summarizes several counts as that many. */
  readonly count: number
  readonly mean: number
}

export interface Tallies {
  /**
   * Catches up with a history.
   *
   * @returns candidates that were told something new, failures included; all of them when it is another history.
   */
  read(history: ObservationHistory): { readonly changed: readonly number[]; readonly restarted: boolean }
  /** `undefined` while nothing was scored. */
  of(candidate: number): Tally | undefined
  /** Whether anything was told, failures included. */
  isTold(candidate: number): boolean
  /** Candidates with a score, best mean first, shrunk toward the common mean by two cells' worth. */
  ranking(): number[]
}

export function createTallies(): Tallies {
  const tallies = new Map<number, { count: number; sum: number; mean: number }>()
  const told = new Set<number>()
  let source: ObservationHistory | undefined
  let length = 0
  return {
    read(history) {
      const restarted = history !== source || history.length < length
      if (restarted) {
        source = history
        length = 0
        tallies.clear()
        told.clear()
      }
      const changed = new Set<number>()
      for (; length < history.length; length++) {
        const candidate = history.candidate(length)
        changed.add(candidate)
        told.add(candidate)
        const score = history.score(length)
        if (!Number.isFinite(score)) continue
        const count = Math.max(1, history.count(length))
        const tally = tallies.get(candidate) ?? { count: 0, sum: 0, mean: 0 }
        tally.count += count
        tally.sum += count * score
        tally.mean = tally.sum / tally.count
        tallies.set(candidate, tally)
      }
      return { changed: [...changed], restarted }
    },
    of: (candidate) => tallies.get(candidate),
    isTold: (candidate) => told.has(candidate),
    ranking() {
      let count = 0
      let sum = 0
      for (const tally of tallies.values()) {
        count += tally.count
        sum += tally.sum
      }
      const common = sum / count
      const shrunk = (candidate: number) => {
        const tally = tallies.get(candidate)!
        return (2 * common + tally.sum) / (2 + tally.count)
      }
      return [...tallies.keys()].sort((a, b) => shrunk(b) - shrunk(a) || a - b)
    },
  }
}
