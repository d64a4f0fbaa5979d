/**
 * Times the numeric core against its peers: every implementation in a process of its own, taking turns at every work.
 *
 *     npm run bench:native -- [--json FILE] [--quick] [--only WORK,…] [--without IMPLEMENTATION,…] [--resume] [--report]
 *
 * @module
 */
import { existsSync } from 'node:fs'
import { readFile, rm, writeFile } from 'node:fs/promises'
import { cpus } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { FIGURES, type Row, ratio } from './figures.ts'
import { writeInputs } from './inputs.ts'
import { buildAddon } from './openblas-addon/build.ts'
import { type Participant, startParticipant } from './participant.ts'
import { cacheFolder, peerEnvironment, preparePython } from './python.ts'
import { renderPlot, renderReadme } from './report.ts'
import { IMPLEMENTATIONS, type Implementation, WORKS, type Work } from './works.ts'

const { values: options } = parseArgs({
  options: {
    json: { type: 'string' },
    quick: { type: 'boolean', default: false },
    only: { type: 'string' },
    without: { type: 'string', default: '' },
    resume: { type: 'boolean', default: false },
    report: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
})

const say = (line: string) => process.stderr.write(`${line}\n`)

if (options.help) {
  process.stdout.write(`npm run bench:native -- [options]
  --json FILE       write {"rows":[{"work","implementation","milliseconds","best"}]}, after every work
  --resume          keep the works that FILE holds already
  --quick           fewer repetitions
  --only A,B        only these works: ${WORKS.map(({ name }) => name).join(', ')}
  --without A,B     without these implementations: ${IMPLEMENTATIONS.join(', ')}
  --report          rewrite native-bench/README.md and its plot
`)
  process.exit(0)
}

const only = options.only?.split(',')
const without = new Set(options.without.split(','))
const works = WORKS.filter(({ name }) => !only || only.includes(name))
const here = import.meta.dirname

const ROUNDS = options.quick ? 2 : 7
/** Time that one implementation gets in one round of one work. */
const ROUND_MILLISECONDS = options.quick ? 60 : 120
/** Slower works get fewer rounds, so that everything ends in minutes. */
const MOST_MILLISECONDS = options.quick ? 1500 : 5000
/** From then on one round a work has to do. */
const DEADLINE = performance.now() + 60_000 * (options.quick ? 1.5 : 5)

const BACKENDS: Readonly<Partial<Record<Implementation, string>>> = {
  'krige-1t': 'wasm',
  'krige-wide': 'wasm',
  'krige-simd': 'wasm-simd128',
  'krige-js': 'js',
  'ml-matrix': 'ml-matrix',
  'tfjs-wasm': 'tfjs-wasm',
  'tfjs-node': 'tfjs-node',
}

/** Flags of Node.js: V8 may join neighboring 128-bit vectors into 256-bit ones, as an experiment of its own. */
const FLAGS: Readonly<Partial<Record<Implementation, readonly string[]>>> = {
  'krige-wide': ['--experimental-wasm-revectorize'],
}

const PEERS: Readonly<Partial<Record<Implementation, readonly [role: string, threads: number]>>> = {
  'openblas-1t': ['openblas', 1],
  'openblas-2t': ['openblas', 2],
  'scikit-learn': ['scikit-learn', 1],
}

interface Measurement {
  readonly row: Row
  /** What the implementation computed; all must agree. */
  readonly value: number | null
}

interface Entry {
  readonly participant: Participant
  readonly count: number
  readonly times: number[]
  readonly value: number | null
  spent: number
}

/** Prepares a participant; undefined when the work is not its own, or it fails. */
async function enter(work: Work, participant: Participant): Promise<Entry | undefined> {
  if (work.without.includes(participant.name)) return undefined
  try {
    if ((await participant.prepare(work.name)) !== undefined) return undefined
    const { milliseconds, value } = await participant.run(1)
    const first = milliseconds[0] ?? 1
    const count = Math.max(1, Math.min(200, Math.round(ROUND_MILLISECONDS / first)))
    return { participant, count, times: [first], spent: first, value }
  } catch (error) {
    say(`  ${participant.name} fails at ${work.name}: ${String(error)}`)
    return undefined
  }
}

async function measure(work: Work, participants: readonly Participant[]): Promise<Measurement[]> {
  const entries: Entry[] = []
  for (const participant of participants) {
    const entry = await enter(work, participant)
    if (entry) entries.push(entry)
  }
  for (let round = 0; round < ROUNDS; round++) {
    if (round > 0 && performance.now() > DEADLINE) break
    for (const entry of entries) {
      if (round > 0 && entry.spent > MOST_MILLISECONDS) continue
      const { milliseconds } = await entry.participant.run(entry.count)
      entry.times.push(...milliseconds)
      entry.spent += milliseconds.reduce((sum, time) => sum + time, 0)
    }
  }
  return entries.map(({ participant, times, value }) => ({
    row: { work: work.name, implementation: participant.name, milliseconds: median(times), best: Math.min(...times) },
    value,
  }))
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b)
  const middle = sorted.length >> 1
  return sorted.length % 2 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2
}

