import { escapeMarkup } from '../../text/escape-markup.ts'
import type { Comparison, FractionComparison } from './compare-results.ts'
import { comparePictures } from './compare-svg.ts'
import { formatP, intervalText, numbered, signed } from './compare-text.ts'

/** The comparison as one self-contained page: no scripts, nothing loaded. */
export function compareHtml(comparison: Comparison): string {
  const { tables, tasks, repeats, reference, fractions, holdout, notes } = comparison
  const charts = comparePictures(comparison).map(({ svg }) => `<figure>${svg}</figure>`)
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>Comparison of search policies</title>
<style>
body { font: 15px/1.5 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem; color: #222; background: #fff }
table { border-collapse: collapse; margin: .5rem 0 1.5rem; font-variant-numeric: tabular-nums }
th, td { padding: .2rem .8rem; border-bottom: 1px solid #ddd; text-align: right } th:first-child, td:first-child { text-align: left }
figure { margin: 1rem 0; overflow-x: auto } svg { max-width: 100%; height: auto } .better { font-weight: 600 }
</style></head><body>
<h1>Comparison of search policies</h1>
<p>${numbered(tables, 'table')} of ${numbered(tasks, 'task')}, up to ${repeats} repeats. Error is (best − chosen)/(best − worst) of the
prompts’ true means. Differences are to <b>${escapeMarkup(reference)}</b>, paired by table and repeat, with 95% intervals over
tasks; negative means better than ${escapeMarkup(reference)}, bold that the interval excludes 0.</p>
${notes.map((note) => `<p><b>Note.</b> ${escapeMarkup(note)}</p>`).join('\n')}
${charts.join('\n')}
${[...fractions, ...holdout].map(section).join('\n')}
${calibration(comparison)}
<details><summary>Tables</summary><p>${tables.map(escapeMarkup).join(', ')}</p></details>
</body></html>
`
}

function calibration({ calibration: rows }: Comparison): string {
  if (rows.length === 0) return ''
  const lines = rows.map(({ policy, fraction, estimand, level, coverage, standardError, optimism }) => {
    const spread = standardError === undefined ? '' : ` ± ${(100 * standardError).toFixed(1)}`
    const cells = [
      escapeMarkup(policy),
      `× ${fraction}`,
      estimand,
      `${(100 * level).toFixed(0)}%`,
      `${(100 * coverage).toFixed(1)}%${spread}`,
      signed(optimism),
    ]
    return `<tr>${cells.map((cell) => `<td>${cell}</td>`).join('')}</tr>`
  })
  return `<h2>Intervals of the choice</h2>
<table><thead><tr><th>policy</th><th>budget</th><th>estimand</th><th>nominal</th><th>coverage</th><th>stated − true</th></tr></thead>
<tbody>${lines.join('')}</tbody></table>`
}

function section({ fraction, kind, policies, ranks }: FractionComparison): string {
  const rows = policies.map(({ policy, meanError, difference, runs }) => {
    const interval = difference?.interval
    const clear = interval !== undefined && interval[0] * interval[1] > 0
    const rank = ranks.meanRanks[ranks.policies.indexOf(policy)]
    const cells = [
      escapeMarkup(policy),
      meanError.toFixed(4),
      difference ? signed(difference.mean) : '',
      difference ? intervalText(difference) : '',
      rank === undefined || Number.isNaN(rank) ? '' : rank.toFixed(2),
      String(runs),
    ]
    return `<tr${clear ? ' class="better"' : ''}>${cells.map((cell) => `<td>${cell}</td>`).join('')}</tr>`
  })
  const critical =
    ranks.criticalDifference === undefined
      ? ''
      : `<p>Friedman p ${escapeMarkup(formatP(ranks.pValue))}; critical difference of ranks ${ranks.criticalDifference.toFixed(2)} (Nemenyi, ${ranks.blocks} tasks).</p>`
  const where = kind === 'error' ? '' : ', on the holdout examples'
  return `<h2>Budget × ${fraction}${where}</h2>
<table><thead><tr><th>policy</th><th>error</th><th>difference</th><th>95% interval</th><th>rank</th><th>runs</th></tr></thead>
<tbody>${rows.join('')}</tbody></table>${critical}`
}
