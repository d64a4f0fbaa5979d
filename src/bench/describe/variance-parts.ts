/** Shares of the variance of single cells; they sum to 1 (all 0 where every cell is the same). */
export interface VarianceParts {
  /** Between prompts: what a search is after. */
  readonly prompt: number
  /** Between examples: some are easy for every prompt. Pairing removes it from comparisons. */
  readonly example: number
  /**
   * What is left: prompts that suit some examples more than others, and noise of the model. With greedy decoding a cell
   * repeats itself, so all of it is interaction.
   */
  readonly interaction: number
  /** `rows × columns`, row-major: cells less row and column effects, NaN where the cell is missing. */
  readonly residuals: Float64Array
}

/**
 * Variance components of a crossed design with one observation per cell, by the method of moments: Searle, Casella &
 * McCulloch (1992), Variance Components, ch. 4. Components that come out negative are set to 0.
 *
 * Missing cells are left out of means; with a few of them the figures are approximate.
 *
 * @param cells `rows × columns`, row-major, NaN where missing.
 * @example
 * varianceParts(Float64Array.of(1, 1, 0, 0), 2, 2).prompt // 1: all cells of a row are alike, rows differ
 */
export function varianceParts(cells: Float64Array, rows: number, columns: number): VarianceParts {
  const rowMeans = new Float64Array(rows)
  const columnMeans = new Float64Array(columns)
  const rowCounts = new Float64Array(rows)
  const columnCounts = new Float64Array(columns)
  let total = 0
  let count = 0
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++) {
      const cell = cells[row * columns + column]!
      if (Number.isNaN(cell)) continue
      rowMeans[row] = rowMeans[row]! + cell
      columnMeans[column] = columnMeans[column]! + cell
      rowCounts[row] = rowCounts[row]! + 1
      columnCounts[column] = columnCounts[column]! + 1
      total += cell
      count++
    }
  }
  const grand = count === 0 ? 0 : total / count
  for (let row = 0; row < rows; row++) rowMeans[row] = rowMeans[row]! / rowCounts[row]!
  for (let column = 0; column < columns; column++) columnMeans[column] = columnMeans[column]! / columnCounts[column]!

  const residuals = new Float64Array(rows * columns).fill(Number.NaN)
  let squares = 0
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++) {
      const index = row * columns + column
      const residual = cells[index]! - rowMeans[row]! - columnMeans[column]! + grand
      residuals[index] = residual
      if (!Number.isNaN(residual)) squares += residual * residual
    }
  }
  const meanSquare = squares / Math.max(1, (rows - 1) * (columns - 1))
  const between = (means: Float64Array) => {
    let sum = 0
    for (const mean of means) if (!Number.isNaN(mean)) sum += (mean - grand) ** 2
    return sum / Math.max(1, means.length - 1)
  }
  const prompt = Math.max(0, between(rowMeans) - meanSquare / columns)
  const example = Math.max(0, between(columnMeans) - meanSquare / rows)
  const all = prompt + example + meanSquare || 1
  return { prompt: prompt / all, example: example / all, interaction: meanSquare / all, residuals }
}
