import type { BenchSummary } from './bench-results.ts'

/**
 * The summary as an aligned table: a row per policy, a column per fraction, best first at the largest fraction.
 *
 * @example
 * resultsText([{ policy: 'random', fraction: 1, meanError: 0.126, standardError: 0.02 }]).includes('0.126') // true
 */
export function resultsText(summary: readonly BenchSummary[]): string {
  const fractions = [...new Set(summary.map(({ fraction }) => fraction))].sort((a, b) => a - b)
  const policies = [...new Set(summary.map(({ policy }) => policy))]
  const find = (policy: string, fraction: number) =>
    summary.find((entry) => entry.policy === policy && entry.fraction === fraction)
  const last = fractions.at(-1)
  const order = policies.sort(
    (a, b) => (find(a, last ?? 1)?.meanError ?? 2) - (find(b, last ?? 1)?.meanError ?? 2) || (a < b ? -1 : 1),
  )
  const held = summary.some(({ meanHoldoutError }) => meanHoldoutError !== undefined)
  const parts = [
    section(
      'normalized error (0: the best prompt of a table, 1: its worst) ± standard error over tasks',
      order,
      fractions,
      (policy, fraction) => {
        const entry = find(policy, fraction)
        return entry ? `${entry.meanError.toFixed(4)} ± ${entry.standardError.toFixed(4)}` : '–'
      },
    ),
  ]
  if (held) {
    parts.push(
      section('normalized error on the holdout examples', order, fractions, (policy, fraction) => {
        const value = find(policy, fraction)?.meanHoldoutError
        return value === undefined ? '–' : value.toFixed(4)
      }),
    )
  }
  return parts.join('\n')
}

function section(
  title: string,
  policies: readonly string[],
  fractions: readonly number[],
  cell: (policy: string, fraction: number) => string,
): string {
  return `${title}\n${alignRows([
    ['policy', ...fractions.map((fraction) => `budget × ${fraction}`)],
    ...policies.map((policy) => [policy, ...fractions.map((fraction) => cell(policy, fraction))]),
  ])}`
}

/** Columns padded to their widest cell: the first to the left, the others to the right. */
export function alignRows(rows: readonly (readonly string[])[]): string {
  const widths = rows[0]!.map((_, column) => Math.max(...rows.map((row) => [...row[column]!].length)))
  return rows
    .map((row) =>
      row
        .map((cell, column) => {
          const padding = ' '.repeat(widths[column]! - [...cell].length)
          return column === 0 ? cell + padding : padding + cell
        })
        .join('  ')
        .trimEnd(),
    )
    .join('\n')
    .concat('\n')
}
