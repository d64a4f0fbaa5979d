import { mean, sampleCorrelation } from 'simple-statistics'
import { createRandom } from '../../numerics/random/index.ts'

/**
 * Split-half reliability of row means: how well the means over one half of the columns predict those over the other. It
 * is stepped up to the full number of columns by the Spearman–Brown formula (Brown 1910) and averaged over random
 * halves.
 *
 * @param cells `rows × columns`, row-major, NaN where missing.
 * @returns NaN where the means do not vary.
 * @example
 * splitHalfReliability(Float64Array.of(1, 1, 1, 1, 0, 0, 0, 0, 0, 1, 0, 1), 3, 4) // ≈ 0.90: rows differ most
 */
export function splitHalfReliability(
  cells: Float64Array,
  rows: number,
  columns: number,
  { splits = 100, seed = 1 }: { readonly splits?: number; readonly seed?: number } = {},
): number {
  const random = createRandom(seed)
  const found: number[] = []
  for (let split = 0; split < splits; split++) {
    const order = random.permutation(columns)
    const half = columns >> 1
    const first = meansOver(cells, rows, columns, order.subarray(0, half))
    const second = meansOver(cells, rows, columns, order.subarray(half))
    const correlation = sampleCorrelation(first, second)
    if (Number.isFinite(correlation)) found.push((2 * correlation) / (1 + correlation))
  }
  return found.length === 0 ? Number.NaN : mean(found)
}

function meansOver(cells: Float64Array, rows: number, columns: number, chosen: ArrayLike<number>): number[] {
  return Array.from({ length: rows }, (_, row) => {
    let sum = 0
    let count = 0
    for (let index = 0; index < chosen.length; index++) {
      const cell = cells[row * columns + chosen[index]!]!
      if (Number.isNaN(cell)) continue
      sum += cell
      count++
    }
    return count === 0 ? 0 : sum / count
  })
}
