/**
 * Times the engine around the model: `npm run bench:engine -- [--json FILE] [--report]`. Run it on quiet cores.
 *
 * @module
 */
import { readFileSync, writeFileSync } from 'node:fs'
import { availableParallelism, cpus, loadavg } from 'node:os'
import { parseArgs } from 'node:util'
import { bookkeeping, disk, type EngineRow, growingPool, hiddenLimit, openLarge, wholePath } from './works.ts'

const { values } = parseArgs({ options: { json: { type: 'string' }, report: { type: 'boolean' } } })

interface Goal {
  readonly text: string
  readonly work: string
  readonly figure: string
  readonly goal?: readonly ['at least' | 'at most', number]
  readonly digits?: number
  /** A time by the clock on the wall, which other work on the machine lengthens. */
  readonly wall?: true
}

const GOALS: readonly Goal[] = [
  {
    text: 'milliseconds for a durable write of 4 kB on this disk',
    work: 'disk',
    figure: 'fsyncMilliseconds',
    digits: 1,
  },
  ...['random', 'krige'].flatMap((policy): Goal[] => [
    {
      text: `evaluations/s, store + ledger + \`${policy}\`, a model in the process that answers in 1 ms, concurrency 32`,
      work: `bookkeeping-${policy}`,
      figure: 'perSecond',
      goal: ['at least', 1_500],
      wall: true,
    },
    {
      text: 'processor milliseconds an evaluation in that',
      work: `bookkeeping-${policy}`,
      figure: 'processorMilliseconds',
      goal: ['at most', 0.5],
      digits: 2,
    },
  ]),
  ...['random', 'krige'].flatMap((policy): Goal[] => [
    {
      text: `evaluations/s of \`${policy}\` with template, AI SDK, HTTP to another process and metric`,
      work: `http-${policy}`,
      figure: 'perSecond',
      goal: ['at least', 1_500],
      wall: true,
    },
    {
      text: 'processor milliseconds an evaluation in that',
      work: `http-${policy}`,
      figure: 'processorMilliseconds',
      goal: ['at most', 0.5],
      digits: 2,
    },
  ]),
  {
    text: 'milliseconds to open 10,000 candidates × 1,000,000 outcomes',
    work: 'open-large',
    figure: 'milliseconds',
    goal: ['at most', 3_000],
    wall: true,
  },
  {
    text: 'processor milliseconds in that',
    work: 'open-large',
    figure: 'processorMilliseconds',
    goal: ['at most', 3_000],
  },
  { text: 'MB at most in that', work: 'open-large', figure: 'megabytes', goal: ['at most', 500] },
  {
    text: 'milliseconds to the next ask of `krige` after one more prompt; 1,000 prompts, 2,500 outcomes, 384 dimensions',
    work: 'growing-pool',
    figure: 'milliseconds',
    goal: ['at most', 15],
    digits: 1,
    wall: true,
  },
  { text: 'slowest of 50 of those, where the model is fitted again', work: 'growing-pool', figure: 'slowest' },
  ...[20, 200].flatMap((limit): Goal[] => [
    {
      text: `share used of a hidden limit of ${limit} requests/s`,
      work: `limit-${limit}`,
      figure: 'share',
      goal: ['at least', 0.9],
      wall: true,
      digits: 2,
    },
    { text: 'failures recorded in that', work: `limit-${limit}`, figure: 'failed', goal: ['at most', 0] },
    { text: 'refused calls an answer in that', work: `limit-${limit}`, figure: 'refusedPerAnswer', digits: 3 },
  ]),
]

const WORKS: readonly (() => Promise<EngineRow>)[] = [
  disk,
  () => bookkeeping('random'),
  () => bookkeeping('krige'),
  () => wholePath('random'),
  () => wholePath('krige'),
  openLarge,
  growingPool,
  () => hiddenLimit(20),
  () => hiddenLimit(200),
]

const load = loadavg()[0]!
const rows: EngineRow[] = []
for (const work of WORKS) {
  const row = await work()
  rows.push(row)
  process.stderr.write(`${row.work} ${JSON.stringify(row.figures)}\n`)
}

/** More work than cores while it ran, before or after: times on the wall are then other people's. */
const isBusy = Math.max(load, loadavg()[0]! - 1) > 0.5 * availableParallelism()

const lines = GOALS.map(({ text, work, figure, goal, digits = 0, wall }) => {
  const value = rows.find((row) => row.work === work)!.figures[figure]!
  const reached = goal && (goal[0] === 'at least' ? value >= goal[1] : value <= goal[1])
  const verdict = reached === undefined ? '' : reached ? 'reached' : wall && isBusy ? 'machine busy' : 'missed'
  return `| ${text} | ${goal ? `${goal[0] === 'at least' ? '≥' : '≤'} ${goal[1]}` : ''} | ${value.toFixed(digits)} | ${verdict} |`
})
const table = ['| | goal | measured | |', '|---|---:|---:|---|', ...lines].join('\n')
process.stdout.write(`${table}\n`)

const machine = `${cpus()[0]?.model.trim() ?? 'unknown processor'}, ${availableParallelism()} threads`
const when = new Date().toISOString().slice(0, 10)
if (values.json !== undefined) {
  writeFileSync(
    values.json,
    `${JSON.stringify({ when, machine, node: process.versions.node, load, rows }, undefined, 2)}\n`,
  )
}
if (values.report) {
  const readme = new URL('./README.md', import.meta.url)
  const [START, END] = ['<!-- results: written by npm run bench:engine -->', '<!-- end of results -->']
  const text = readFileSync(readme, 'utf8')
  const results = `${START}\n\n${when}; ${machine}; Node.js ${process.versions.node}; load average ${load.toFixed(1)} when it began.\n\n${table}\n\n${END}`
  const [start, end] = [text.indexOf(START), text.indexOf(END)]
  writeFileSync(readme, text.slice(0, start) + results + text.slice(end + END.length))
}
