import type { Command } from 'commander'
import { count } from '../report/numbers.ts'
import type { Store } from '../store/store.ts'
import { jsonLine } from './terminal.ts'
import { STORE_OPTION, withStore } from './with-store.ts'

/** One stored study, as `krige studies --json` lists it. */
interface StudyRow {
  readonly study: string
  readonly created: string
  /** `open` until the search has concluded. */
  readonly state: 'open' | 'complete' | 'unreadable'
  readonly verdict?: string
  readonly policy?: string
  readonly prompts?: number
  readonly evaluations?: number
  readonly calls?: number
  /** The failure that stopped it, where it was not taken up again. */
  readonly stopped?: string
  readonly problem?: string
}

export function registerStudies(program: Command): void {
  program
    .command('studies')
    .description('List the stored studies, with what each came to.')
    .option(...STORE_OPTION)
    .option('--json', 'print one JSON object per study')
    .addHelpText('after', '\nExamples:\n  $ krige studies\n  $ krige studies --store sqlite:team.db --json')
    .action(async (options: { store?: string; json?: boolean }) => {
      const rows = await withStore(options.store, listStudies)
      if (options.json) for (const row of rows) process.stdout.write(jsonLine(row))
      else process.stdout.write(rows.length === 0 ? 'No study is stored here yet.\n' : tableOf(rows))
    })
}

async function listStudies(store: Store): Promise<StudyRow[]> {
  const { loadStudy } = await import('../store/load-study.ts')
  const stored = await store.list()
  const rows: StudyRow[] = []
  for (const { name, createdAt } of stored.toSorted((a, b) => a.createdAt - b.createdAt)) {
    const row = { study: name, created: new Date(createdAt).toISOString() }
    try {
      const state = (await loadStudy(store, name))?.state
      const { conclusion, ledger, stopped } = state ?? {}
      rows.push({
        ...row,
        state: conclusion ? 'complete' : 'open',
        ...(conclusion ? { verdict: conclusion.verdict } : {}),
        ...(stopped === undefined ? {} : { stopped }),
        ...(state && ledger
          ? {
              policy: state.config.policy,
              prompts: state.candidates.length,
              evaluations: ledger.spent.evaluations,
              calls: ledger.spent.calls,
            }
          : {}),
      })
    } catch (error) {
      // One damaged study must not hide the others.
      rows.push({ ...row, state: 'unreadable', problem: error instanceof Error ? error.message : String(error) })
    }
  }
  return rows
}

function tableOf(rows: readonly StudyRow[]): string {
  const cells = [
    ['study', 'started (UTC)', 'verdict', 'prompts', 'evaluations', 'calls'],
    ...rows.map((row) => [
      row.study,
      row.created.slice(0, 16).replace('T', ' '),
      row.stopped === undefined ? (row.verdict ?? (row.state === 'open' ? 'unfinished' : row.state)) : 'stopped',
      row.prompts === undefined ? '' : count(row.prompts),
      row.evaluations === undefined ? '' : count(row.evaluations),
      row.calls === undefined ? '' : count(row.calls),
    ]),
  ]
  const widths = cells[0]!.map((_, column) => Math.max(...cells.map((row) => row[column]!.length)))
  const line = (row: readonly string[]) =>
    row
      .map((cell, column) => (column < 3 ? cell.padEnd(widths[column]!) : cell.padStart(widths[column]!)))
      .join('  ')
      .trimEnd()
  const why = rows.flatMap(({ study, stopped, problem = stopped }) =>
    problem === undefined ? [] : [`${study}: ${problem}`],
  )
  return `${[...cells.map(line), ...why].join('\n')}\n`
}
