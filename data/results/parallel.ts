/**
 * What it costs in sample efficiency to measure many cells at once, for the krige policy on tables. Cells are measured
 * one after another, with 8 and 32 workers whose cells take times of their own, and in rounds of at most 200 that are
 * told together. Without embeddings.
 *
 *     node data/results/parallel.ts data/tables data/instruct --repeats 10
 *
 * @module
 */
import { parseArgs } from 'node:util'
import { mean, sampleStandardDeviation } from 'simple-statistics'
import { benchBackend } from '../../src/bench/tables/bench-backend.ts'
import { type ReplayOptions, replay, shuffleTable } from '../../src/bench/tables/replay.ts'
import { deriveSeed } from '../../src/bench/tables/seeds.ts'
import { budgetOf } from '../../src/bench/tables/table-unit.ts'
import { normalizedError, searchMeans } from '../../src/bench/tables/truth.ts'
import { createProgressLine } from '../../src/cli/progress-line.ts'
import { createKrigePolicy } from '../../src/policy/krige.ts'
import { openTables } from './open-tables.ts'

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    repeats: { type: 'string', default: '10' },
    fractions: { type: 'string', default: '0.25,0.5,1' },
  },
})
const WAYS: Readonly<Record<string, Pick<ReplayOptions, 'delay' | 'options'>>> = {
  'one after another': {},
  '8 workers': { delay: { inFlight: 8 } },
  '32 workers': { delay: { inFlight: 32 } },
  'batches of 200': { delay: { inFlight: 200, inRounds: true }, options: { batch: 200 } },
  'batches of 200, nobody plans for': { delay: { inFlight: 200, inRounds: true } },
}
/** Full evaluations at fraction 1: fewer where the pool is small. */
const FULL = { large: 25, small: 10, smallPool: 100 }

const tables = await openTables(positionals)
const fractions = values.fractions.split(',').map(Number)
const repeats = Number(values.repeats)
const backend = benchBackend()
const line = createProgressLine(process.stderr)
const total = repeats * tables.length
/** Errors by way, fraction and table. */
const errors = new Map<string, number[][]>()
for (let repeat = 0; repeat < repeats; repeat++) {
  tables.forEach((table, t) => {
    line.show(`${repeat * tables.length + t} of ${total}`, { done: repeat * tables.length + t, total })
    const shuffled = shuffleTable(table, deriveSeed(1, table.name, repeat, 'deck'))
    const truth = searchMeans(table)
    const full = table.prompts.length < FULL.smallPool ? FULL.small : FULL.large
    for (const [way, told] of Object.entries(WAYS)) {
      for (const fraction of fractions) {
        const budget = budgetOf(table, full, fraction)
        const seed = deriveSeed(1, table.name, repeat, fraction)
        const { chosen } = replay(createKrigePolicy, shuffled, { budget, seed, backend, ...told })
        const key = `${way} ${fraction}`
        const rows = errors.get(key) ?? tables.map(() => [])
        rows[t]!.push(normalizedError(truth, chosen))
        errors.set(key, rows)
      }
    }
  })
}
line.end()

process.stdout.write(`${tables.length} tables, ${repeats} repeats; ± standard errors of the difference over tables\n\n`)
process.stdout.write(
  `| | ${fractions.map((fraction) => `× ${fraction}`).join(' | ')} |\n| --- |${' --- |'.repeat(fractions.length)}\n`,
)
const [reference] = Object.keys(WAYS)
for (const way of Object.keys(WAYS)) {
  const cells = fractions.map((fraction) => {
    const own = errors.get(`${way} ${fraction}`)!.map(mean)
    const base = errors.get(`${reference} ${fraction}`)!.map(mean)
    const differences = own.map((error, t) => error - base[t]!)
    if (way === reference) return mean(own).toFixed(3)
    const spread = tables.length > 1 ? sampleStandardDeviation(differences) / Math.sqrt(tables.length) : Number.NaN
    return `${mean(own).toFixed(3)} (${mean(differences) < 0 ? '−' : '+'}${Math.abs(mean(differences)).toFixed(3)} ± ${spread.toFixed(3)})`
  })
  process.stdout.write(`| ${way} | ${cells.join(' | ')} |\n`)
}
