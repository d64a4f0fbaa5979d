import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, it } from 'vitest'
import { LINE_UP } from '../../src/bench/prompts/line-up.ts'
import { readResults } from '../../src/bench/tables/bench-results.ts'
import { runTables } from '../../src/bench/tables/run-tables.ts'

const data = join(import.meta.dirname, '../../data')
const TABLE = 'ticket-triage.gemma-3-270m'
const REPEATS = 10

let folder: string | undefined
afterAll(async () => {
  if (folder) await rm(folder, { recursive: true, force: true })
})

it('the committed results are those of the policies as they are', async () => {
  folder = await mkdtemp(join(tmpdir(), 'krige-current-'))
  const { settings, runs } = await readResults(join(data, 'results/recorded.json.gz'))
  const now = await runTables({
    files: [join(data, `tables/${TABLE}.json.gz`)],
    variants: LINE_UP.filter(({ label }) => label === 'krige' || label === 'triple-sh'),
    fullEvaluations: settings!.fullEvaluations,
    fractions: [0.25],
    repeats: REPEATS,
    seed: settings!.seed,
    embeddingCache: folder,
  })
  const same = now.runs.filter((run) =>
    runs.some(
      ({ table, policy, repeat, fraction, chosen }) =>
        table === run.table &&
        policy === run.policy &&
        repeat === run.repeat &&
        fraction === run.fraction &&
        chosen === run.chosen,
    ),
  )
  // Another processor may round otherwise, and one run in twenty go another way; another policy changes a third of them.
  expect(
    same.length / now.runs.length,
    'the policy has changed since: delete data/results/recorded*.json.gz and run `npm run bench:prompts`',
  ).toBeGreaterThanOrEqual(0.9)
}, 300_000)
