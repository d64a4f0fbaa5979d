import type { PoolEntry } from '../prompt/candidate.ts'
import { type View, viewDistances } from './view.ts'

/**
 * Share of slots in which two prompts differ (0…1): which instruction, which demonstrations, whatever they say. Absent
 * when prompts have no slots, or when no slot's content occurs twice, since identities that never recur predict nothing.
 */
export function slotView(): View {
  return {
    name: 'slots',
    squaredDistances(pool) {
      const size = pool.length
      const recurring = recurringSlots(pool)
      if (recurring.length === 0) return undefined
      const squared = new Float64Array(size * size)
      for (const name of recurring) {
        const contents = pool.map((entry) => entry.candidate.slots?.[name])
        for (let i = 0; i < size; i++) {
          for (let j = 0; j < size; j++) {
            if (contents[i] !== contents[j]) squared[i * size + j]! += 1 / recurring.length
          }
        }
      }
      return viewDistances('slots', size, squared)
    },
    distancesFrom(basis) {
      const recurring = recurringSlots(basis)
      return (from, to) =>
        Float64Array.from(to, (entry) => {
          const different = recurring.filter((name) => entry.candidate.slots?.[name] !== from.candidate.slots?.[name])
          return recurring.length === 0 ? 0 : different.length / recurring.length
        })
    },
  }
}

function recurringSlots(pool: readonly PoolEntry[]): string[] {
  const names = [...new Set(pool.flatMap((entry) => Object.keys(entry.candidate.slots ?? {})))]
  return names.filter((name) => {
    const distinct = new Set(pool.map((entry) => entry.candidate.slots?.[name]))
    return distinct.size > 1 && distinct.size < pool.length
  })
}
