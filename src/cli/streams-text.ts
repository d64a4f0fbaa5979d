import { median } from 'simple-statistics'
import type { StreamRun } from '../bench/streams/run-streams.ts'
import { alignRows } from '../bench/tables/results-text.ts'

/** Medians over runs, by method; a run that never matched counts with everything the original run spent. */
export function streamsText(runs: readonly StreamRun[]): string {
  const rows = [...Map.groupBy(runs, ({ policy }) => policy)].map(([policy, group]) => {
    const shares = group.map(({ cells, cellsToMatch }) => (cellsToMatch ?? cells) / cells)
    // Predictions are the same in every repeat.
    const once = group.filter(({ repeat }) => repeat === 0)
    return [
      policy,
      percent(median(shares)),
      `${group.filter(({ matched }) => matched).length} of ${group.length}`,
      medianOf(once.map(({ rankCorrelation }) => rankCorrelation)),
      medianOf(once.map(({ coverage }) => coverage)),
    ]
  })
  const head = ['policy', 'cells to match', 'matched', 'rank correlation', 'coverage']
  return alignRows([head, ...rows])
}

const percent = (share: number) => `${(100 * share).toFixed(1)}%`

function medianOf(values: readonly (number | null)[]): string {
  const known = values.filter((value) => value !== null)
  return known.length === 0 ? '–' : median(known).toFixed(2)
}