function warnOfDisagreement(work: Work, measurements: readonly Measurement[]): void {
  const values = measurements.filter(({ value }) => value !== null)
  const reference = values[0]?.value ?? 0
  for (const { row, value } of values) {
    const error = Math.abs(value! - reference) / Math.max(1, Math.abs(reference))
    const float32 = row.implementation.startsWith('tfjs')
    if (error > (float32 ? 1e-4 : 1e-8)) {
      say(`  warning: ${row.implementation} computes ${value} at ${work.name}; expected ${reference}`)
      process.exitCode = 1
    }
  }
}

const file = options.json
let rows: Row[] = []
if (options.resume && file && existsSync(file)) {
  const earlier: { rows: Row[] } = JSON.parse(await readFile(file, 'utf8'))
  rows = earlier.rows
}

const wanted = (names: readonly Implementation[]) => names.filter((name) => !without.has(name))
const peerNames = wanted(IMPLEMENTATIONS.filter((name) => PEERS[name]))
const python = peerNames.length > 0 ? await preparePython(cacheFolder()) : 'left out'
const absent: string[] = []
if (typeof python === 'string') absent.push(`Without ${peerNames.join(', ')}: ${python}.`)
else say(python.description)
const libraries = typeof python === 'string' ? [] : python.libraries
const addon = without.has('openblas-addon')
  ? 'left out'
  : await buildAddon(join(cacheFolder(), 'native-bench-addon'), libraries)
if (typeof addon === 'string') absent.push(`Without openblas-addon: ${addon}.`)
for (const line of absent) say(line)

const inputs = await writeInputs()
const participants: Participant[] = []
try {
  for (const name of wanted(IMPLEMENTATIONS)) {
    const backend = BACKENDS[name]
    const peer = PEERS[name]
    if (backend) {
      participants.push(
        startParticipant(
          name,
          process.execPath,
          [...(FLAGS[name] ?? []), join(here, 'krige-worker.ts'), backend, inputs],
          process.env,
        ),
      )
    } else if (name === 'openblas-addon' && typeof addon !== 'string') {
      const args = [join(here, 'openblas-addon/worker.ts'), addon.file, addon.library, inputs]
      participants.push(startParticipant(name, process.execPath, args, peerEnvironment(1)))
    } else if (peer && typeof python !== 'string') {
      const [role, threads] = peer
      const args = [join(here, 'peers.py'), role, inputs]
      participants.push(startParticipant(name, python.command, args, peerEnvironment(threads)))
    }
  }
  for (const work of works) {
    if (rows.some((row) => row.work === work.name)) continue
    const measurements = await measure(work, participants)
    rows = [...rows, ...measurements.map(({ row }) => row)]
    say(
      `${work.name.padEnd(16)}${measurements.map(({ row }) => `${row.implementation} ${row.milliseconds.toPrecision(3)}`).join('   ')}`,
    )
    warnOfDisagreement(work, measurements)
    if (file) await writeFile(file, `${JSON.stringify({ rows }, null, 1)}\n`)
  }
} finally {
  for (const participant of participants) participant.stop()
  await rm(inputs, { recursive: true, force: true })
}

for (const { text, work, peer, target } of FIGURES) {
  const reached = ratio(rows, work, peer)
  if (reached !== undefined) {
    process.stdout.write(
      `${reached >= target ? 'reached' : 'missed '} ${reached.toPrecision(3)}× (≥${target}×)  ${text}\n`,
    )
  }
}

if (options.report) {
  const description = {
    machine: `${cpus().length} × ${cpus()[0]?.model ?? 'unknown processor'}`,
    node: process.versions.node,
    python: typeof python === 'string' ? 'no Python peers' : python.description,
    when: new Date().toISOString().slice(0, 10),
    absent,
  }
  const readme = join(here, 'README.md')
  await writeFile(readme, renderReadme(await readFile(readme, 'utf8'), rows, description))
  await writeFile(join(here, 'ratios.svg'), renderPlot(rows))
}
