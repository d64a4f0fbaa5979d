import type { ObservationHistory } from '../../history/observation-log.ts'

/** Scores of prompts on equal terms: each contrasted with the others on the same examples. */
export interface PairedScores {
  /** Indices in the pool of the prompts that were measured. */
  readonly prompts: readonly number[]
  /** Mean score, less the easiness of the examples it was measured on; zero on average. */
  readonly values: Float64Array
  /** Variance of each value about what the prompt is worth. */
  readonly noise: Float64Array
}

/** Sweeps of the two-way fit; it has converged long before. */
const SWEEPS = 20
/** Outcomes that an example's easiness is shrunk by. */
const PRIOR_OUTCOMES = 1
const SMALLEST_VARIANCE = 1e-4
/** Outcomes of either kind that a prompt's mean is shrunk by. */
const PRIOR_SPAN = 1

/**
 * Fits y = v_c + d_e by alternating means, so that prompts measured on easy examples look no better.
 *
 * @param length How many of the first observations count.
 */
export function pairedScores(observations: ObservationHistory, length: number): PairedScores {
  const cells: { readonly prompt: number; readonly example: number; readonly score: number }[] = []
  const places = new Map<number, number>()
  const examples = new Map<number, number>()
  const placeOf = (map: Map<number, number>, key: number) => {
    const known = map.get(key)
    if (known !== undefined) return known
    map.set(key, map.size)
    return map.size - 1
  }
  for (let k = 0; k < length; k++) {
    const score = observations.score(k)
    if (Number.isNaN(score)) continue
    const prompt = placeOf(places, observations.candidate(k))
    cells.push({ prompt, example: placeOf(examples, observations.example(k)), score })
  }
  const values = new Float64Array(places.size)
  const easiness = new Float64Array(examples.size)
  const counts = new Float64Array(places.size)
  const looks = new Float64Array(examples.size)
  for (const { prompt, example } of cells) {
    counts[prompt]!++
    looks[example]!++
  }
  for (let sweep = 0; sweep < SWEEPS; sweep++) {
    values.fill(0)
    for (const { prompt, example, score } of cells) values[prompt]! += (score - easiness[example]!) / counts[prompt]!
    easiness.fill(0)
    for (const { prompt, example, score } of cells) {
      easiness[example]! += (score - values[prompt]!) / (looks[example]! + PRIOR_OUTCOMES)
    }
  }
  let squares = 0
  let [low, high] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]
  const sums = new Float64Array(places.size)
  for (const { prompt, example, score } of cells) {
    squares += (score - values[prompt]! - easiness[example]!) ** 2
    sums[prompt]! += score
    low = Math.min(low, score)
    high = Math.max(high, score)
  }
  // Easiness takes of the freedom, too, and is known no better than its example was looked at: else the stage that is
  // rewritten most would be given what is noise.
  const fitted = looks.reduce((sum, count) => sum + count / (count + PRIOR_OUTCOMES), 0)
  const freedom = Math.max(1, cells.length - places.size - fitted)
  const doubt = new Float64Array(places.size)
  for (const { prompt, example } of cells) doubt[prompt]! += 1 / (looks[example]! + PRIOR_OUTCOMES) / counts[prompt]!
  const variance = Math.max(SMALLEST_VARIANCE, squares / freedom)
  // As of shares: p (1 − p) of a mean p that is shrunk to the middle, so that a single right answer is no certainty.
  const own = counts.map((count, c) => {
    const p = (sums[c]! - count * low + PRIOR_SPAN * (high - low)) / ((count + 2 * PRIOR_SPAN) * (high - low || 1))
    return p * (1 - p)
  })
  const typical = own.reduce((sum, value, c) => sum + value * counts[c]!, 0) / Math.max(1, cells.length)
  const center = cells.reduce((sum, { prompt }) => sum + values[prompt]!, 0) / Math.max(1, cells.length)
  return {
    prompts: [...places.keys()],
    values: values.map((value) => value - center),
    noise: counts.map((count, c) => (variance * (1 + doubt[c]!) * (typical > 0 ? own[c]! / typical : 1)) / count),
  }
}
