/**
 * Which of several prompts that cannot be told apart is recommended.
 *
 * @module
 */
import * as z from 'zod'

/**
 * - `score`: the best expected score, whatever it takes.
 * - `shorter`: the shortest text.
 * - `cheaper`: the least money per answer, or tokens where no money was measured.
 * - `faster`: the shortest time per answer.
 */
export const preferenceSchema = z.enum(['score', 'shorter', 'cheaper', 'faster'])

export type Preference = z.output<typeof preferenceSchema>

/** What is measured of answers so that a preference can be kept. */
export const PREFERENCE_MEASUREMENTS: Readonly<Record<Preference, readonly string[]>> = {
  score: [],
  shorter: [],
  cheaper: ['usd', 'tokens'],
  faster: ['latency'],
}
