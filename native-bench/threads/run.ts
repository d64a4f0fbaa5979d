/**
 * Times large works on two threads against one: quiet, and with another process that keeps a core busy.
 *
 *     npm run bench:threads -- [--only WORK,…] [--busy] [--quiet] [--rounds N] [--json FILE]
 *
 * Both backends stand in one process and take turns, run by run, so that a loud neighbor meets both. `neighbors` is the
 * share of the machine's cores that other processes had meanwhile. Where it is not near 0 (quiet) or 0.5 of two cores
 * (busy), the ratio says little.
 *
 * @module
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { cpus } from 'node:os'
import { parseArgs } from 'node:util'
import { type Backend, createBackend, createWasmBackend, type Workspace } from '../../src/numerics/linalg/index.ts'
import { createRandom } from '../../src/numerics/random/index.ts'
import { marginalLikelihood } from '../../src/surrogate/gaussian-process/marginal-likelihood.ts'
import { matern52 } from '../../src/surrogate/kernels/matern.ts'
import { scale } from '../../src/surrogate/kernels/scale.ts'
import { points } from '../../src/surrogate/points.ts'
import { startHelper } from '../../src/threads/open-threaded-backend.ts'

const { values: options } = parseArgs({
  options: {
    only: { type: 'string' },
    busy: { type: 'boolean', default: false },
    quiet: { type: 'boolean', default: false },
    rounds: { type: 'string', default: '8' },
    json: { type: 'string' },
  },
})

type Prepare = (backend: Backend, workspace: Workspace, n: number) => () => number

function inputs(n: number, d: number): Float64Array {
  const random = createRandom(`threads-${n}`)
  return Float64Array.from({ length: n * d }, () => random.normal())
}

function covariance(backend: Backend, workspace: Workspace, n: number) {
  const a = workspace.matrix(n, n)
  backend.squaredDistances(workspace.copy(inputs(n, 16), n, 16), a)
  backend.kernelFill({ family: 'matern52', squaredDistances: a, out: a, inverseSquaredLength: 1 / 16 })
  for (let i = 0; i < n; i++) a.data[i * n + i]! += 1e-2
  return a
}

const gemm: Prepare = (backend, workspace, n) => {
  const [a, b] = [workspace.copy(inputs(n, n), n, n), workspace.copy(inputs(n, n), n, n)]
  const out = workspace.matrix(n, n)
  return () => {
    backend.gemm(a, b, out)
    return out.data[n + 1]!
  }
}

const cholesky: Prepare = (backend, workspace, n) => {
  const a = covariance(backend, workspace, n)
  const out = workspace.matrix(n, n)
  return () => {
    backend.cholesky(a, { out })
    return out.data[n * n - 1]!
  }
}

const inverse: Prepare = (backend, workspace, n) => {
  const factor = covariance(backend, workspace, n)
  backend.cholesky(factor)
  const out = workspace.matrix(n, n)
  return () => {
    backend.inverseFromFactor(factor, out, { triangle: 'lower' })
    return out.data[n * n - 1]!
  }
}

const solve: Prepare = (backend, workspace, n) => {
  const factor = covariance(backend, workspace, n)
  backend.cholesky(factor)
  const values = inputs(n, 2 * n)
  const sides = workspace.matrix(n, 2 * n)
  return () => {
    sides.data.set(values)
    backend.trsm(factor, sides)
    return sides.data[2 * n * n - 1]!
  }
}

/** One evaluation of the log marginal likelihood and its gradient: what a fit does some fifty times. */
const likelihood: Prepare = (backend, workspace, n) => {
  const targets = inputs(n, 1)
  const evaluate = marginalLikelihood({ points: points(inputs(n, 16), 16), targets }, backend, workspace)
  const kernel = scale(matern52({ lengthScales: Array.from({ length: 16 }, (_, i) => 3 + i / 10) }), 1.2)
  return () => evaluate({ kernel, observationNoise: 1e-2, mean: 'zero' }).value
}

