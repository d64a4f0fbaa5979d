/**
 * Comparisons of one split: what was told, and which pairs are taken on which examples.
 *
 * @module
 */
import { type Comparison, comparisonKey } from '../history/comparison.ts'

/** Two candidates are compared on an example once, in either order. */
export interface ComparisonLog {
  /** Told ones, oldest first. */
  readonly told: readonly Comparison[]
  /** Whether the pair is told or pending on the example. */
  has(a: number, b: number, example: number): boolean
  /** @returns false where the pair is taken, or no pair. */
  take(a: number, b: number, example: number): boolean
  /** Gives back what was taken and not told. */
  release(a: number, b: number, example: number): void
  tell(comparison: Comparison): void
}

export function createComparisonLog(): ComparisonLog {
  const told: Comparison[] = []
  const taken = new Set<string>()
  return {
    told,
    has: (a, b, example) => taken.has(comparisonKey(a, b, example)),
    take(a, b, example) {
      const key = comparisonKey(a, b, example)
      if (a === b || taken.has(key)) return false
      taken.add(key)
      return true
    },
    release: (a, b, example) => taken.delete(comparisonKey(a, b, example)),
    tell: (comparison) => told.push(comparison),
  }
}
