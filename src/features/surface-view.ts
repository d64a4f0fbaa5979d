import { candidateText } from '../prompt/candidate.ts'
import { surfaceCounts } from './surface-counts.ts'
import { type View, viewDistances } from './view.ts'

/** Mean squared difference of the {@link surfaceCounts}, each standardised over the pool; constant ones are left out. */
export function surfaceView(): View {
  return {
    name: 'surface',
    squaredDistances(pool) {
      const size = pool.length
      const columns = standardised(pool.map((entry) => surfaceCounts(candidateText(entry.candidate))))
      const squared = new Float64Array(size * size)
      for (const column of columns) {
        for (let i = 0; i < size; i++) {
          for (let j = 0; j < size; j++) squared[i * size + j]! += (column[i]! - column[j]!) ** 2 / columns.length
        }
      }
      return viewDistances('surface', size, squared)
    },
  }
}

function standardised(rows: readonly (readonly number[])[]): Float64Array[] {
  const columns: Float64Array[] = []
  for (let c = 0; c < (rows[0]?.length ?? 0); c++) {
    const column = Float64Array.from(rows, (row) => row[c]!)
    const mean = column.reduce((sum, x) => sum + x, 0) / column.length
    const deviation = Math.sqrt(column.reduce((sum, x) => sum + (x - mean) ** 2, 0) / column.length)
    if (deviation > 1e-9) columns.push(column.map((x) => (x - mean) / deviation))
  }
  return columns
}
