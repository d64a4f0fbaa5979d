/**
 * Mean score by candidate, read incrementally from a growing history, with what changed since the last reading.
 *
 * @module
 */
import { incrementalReader } from '../../history/incremental-reader.ts'
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
  const changed = new Set<number>()
  const catchUp = incrementalReader<ObservationHistory>({
    add(history, index) {
      const candidate = history.candidate(index)
      changed.add(candidate)
      told.add(candidate)
      const score = history.score(index)
      if (!Number.isFinite(score)) return
      const count = Math.max(1, history.count(index))
      const tally = tallies.get(candidate) ?? { count: 0, sum: 0, mean: 0 }
      tally.count += count
      tally.sum += count * score
      tally.mean = tally.sum / tally.count
      tallies.set(candidate, tally)
    },
    forget() {
      tallies.clear()
      told.clear()
    },
  })
  return {
    read(history) {
      changed.clear()
      const restarted = !catchUp(history)
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
