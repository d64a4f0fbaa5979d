import type { PairedDifference } from '../statistics/paired-difference.ts'
import { alignRows } from '../tables/results-text.ts'
import type { Comparison, FractionComparison } from './compare-results.ts'

/** The comparison as text: a table per fraction, best policy first. */
export function compareText(comparison: Comparison): string {
  const { tables, tasks, repeats, reference, notes } = comparison
  const parts = [
    `${numbered(tables, 'table')} of ${numbered(tasks, 'task')}, up to ${repeats} repeats. Differences are to ${reference}, paired by`,
    'table and repeat, with 95% intervals over tasks; negative means better. Ranks are means over tasks.\n',
    ...comparison.fractions.map(section),
    ...comparison.holdout.map(section),
    ...calibration(comparison),
    ...notes.map((note) => `Note: ${note}\n`),
  ]
  return parts.join('\n')
}

function section({ fraction, kind, policies, ranks }: FractionComparison): string {
  const rows = policies.map(({ policy, meanError, difference, runs }) => [
    policy,
    meanError.toFixed(4),
    difference ? signed(difference.mean) : '',
    difference ? intervalText(difference) : '',
    ranks.blocks > 0 ? ranks.meanRanks[ranks.policies.indexOf(policy)]!.toFixed(2) : '',
    String(runs),
  ])
  const title = kind === 'error' ? `Budget × ${fraction}` : `Budget × ${fraction}, on the holdout examples`
  const table = alignRows([['policy', 'error', 'difference', '95% interval', 'rank', 'runs'], ...rows])
  const critical =
    ranks.criticalDifference === undefined
      ? ''
      : `Friedman p ${formatP(ranks.pValue)}; ranks closer than ${ranks.criticalDifference.toFixed(2)} are not told apart (Nemenyi, ${ranks.blocks} tasks).\n`
  return `${title}\n${table}${critical}`
}

function calibration({ calibration: rows }: Comparison): string[] {
  if (rows.length === 0) return []
  const lines = rows.map(({ policy, fraction, estimand, level, coverage, standardError, optimism }) => [
    policy,
    `× ${fraction}`,
    estimand,
    `${(100 * level).toFixed(0)}%`,
    `${(100 * coverage).toFixed(1)}%${standardError === undefined ? '' : ` ± ${(100 * standardError).toFixed(1)}`}`,
    signed(optimism),
  ])
  return [
    `Intervals of the choice\n${alignRows([['policy', 'budget', 'estimand', 'nominal', 'coverage', 'optimism'], ...lines])}`,
  ]
}

/** Four digits and always a sign, a proper minus; what rounds to nothing is positive. */
export const signed = (value: number): string => `${value <= -0.00005 ? '−' : '+'}${Math.abs(value).toFixed(4)}`

/** With its relation: `= 0.0312` or `< 0.0001`. */
export const formatP = (p: number): string => (p < 0.0001 ? '< 0.0001' : `= ${p.toFixed(4)}`)

/** Tasks are what varies: one alone gives no interval. */
export const intervalText = ({ interval }: PairedDifference): string =>
  interval ? `[${interval.map(signed).join(', ')}]` : 'one task'

/** How many, as in `1 table`, `8 tables`. */
export function numbered({ length }: readonly unknown[], thing: string): string {
  return `${length} ${thing}${length === 1 ? '' : 's'}`
}