const WORKS: Readonly<Record<string, readonly [prepare: Prepare, n: number]>> = {
  'gemm-300': [gemm, 300],
  'gemm-500': [gemm, 500],
  'gemm-1000': [gemm, 1000],
  'gemm-2000': [gemm, 2000],
  'cholesky-300': [cholesky, 300],
  'cholesky-400': [cholesky, 400],
  'cholesky-500': [cholesky, 500],
  'cholesky-700': [cholesky, 700],
  'cholesky-1000': [cholesky, 1000],
  'cholesky-2500': [cholesky, 2500],
  'inverse-300': [inverse, 300],
  'inverse-500': [inverse, 500],
  'inverse-1000': [inverse, 1000],
  'solve-1000': [solve, 1000],
  'likelihood-300': [likelihood, 300],
  'likelihood-500': [likelihood, 500],
  'likelihood-1000': [likelihood, 1000],
}

const only = options.only?.split(',')
const median = (values: readonly number[]) => values.toSorted((a, b) => a - b)[values.length >> 1]!

/** Milliseconds that all cores together have worked, by the machine's own count. */
function worked(): number {
  return cpus().reduce((sum, { times }) => sum + times.user + times.sys + times.nice + times.irq, 0)
}

function time(run: () => number): number {
  const start = performance.now()
  run()
  return performance.now() - start
}

const sleep = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds))

async function measure(name: string, neighbor: 'quiet' | 'busy') {
  const [prepare, n] = WORKS[name]!
  const alone = createBackend('wasm')
  const together = createWasmBackend({ startHelper })
  using one = alone.workspace()
  using two = together.workspace()
  const onOne = prepare(alone, one, n)
  const onTwo = prepare(together, two, n)
  if (onOne() !== onTwo()) throw new Error(`${name}: two threads give another result than one`)
  await sleep(300)
  if (onOne() !== onTwo()) throw new Error(`${name}: two threads give another result than one`)
  const times: [number[], number[]] = [[], []]
  const repeats = Math.max(1, Math.round(100 / time(onTwo)))
  const [before, beforeOwn, start] = [worked(), process.cpuUsage(), performance.now()]
  for (let round = 0; round < Number(options.rounds); round++) {
    for (const [which, run] of [onOne, onTwo].entries()) {
      for (let repeat = 0; repeat < repeats; repeat++) times[which]!.push(time(run))
    }
  }
  const own = process.cpuUsage(beforeOwn)
  const elapsed = performance.now() - start
  const others = Math.max(0, worked() - before - (own.user + own.system) / 1000) / (elapsed * cpus().length)
  const [first, second] = [median(times[0]), median(times[1])]
  const best = [Math.min(...times[0]), Math.min(...times[1])] as const
  return {
    work: name,
    neighbor,
    oneThread: first,
    twoThreads: second,
    ratio: first / second,
    ratioOfBest: best[0] / best[1],
    neighbors: others,
  }
}

const rows = []
const neighbors = (['quiet', 'busy'] as const).filter((name) => (options.busy || options.quiet ? options[name] : true))
for (const neighbor of neighbors) {
  let child: ChildProcess | undefined
  if (neighbor === 'busy') {
    child = spawn(process.execPath, ['-e', 'for (;;) {}'], { stdio: 'ignore' })
    await sleep(300)
  }
  for (const name of Object.keys(WORKS)) {
    if (only && !only.includes(name)) continue
    const row = await measure(name, neighbor)
    rows.push(row)
    process.stdout.write(
      `${neighbor} ${name}: ${row.oneThread.toFixed(2)} ms on one thread, ${row.twoThreads.toFixed(2)} on two: ` +
        `${row.ratio.toFixed(2)}× (best ${row.ratioOfBest.toFixed(2)}×), neighbors ${row.neighbors.toFixed(2)}\n`,
    )
  }
  child?.kill('SIGKILL')
}
if (options.json)
  writeFileSync(options.json, `${JSON.stringify({ rows, cpu: cpus()[0]?.model, cores: cpus().length })}\n`)
