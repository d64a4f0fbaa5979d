/**
 * `node data/results/calibration.ts [RUNS]`: intervals, verdicts and races on pools whose truth was drawn, on the
 * recorded null pool, and on the recorded tables. It brings calibration.md up to date. The prompts of simulated
 * outcomes are ticket triage's. Recorded examples are dealt anew every time: half to search on, half to judge by.
 *
 * `node data/results/calibration.ts RUNS DIRECTORY` prints the same for the tables of a directory, by size of pool; it
 * writes nothing.
 *
 * @module
 */
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { measurePools, recordedKind, simulatedKinds } from '../../src/bench/prompts/calibration-pools.ts'
import { replaceSection } from '../../src/bench/prompts/replace-section.ts'
import { benchBackend } from '../../src/bench/tables/bench-backend.ts'
import { createProgressLine } from '../../src/cli/progress-line.ts'
import { INTERVAL_LEVEL } from '../../src/policy/policy.ts'
import { loadTable } from '../../src/recording/load-table.ts'
import { openTables } from './open-tables.ts'

const runs = Number(process.argv[2] ?? 200)
const elsewhere = process.argv[3]
const ownKinds = async () => {
  const tables = await openTables([join(import.meta.dirname, '../tables')])
  const { prompts } = tables.find(({ name }) => name.startsWith('ticket-triage'))!
  const spellings = await loadTable(join(import.meta.dirname, '../null-pool/ticket-triage-null.gemma-3-270m.json.gz'))
  return [
    ...simulatedKinds(prompts),
    recordedKind([spellings], 'spellings of one prompt, recorded'),
    recordedKind(tables, 'recorded tables'),
  ]
}
const kindsOf = async (folder: string) => {
  const sizes = Map.groupBy(await openTables([folder]), ({ prompts }) =>
    prompts.length < 100 ? 'pools of fewer than 100 prompts' : 'larger pools',
  )
  return [...sizes].map(([name, tables]) => recordedKind(tables, name))
}
const line = createProgressLine(process.stderr)
const rows = measurePools({
  kinds: elsewhere ? await kindsOf(elsewhere) : await ownKinds(),
  fractions: [0.25, 0.5, 1],
  runs,
  seed: 1,
  backend: benchBackend(),
  onProgress: (done, total) => line.show(`${done} of ${total}`, { done, total }),
})
line.end()

const percent = (share: number) => `${Math.round(100 * share)}%`
const text = [
  `${runs} pools per line, seed 1. Simulated ones have 168 prompts and 60 search examples; recorded ones as they are.\n`,
  `| pool | budget × | ${percent(INTERVAL_LEVEL)} intervals that cover | stated − true | called improved | error | best halving |`,
  '| --- | --- | --- | --- | --- | --- | --- |',
  ...rows.map(
    ({ kind, fraction, coverage, optimism, improved, error, halvingError }) =>
      `| ${kind} | ${fraction} | ${percent(coverage)} | ${optimism.toFixed(3)} | ${percent(improved)} | ${error.toFixed(3)} | ${halvingError.toFixed(3)} |`,
  ),
].join('\n')
process.stdout.write(`${text}\n`)
if (!elsewhere) {
  const page = join(import.meta.dirname, 'calibration.md')
  await writeFile(page, replaceSection(await readFile(page, 'utf8'), 'bench:pools', text))
}
