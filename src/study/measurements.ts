/**
 * What was measured of each candidate beside its score: sums are enough, because a constraint is about a mean.
 *
 * @module
 */
import type { Measurements } from '../history/measurement.ts'

/** Of what is larger the square is no number; as far as any limit goes it is the same. */
const LARGEST = 1e150

export interface Tally {
  readonly count: number
  readonly sum: number
  readonly squares: number
}

export interface MeasurementTallies {
  /** By candidate; `undefined` when the metric was never measured. */
  of(metric: string): ReadonlyMap<number, Tally> | undefined
  readonly metrics: readonly string[]
}

export interface MeasurementLog extends MeasurementTallies {
  add(candidate: number, measurements: Measurements): void
}

/**
 * @example
 * const log = createMeasurementLog()
 * log.add(0, { outputTokens: 12 })
 * log.of('outputTokens')?.get(0)?.count // 1
 */
export function createMeasurementLog(): MeasurementLog {
  const tallies = new Map<string, Map<number, { count: number; sum: number; squares: number }>>()
  return {
    of: (metric) => tallies.get(metric),
    get metrics() {
      return [...tallies.keys()]
    },
    add(candidate, measurements) {
      for (const [metric, value] of Object.entries(measurements)) {
        const byCandidate = tallies.get(metric) ?? new Map<number, { count: number; sum: number; squares: number }>()
        tallies.set(metric, byCandidate)
        const tally = byCandidate.get(candidate) ?? { count: 0, sum: 0, squares: 0 }
        const bounded = Math.max(-LARGEST, Math.min(LARGEST, value))
        tally.count++
        tally.sum += bounded
        tally.squares += bounded * bounded
        byCandidate.set(candidate, tally)
      }
    },
  }
}
