import type { PolicyState } from '../policy.ts'
import type { Design } from './design.ts'
import { createTallies } from './tallies.ts'

/**
 * Finds points of the pool that are neither measured nor pending: put forward by a user, or given back unsent. They
 * come before anything new.
 *
 * @returns a function from a study to the first of them; reads pools and histories incrementally.
 */
export function createWaitingEntries(): (state: PolicyState, design: Design) => number | undefined {
  const tallies = createTallies()
  const untold = new Set<number>()
  let read = 0
  return ({ pool, observations, pending }, design) => {
    const { changed, restarted } = tallies.read(observations)
    if (restarted || pool.length < read) {
      untold.clear()
      read = 0
    }
    for (; read < pool.length; read++) if (!tallies.isTold(read)) untold.add(read)
    for (const candidate of changed) untold.delete(candidate)
    if (untold.size === 0) return undefined
    const measuring = new Set(pending.map((cell) => cell.candidate))
    for (const candidate of untold) {
      if (!measuring.has(candidate) && design.valuesOf(candidate)) return candidate
    }
    return undefined
  }
}
