/**
 * Times workers: `npm run bench:workers -- [--workers 1,8] [--concurrency 1] [--cells 400] [--json FILE]`. A PostgreSQL server,
 * a model server that answers after 100 ms, a coordinator and its workers, all on this machine. Run it on quiet cores.
 *
 * Prints calls per second and what of the processor a call takes, by process. Linux only: it reads `/proc`.
 *
 * @module
 */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import { availableParallelism, loadavg } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { startKrige, taskFolder } from '../../test/support/krige-cli.ts'
import { startPostgres } from '../../test/support/postgres.ts'

const LATENCY = 100
const PROMPTS = 12
const { values } = parseArgs({
  options: {
    workers: { type: 'string', default: '1,8' },
    concurrency: { type: 'string', default: '1' },
    cells: { type: 'string', default: '400' },
    json: { type: 'string' },
  },
})
const cells = Number(values.cells)
const TICKS = Number(execFileSync('getconf', ['CLK_TCK'], { encoding: 'utf8' }))

interface Row {
  readonly workers: number
  readonly callsPerSecond: number
  /** Processor milliseconds per call. */
  readonly coordinator: number
  readonly worker: number
  readonly database: number
}

/** Processor seconds of a process so far. */
function processorSeconds(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]!.split(' ')
  return (Number(fields[11]) + Number(fields[12])) / TICKS
}

/** The server and what it forked. */
const processesOf = (postmaster: number): number[] => [
  postmaster,
  ...execFileSync('ps', ['-o', 'pid=', '--ppid', String(postmaster)], { encoding: 'utf8' })
    .trim()
    .split(/\s+/)
    .map(Number),
]

async function measure(workers: number): Promise<Row> {
  const postgres = await startPostgres()
  const server = spawn(process.execPath, [
    join(import.meta.dirname, '../../test/support/serve-chat.ts'),
    '127.0.0.1',
    `${LATENCY}`,
  ])
  const arrivals: number[] = []
  const model = await modelOf(server, arrivals)
  // Few enough prompts that the policy is none of the time.
  const folder = taskFolder(model, {
    prompts: PROMPTS,
    search: Math.max(100, Math.ceil(cells / PROMPTS)),
    holdout: 20,
    budget: { evaluations: cells, calls: 2 * cells },
  })
  const environment = { KRIGE_STORE: postgres.database() }
  const measuring = Array.from({ length: workers }, () =>
    startKrige(folder, ['worker', '--no-cache', '--concurrency', values.concurrency], environment),
  )
  try {
    const waiting = () => measuring.every(({ stderrSoFar }) => stderrSoFar().includes('Waiting for cells'))
    while (!waiting()) await pause(50)
    const run = startKrige(folder, ['run', 'task.yaml', '--json', '--no-cache', '--policy', 'random'], environment)
    const usage = () => ({
      at: performance.now(),
      calls: arrivals.length,
      coordinator: processorSeconds(run.child.pid!),
      worker: measuring.reduce((sum, { child }) => sum + processorSeconds(child.pid!), 0),
      database: processesOf(postgres.pid).reduce((sum, pid) => sum + processorSeconds(pid), 0),
    })
    // Once all are at work, until they begin to run out of it.
    while (arrivals.length < 0.2 * cells && run.child.exitCode === null) await pause(5)
    const from = usage()
    while (arrivals.length < 0.8 * cells && run.child.exitCode === null) await pause(5)
    const to = usage()
    const { code, stderr } = await run.done
    if (code !== 0) throw new Error(stderr)
    const calls = to.calls - from.calls
    const perCall = (what: 'coordinator' | 'worker' | 'database') => (1000 * (to[what] - from[what])) / calls
    return {
      workers,
      callsPerSecond: (1000 * calls) / (to.at - from.at),
      coordinator: perCall('coordinator'),
      worker: perCall('worker'),
      database: perCall('database'),
    }
  } finally {
    for (const { child } of measuring) child.kill('SIGKILL')
    await Promise.all(measuring.map(({ done }) => done))
    server.kill()
    postgres.close()
    rmSync(folder, { recursive: true, force: true })
  }
}

const pause = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds))

/** What a task calls the server's model, once it listens; then it writes when requests came. */
function modelOf(server: ChildProcess, arrivals: number[]): Promise<string> {
  return new Promise((resolve, reject) => {
    server.on('error', reject)
    server.stdout!.setEncoding('utf8').on('data', (piece: string) => {
      for (const line of piece.split('\n')) {
        if (line.startsWith('openai-compatible:')) resolve(line)
        else if (line.startsWith('{')) arrivals.push(performance.now())
      }
    })
  })
}

const rows: Row[] = []
for (const workers of values.workers.split(',').map(Number)) {
  const row = await measure(workers)
  rows.push(row)
  const { callsPerSecond, coordinator, worker, database } = row
  process.stdout.write(
    `${workers} workers of ${values.concurrency}: ${callsPerSecond.toFixed(1)} calls/s, ${(callsPerSecond / rows[0]!.callsPerSecond).toFixed(1)}×; ` +
      `processor ms per call: coordinator ${coordinator.toFixed(1)}, workers ${worker.toFixed(1)}, database ${database.toFixed(1)}\n`,
  )
}
process.stdout.write(`${availableParallelism()} cores, load ${loadavg()[0]!.toFixed(1)}\n`)
if (values.json !== undefined) writeFileSync(values.json, `${JSON.stringify({ rows }, undefined, 1)}\n`)
