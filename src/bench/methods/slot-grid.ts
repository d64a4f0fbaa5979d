import { type Candidate, candidateText } from '../../prompt/candidate.ts'

/** A pool as combinations of categorical choices. */
export interface SlotGrid {
  /** Number of values of each choice. */
  readonly sizes: readonly number[]
  choicesOf(candidate: number): readonly number[]
  candidateOf(choices: readonly number[]): number
}

/**
 * The slots of a pool as choices, when every prompt has the same slots and the pool is their full product. Otherwise
 * one choice with a value per prompt.
 *
 * @example
 * slotGrid([{ id: 'a', slots: { x: '1' } }, { id: 'b', slots: { x: '2' } }]).sizes // [2]
 */
export function slotGrid(pool: readonly Candidate[]): SlotGrid {
  return productGrid(pool) ?? { sizes: [pool.length], choicesOf: (index) => [index], candidateOf: ([index]) => index! }
}

function productGrid(pool: readonly Candidate[]): SlotGrid | undefined {
  const names = Object.keys(pool[0]?.slots ?? {}).sort()
  if (names.length === 0) return undefined
  const sameSlots = pool.every(
    ({ slots }) =>
      Object.keys(slots ?? {})
        .sort()
        .join('\0') === names.join('\0'),
  )
  if (!sameSlots) return undefined
  const values = names.map((name) => [...new Set(pool.map(({ slots }) => slots![name]!))])
  const sizes = values.map((list) => list.length)
  if (sizes.reduce((product, size) => product * size, 1) !== pool.length) return undefined
  const rows = pool.map(({ slots }) => names.map((name, axis) => values[axis]!.indexOf(slots![name]!)))
  const byChoices = new Map(rows.map((row, index) => [row.join(), index]))
  if (byChoices.size !== pool.length) return undefined
  if (new Set(pool.map(candidateText)).size !== pool.length) return undefined
  return {
    sizes,
    choicesOf: (candidate) => rows[candidate]!,
    candidateOf: (choices) => byChoices.get(choices.join())!,
  }
}
