/**
 * What a choice is judged by: the mean of a prompt's row, and how far the chosen prompt's mean falls short of the best.
 *
 * @module
 */
import { cellOf, type Table } from '../../recording/table.ts'

/** Mean of every prompt's non-missing cells in columns [from, to); NaN where all are missing. */
export function promptMeans(table: Table, from: number, to: number): Float64Array {
  return Float64Array.from(table.prompts, (_, prompt) => {
    let sum = 0
    let count = 0
    for (let example = from; example < to; example++) {
      const score = cellOf(table, prompt, example)
      if (Number.isNaN(score)) continue
      sum += score
      count++
    }
    return count === 0 ? Number.NaN : sum / count
  })
}

/** Means over the search columns: the `set` estimand. */
export const searchMeans = (table: Table): Float64Array => promptMeans(table, 0, table.searchExamples)

/** Means over the columns no policy saw, for the `population` estimand; `undefined` where a table has none. */
export function holdoutMeans(table: Table): Float64Array | undefined {
  if (table.holdoutExamples === 0) return undefined
  return promptMeans(table, table.searchExamples, table.searchExamples + table.holdoutExamples)
}

/**
 * (best − chosen)/(best − worst): 0 for a best prompt, 1 for a worst one, 0 where all are equal.
 *
 * A prompt whose every cell is missing has no mean and takes no part in best and worst. Choosing it costs 1, as much as
 * choosing the worst. Where no prompt has a mean there is nothing to choose and the error is 0.
 *
 * @example
 * normalizedError([0.2, 0.5, 0.8], 1) // 0.5
 */
export function normalizedError(means: ArrayLike<number>, chosen: number): number {
  let best = Number.NEGATIVE_INFINITY
  let worst = Number.POSITIVE_INFINITY
  for (let prompt = 0; prompt < means.length; prompt++) {
    const mean = means[prompt]!
    if (Number.isNaN(mean)) continue
    best = Math.max(best, mean)
    worst = Math.min(worst, mean)
  }
  if (best === Number.NEGATIVE_INFINITY) return 0
  const mean = means[chosen]!
  if (Number.isNaN(mean)) return 1
  return best === worst ? 0 : (best - mean) / (best - worst)
}
