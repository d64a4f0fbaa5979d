/**
 * What candidates take beside their score: characters, money, tokens, time.
 *
 * @module
 */
import { candidateText } from '../prompt/candidate.ts'
import { PREFERENCE_MEASUREMENTS, type Preference } from './preference.ts'
import type { StudyState } from './state.ts'

/** What a prompt takes: a mean and its standard error. */
export interface Price {
  readonly mean: number
  readonly standardError: number
}

/** What candidates take by one measure, by index; those of which it was not measured are left out. */
export interface Prices {
  /** `characters`, or the name of a measurement. */
  readonly measure: string
  readonly of: ReadonlyMap<number, Price>
}

/**
 * Prices by the measure that a preference is about; undefined where nothing of it was measured.
 *
 * @example
 * pricesFor(study.state, 'shorter')?.measure // 'characters'
 */
export function pricesFor(state: StudyState, preference: Preference): Prices | undefined {
  if (preference === 'score') return undefined
  if (preference === 'shorter') return charactersOf(state)
  const measured = PREFERENCE_MEASUREMENTS[preference].flatMap((metric) => measurementOf(state, metric) ?? [])
  return measured[0]
}

/** Lengths of the texts of prompts; those without a text are left out. */
export function charactersOf({ candidates }: StudyState): Prices | undefined {
  const of = new Map<number, Price>()
  candidates.forEach((candidate, index) => {
    const { length } = candidateText(candidate)
    if (length > 0) of.set(index, { mean: length, standardError: 0 })
  })
  return of.size > 0 ? { measure: 'characters', of } : undefined
}

/** Means of a measurement; undefined where it was not taken, or it was nothing throughout. */
export function measurementOf({ measurements }: StudyState, metric: string): Prices | undefined {
  const of = new Map<number, Price>()
  for (const [candidate, { count, sum, squares }] of measurements.of(metric) ?? []) {
    const mean = sum / count
    // One answer says nothing of how they differ: as much as it is.
    const variance = count > 1 ? Math.max(0, squares / count - mean * mean) / (count - 1) : mean * mean
    of.set(candidate, { mean, standardError: Math.sqrt(variance) })
  }
  return [...of.values()].some(({ mean }) => mean !== 0) ? { measure: metric, of } : undefined
}
