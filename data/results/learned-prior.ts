/**
 * What was learned on other tasks, on each task left out: the krige policy with and without a learned prior, on recorded
 * tables. Every table starts from what `krige learn` makes of all tables of other tasks. Names of one task that differ in a
 * number at the end (`subj-42`, `subj-43`) or in `-instruct` are one task. Without embeddings.
 *
 *     node data/results/learned-prior.ts data/tables data/instruct --repeats 20 --json prior-runs.jsonl
 *
 * Interrupted, the same command with the same --json FILE goes on where it stopped.
 *
 * @module
 */
import { appendFileSync, existsSync, readFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { mean, sampleStandardDeviation } from 'simple-statistics'
import { benchBackend } from '../../src/bench/tables/bench-backend.ts'
import type { BenchRun } from '../../src/bench/tables/bench-results.ts'
import { runUnit } from '../../src/bench/tables/table-unit.ts'
import { tableHistory } from '../../src/bench/tables/warm-start.ts'
import { createProgressLine } from '../../src/cli/progress-line.ts'
import { learnPrior } from '../../src/policy/prior/learn-prior.ts'
import type { Table } from '../../src/recording/table.ts'
import { openTables } from './open-tables.ts'

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    repeats: { type: 'string', default: '20' },
    seed: { type: 'string', default: '1' },
    fractions: { type: 'string', default: '0.25' },
    /** JSON lines, one per run. */
    json: { type: 'string' },
  },
})

/** Full evaluations at fraction 1: fewer where the pool is small. */
const FULL = { large: 25, small: 10, smallPool: 100 }
const LABELS = ['without', 'with a prior'] as const

const taskOf = ({ task }: Pick<Table, 'task'>) => task.replace(/-(\d+|instruct)$/, '')
const keyOf = (run: Pick<BenchRun, 'table' | 'policy' | 'repeat' | 'fraction'>) =>
  JSON.stringify([run.table, run.policy, run.repeat, run.fraction])

const tables = await openTables(positionals)
const histories = tables.map((table) => ({ ...tableHistory({ table, vectors: [] }), task: taskOf(table) }))
const fractions = values.fractions.split(',').map(Number)
const repeats = Number(values.repeats)
const known = values.json !== undefined && existsSync(values.json) ? readFileSync(values.json, 'utf8').trim() : ''
const runs = new Map(
  known
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as BenchRun)
    .map((run) => [keyOf(run), run]),
)
const priors = new Map(
  [...new Set(tables.map(taskOf))].map((task) => [task, learnPrior(histories.filter((other) => other.task !== task))]),
)
const line = createProgressLine(process.stderr)
const backend = benchBackend()
const total = repeats * tables.length
for (let repeat = 0; repeat < repeats; repeat++) {
  tables.forEach((table, index) => {
    const done = repeat * tables.length + index
    line.show(`${done} of ${total}`, { done, total })
    const variants = LABELS.map((label, variant) => ({
      label,
      policy: 'krige',
      options: {},
      ...(variant === 1 ? { prior: priors.get(taskOf(table))! } : {}),
    }))
    const pending = LABELS.flatMap((policy, variant) =>
      fractions
        .filter((fraction) => !runs.has(keyOf({ table: table.name, policy, repeat, fraction })))
        .map((fraction) => ({ variant, fraction })),
    )
    const fullEvaluations = table.prompts.length < FULL.smallPool ? FULL.small : FULL.large
    const shared = { seed: Number(values.seed), fullEvaluations, variants, details: true, estimand: 'set' as const }
    for (const run of runUnit({ table: index, repeat, pending }, table, [], shared, backend)) {
      runs.set(keyOf(run), run)
      if (values.json !== undefined) appendFileSync(values.json, `${JSON.stringify(run)}\n`)
    }
  })
}
line.end()

const figure = (x: number | undefined) => (x === undefined || Number.isNaN(x) ? '–' : x.toFixed(3))
const covered = ({ details }: BenchRun) => {
  const [low, high] = details!.interval
  return low! <= details!.trueMean! + 1e-9 && details!.trueMean! <= high! + 1e-9 ? 1 : 0
}
for (const fraction of fractions) {
  process.stdout.write(`\nbudget × ${fraction}, ${repeats} repeats\n`)
  process.stdout.write('| task | tables | error without | with | ratio | on the holdout | with | covered | with |\n')
  process.stdout.write('| --- | --- | --- | --- | --- | --- | --- | --- | --- |\n')
  const rows = [...priors.keys()].map((task) => {
    const [before, after] = LABELS.map((policy) =>
      [...runs.values()].filter((run) => run.policy === policy && run.fraction === fraction && taskOf(run) === task),
    ) as [BenchRun[], BenchRun[]]
    const held = (all: readonly BenchRun[]) => {
      const known = all.flatMap(({ holdoutError }) => holdoutError ?? [])
      return known.length > 0 ? mean(known) : undefined
    }
    return {
      task,
      tables: new Set(before.map(({ table }) => table)).size,
      errors: [before, after].map((all) => mean(all.map(({ error }) => error))),
      held: [held(before), held(after)],
      covered: [before, after].map((all) => mean(all.map(covered))),
    }
  })
  const write = (
    name: string,
    count: number,
    { errors, held, covered }: Omit<(typeof rows)[number], 'task' | 'tables'>,
  ) =>
    process.stdout.write(
      `| ${name} | ${count} | ${figure(errors[0])} | ${figure(errors[1])} | ${figure(errors[1]! / errors[0]!)} | ${figure(held[0])} | ${figure(held[1])} | ${covered.map((share) => `${Math.round(100 * share)}%`).join(' | ')} |\n`,
    )
  for (const row of rows) write(row.task, row.tables, row)
  const average = (of: (row: (typeof rows)[number]) => readonly (number | undefined)[]) =>
    [0, 1].map((k) => mean(rows.flatMap((row) => of(row)[k] ?? [])))
  write('all tasks', tables.length, {
    errors: average(({ errors }) => errors),
    held: rows.some(({ held }) => held[0] !== undefined) ? average(({ held }) => held) : [],
    covered: average(({ covered }) => covered),
  })
  const differences = rows.map(({ errors }) => errors[1]! - errors[0]!)
  if (differences.length > 1) {
    const spread = sampleStandardDeviation(differences) / Math.sqrt(differences.length)
    process.stdout.write(`\ndifference ${figure(mean(differences))} ± ${figure(spread)} (standard error over tasks)\n`)
  }
}
