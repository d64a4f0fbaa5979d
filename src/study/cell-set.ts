/**
 * Which cells have been asked for or measured: one bit per cell for repeat 0, a set for the rest. A study may hold a
 * million of them.
 *
 * @example
 * const cells = createCellSet(100)
 * cells.add(7, 12, 0) // true: it was new
 */
export interface CellSet {
  /** Returns false when the cell was in the set already. */
  add(candidate: number, example: number, repeat: number): boolean
  delete(candidate: number, example: number, repeat: number): void
  has(candidate: number, example: number, repeat: number): boolean
}

export function createCellSet(exampleCount: number): CellSet {
  const rows: (Uint8Array | undefined)[] = []
  const repeats = new Set<string>()
  const bytes = Math.ceil(exampleCount / 8)
  const rowOf = (candidate: number) => {
    rows[candidate] ??= new Uint8Array(bytes)
    return rows[candidate]
  }
  const key = (candidate: number, example: number, repeat: number) => `${candidate}/${example}/${repeat}`
  const has: CellSet['has'] = (candidate, example, repeat) =>
    repeat === 0
      ? ((rows[candidate]?.[example >> 3] ?? 0) & (1 << (example & 7))) !== 0
      : repeats.has(key(candidate, example, repeat))
  return {
    has,
    add(candidate, example, repeat) {
      if (has(candidate, example, repeat)) return false
      if (repeat === 0) rowOf(candidate)[example >> 3]! |= 1 << (example & 7)
      else repeats.add(key(candidate, example, repeat))
      return true
    },
    delete(candidate, example, repeat) {
      if (repeat === 0) rowOf(candidate)[example >> 3]! &= ~(1 << (example & 7))
      else repeats.delete(key(candidate, example, repeat))
    },
  }
}
