import type { Command } from 'commander'
import { loadOptional } from '../load-optional.ts'
import { changedParts } from '../prompt/changed-parts.ts'
import type { Store } from '../store/store.ts'
import { jsonLine } from './terminal.ts'
import { STORE_OPTION, withStore } from './with-store.ts'

export function registerDiff(program: Command): void {
  program
    .command('diff')
    .description('Compare two studies: verdict, score and spending, and how their winners differ word by word.')
    .argument('<a>', 'name of a study')
    .argument('<b>', 'name of another one in the same store')
    .option(...STORE_OPTION)
    .option('--json', 'print one JSON object')
    .addHelpText(
      'after',
      '\nWhat only the first has is shown as [-gone-], what only the second has as {+new+}.\n\nExamples:\n  $ krige diff tickets tickets-2\n  $ krige diff tickets tickets-2 --json | jq .same',
    )
    .action(async (a: string, b: string, options: { store?: string; json?: true }) => {
      await withStore(options.store, (store) => showDifference(store, a, b, options.json === true))
    })
}

async function showDifference(store: Store, a: string, b: string, json: boolean): Promise<void> {
  const { readReport } = await import('./report-file.ts')
  const { summarizeReport } = await import('../report/summary.ts')
  const { textChanges } = await loadOptional(() => import('../report/changes.ts'), 'krige diff', 'diff')
  const { counted, dollars, interval, score } = await import('../report/numbers.ts')
  const sides = []
  for (const name of [a, b]) sides.push(summarizeReport((await readReport(store, name)).state))
  const [first, second] = sides as [(typeof sides)[number], (typeof sides)[number]]
  const same = first.winner && second.winner ? changedParts(first.winner, second.winner).length === 0 : null
  if (json) {
    const brief = ({ study, verdict, winner, baseline, spent }: typeof first) => ({
      study,
      verdict,
      winner: winner ?? null,
      baseline: baseline ?? null,
      spent,
    })
    process.stdout.write(jsonLine({ a: brief(first), b: brief(second), same }))
    return
  }
  const lines = [first, second].map(({ study, verdict, winner, spent }) => {
    const found = winner
      ? `winner ${winner.id}, ${winner.holdout ? `${score(winner.holdout.mean)} ${interval(winner.holdout.interval)} on the holdout` : `${score(winner.mean)} ${interval(winner.interval)} by the search`}`
      : 'no winner yet'
    return `${study}: ${verdict}; ${found}; ${counted(spent.evaluations, 'evaluation')}, ${counted(spent.calls, 'call')}, ${dollars(spent.usd)}`
  })
  if (first.winner && second.winner) {
    lines.push('', same ? 'The winners are the same text.' : textChanges(first.winner, second.winner))
  }
  process.stdout.write(`${lines.join('\n')}\n`)
}
