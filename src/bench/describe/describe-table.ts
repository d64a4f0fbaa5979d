/**
 * What a replay table is like: the facts a search policy is designed from.
 *
 * @module
 */
import { quantileSorted, sampleCorrelation } from 'simple-statistics'
import type { View, ViewDistances } from '../../features/view.ts'
import { type ViewName, viewFactories } from '../../features/views.ts'
import type { Backend } from '../../numerics/linalg/backend.ts'
import type { PoolEntry } from '../../prompt/candidate.ts'
import type { Table } from '../../recording/table.ts'
import { holdoutMeans, searchMeans } from '../tables/truth.ts'
import { leaveOneOut, type Predictability } from './leave-one-out.ts'
import { splitHalfReliability } from './split-half.ts'
import { type VarianceParts, varianceParts } from './variance-parts.ts'

export interface TableDescription {
  readonly table: string
  readonly task: string
  readonly model: string
  readonly prompts: number
  readonly searchExamples: number
  readonly holdoutExamples: number
  /** Accuracy of every prompt on all columns, in pool order. */
  readonly means: readonly number[]
  /** Lowest, lower quartile, median, upper quartile, highest of {@link means}. */
  readonly quantiles: readonly [number, number, number, number, number]
  /** Of the means over the search columns. */
  readonly reliability: number
  /** Correlation of the means over search and holdout columns; absent without holdout. */
  readonly holdoutCorrelation?: number
  readonly parts: Omit<VarianceParts, 'residuals'>
  /** Mean correlation of residual rows with the row of the nearest other prompt in the embedding; with a distant one. */
  readonly interactionOfNeighbors: number
  readonly interactionOfOthers: number
  /** By view, and of all views together. Absent where a view does not apply. */
  readonly predictability: Readonly<Partial<Record<ViewName | 'all', Predictability>>>
}

/**
 * @param pool The table's prompts with their embeddings, in the table's order.
 * @example
 * const table = await loadTable('tickets.json')
 * const pool = table.prompts.map((candidate) => ({ candidate }))
 * describeTable(table, pool, backend).parts.prompt // ≈ 0.396: so much of the variance of single cells
 */
export function describeTable(table: Table, pool: readonly PoolEntry[], backend: Backend): TableDescription {
  const rows = table.prompts.length
  const columns = table.searchExamples + table.holdoutExamples
  const { residuals, ...parts } = varianceParts(table.scores, rows, columns)
  const search = searchMeans(table)
  const holdout = holdoutMeans(table)
  const means = Array.from(search, (mean, prompt) =>
    holdout ? (mean * table.searchExamples + holdout[prompt]! * table.holdoutExamples) / columns : mean,
  )
  const sorted = [...means].sort((a, b) => a - b)
  const views = new Map<ViewName, ViewDistances>()
  for (const [name, create] of Object.entries(viewFactories) as [ViewName, () => View][]) {
    const distances = create().squaredDistances(pool)
    if (distances) views.set(name, distances)
  }
  const predictability: Partial<Record<ViewName | 'all', Predictability>> = {}
  for (const [name, view] of views) predictability[name] = leaveOneOut(backend, [view.squared], means)
  if (views.size > 1) {
    predictability.all = leaveOneOut(
      backend,
      [...views.values()].map((view) => view.squared),
      means,
    )
  }
  return {
    table: table.name,
    task: table.task,
    model: table.model,
    prompts: rows,
    searchExamples: table.searchExamples,
    holdoutExamples: table.holdoutExamples,
    means,
    quantiles: [0, 0.25, 0.5, 0.75, 1].map((p) => quantileSorted(sorted, p)) as [
      number,
      number,
      number,
      number,
      number,
    ],
    reliability: splitHalfReliability(searchCells(table), rows, table.searchExamples),
    ...(holdout ? { holdoutCorrelation: sampleCorrelation([...search], [...holdout]) } : {}),
    parts,
    ...neighborInteraction(residuals, rows, columns, views.get('embedding')),
    predictability,
  }
}

function searchCells(table: Table): Float64Array {
  const columns = table.searchExamples + table.holdoutExamples
  const cells = new Float64Array(table.prompts.length * table.searchExamples)
  for (let prompt = 0; prompt < table.prompts.length; prompt++) {
    const from = prompt * columns
    cells.set(table.scores.subarray(from, from + table.searchExamples), prompt * table.searchExamples)
  }
  return cells
}

/** Whether prompts that read alike also find the same examples hard, beyond how good they are. */
function neighborInteraction(residuals: Float64Array, rows: number, columns: number, view: ViewDistances | undefined) {
  const row = (prompt: number) => {
    const cells = residuals.subarray(prompt * columns, (prompt + 1) * columns)
    return Array.from(cells, (cell) => (Number.isNaN(cell) ? 0 : cell))
  }
  const near: number[] = []
  const far: number[] = []
  for (let prompt = 0; prompt < rows && view; prompt++) {
    const others = Array.from({ length: rows }, (_, other) => other).filter((other) => other !== prompt)
    others.sort((a, b) => view.squared[prompt * rows + a]! - view.squared[prompt * rows + b]!)
    const nearest = sampleCorrelation(row(prompt), row(others[0]!))
    const distant = sampleCorrelation(row(prompt), row(others[others.length >> 1]!))
    if (Number.isFinite(nearest)) near.push(nearest)
    if (Number.isFinite(distant)) far.push(distant)
  }
  const average = (values: readonly number[]) =>
    values.length === 0 ? Number.NaN : values.reduce((sum, value) => sum + value, 0) / values.length
  return { interactionOfNeighbors: average(near), interactionOfOthers: average(far) }
}
