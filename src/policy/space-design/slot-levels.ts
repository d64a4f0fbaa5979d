import type { PoolEntry } from '../../prompt/candidate.ts'

export interface SlotLevels {
  /** Slots that any prompt has; one nameless slot, the whole text, where none has any. */
  readonly names: readonly string[]
  /** Number of different values by slot. */
  readonly sizes: readonly number[]
  /** Which value, by slot, a prompt has; a missing slot counts as empty. */
  levelsOf(index: number): Int32Array
}

/** The prompts of a pool as points of a grid: one dimension per slot, one level per distinct value. */
export function slotLevels(pool: readonly PoolEntry[]): SlotLevels {
  const names = [...new Set(pool.flatMap(({ candidate }) => Object.keys(candidate.slots ?? {})))]
  const hasSlots = names.length > 0
  const columns = hasSlots ? names : ['']
  const values = columns.map(() => new Map<string, number>())
  const levels = pool.map(({ candidate }) =>
    Int32Array.from(columns, (name, d) => {
      const value = hasSlots ? (candidate.slots?.[name] ?? '') : (candidate.text ?? '')
      const known = values[d]!
      const level = known.get(value) ?? known.size
      known.set(value, level)
      return level
    }),
  )
  return { names: columns, sizes: values.map((known) => known.size), levelsOf: (index) => levels[index]! }
}
