import type { StoredBatch } from './store.ts'

/**
 * What follows the first events of these appends.
 *
 * @param skipped How many events are left out; the append they end in is cut.
 * @example
 * tailOf([{ at: 1, events: study.drain() }], 1)[0]?.at // 1
 */
export function tailOf(batches: readonly StoredBatch[], skipped: number): StoredBatch[] {
  const kept: StoredBatch[] = []
  let left = skipped
  for (const { at, events } of batches) {
    if (left < events.length) kept.push({ at, events: left === 0 ? events : events.slice(left) })
    left = Math.max(0, left - events.length)
  }
  return kept
}
