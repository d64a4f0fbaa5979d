import { candidateText, type PoolEntry } from '../prompt/candidate.ts'
import { remembered } from './remembered.ts'
import { surfaceCounts } from './surface-counts.ts'
import { type DistancesFrom, type View, viewDistances } from './view.ts'

/** Mean squared difference of the {@link surfaceCounts}, each standardized over the pool; constant ones are left out. */
export function surfaceView(): View {
  return {
    name: 'surface',
    squaredDistances(pool) {
      const size = pool.length
      const columns = standardized(pool.map((entry) => surfaceCounts(candidateText(entry.candidate))))
      const squared = new Float64Array(size * size)
      for (const column of columns) {
        for (let i = 0; i < size; i++) {
          for (let j = 0; j < size; j++) squared[i * size + j]! += (column[i]! - column[j]!) ** 2 / columns.length
        }
      }
      return viewDistances('surface', size, squared)
    },
    distancesFrom: surfaceDistances,
  }
}

/** The same distances by the means and standard deviations of a basis. */
export function surfaceDistances(basis: readonly PoolEntry[]): DistancesFrom {
  const counts = remembered((entry: PoolEntry) => surfaceCounts(candidateText(entry.candidate)))
  const rows = basis.map(counts)
  const columns = (rows[0] ?? []).flatMap((_, c) => {
    const { deviation } = moments(Float64Array.from(rows, (row) => row[c]!))
    return deviation > SMALLEST_DEVIATION ? [{ c, deviation }] : []
  })
  const scaled = remembered((entry: PoolEntry) => {
    const own = counts(entry)
    return Float64Array.from(columns, ({ c, deviation }) => own[c]! / deviation)
  })
  return (from, to) => {
    const own = scaled(from)
    return Float64Array.from(to, (entry) => {
      const other = scaled(entry)
      let sum = 0
      for (let k = 0; k < own.length; k++) sum += (own[k]! - other[k]!) ** 2
      return columns.length === 0 ? 0 : sum / columns.length
    })
  }
}

const SMALLEST_DEVIATION = 1e-9

function standardized(rows: readonly (readonly number[])[]): Float64Array[] {
  const columns: Float64Array[] = []
  for (let c = 0; c < (rows[0]?.length ?? 0); c++) {
    const column = Float64Array.from(rows, (row) => row[c]!)
    const { mean, deviation } = moments(column)
    if (deviation > SMALLEST_DEVIATION) columns.push(column.map((x) => (x - mean) / deviation))
  }
  return columns
}

function moments(column: Float64Array): { readonly mean: number; readonly deviation: number } {
  const mean = column.reduce((sum, x) => sum + x, 0) / column.length
  return { mean, deviation: Math.sqrt(column.reduce((sum, x) => sum + (x - mean) ** 2, 0) / column.length) }
}
