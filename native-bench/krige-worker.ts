/**
 * A process that runs the works on one of Krige's backends: `node krige-worker.ts BACKEND INPUTS`.
 *
 * @module
 */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { type Backend, openBackend, type Workspace } from '../src/numerics/linalg/index.ts'
import type { GaussianProcessModel } from '../src/surrogate/gaussian-process/gaussian-process.ts'
import { marginalLikelihood } from '../src/surrogate/gaussian-process/marginal-likelihood.ts'
import { createPoolPosterior } from '../src/surrogate/gaussian-process/pool-posterior.ts'
import { matern52 } from '../src/surrogate/kernels/matern.ts'
import { scale } from '../src/surrogate/kernels/scale.ts'
import { points } from '../src/surrogate/points.ts'
import { CANDIDATES, WORKS, type Work } from './works.ts'

interface Task {
  /** What has to be put in order before a timed run, outside the clock. */
  before?(): void
  /** Does the work once, and returns what all implementations must agree on, or NaN where this run has no counterpart. */
  run(iteration: number): number
}

const [backendName = 'wasm', inputs = '.'] = process.argv.slice(2)
const NOISE = 0.1
const LENGTH_16 = 1.5
const LENGTH_384 = 8

const read = (name: string, count: number): Float64Array => {
  const bytes = readFileSync(join(inputs, name))
  return new Float64Array(bytes.buffer, bytes.byteOffset, bytes.byteLength / 8).slice(0, count)
}
const pointsOf = (n: number, d: number) => points(read(`points-${d}.f64`, n * d), d)

function gemm(backend: Backend, workspace: Workspace, { size: n }: Work): Task {
  const values = read('points-16.f64', n * 16)
  const a = workspace.matrix(n, n)
  const b = workspace.matrix(n, n)
  for (let i = 0; i < n * n; i++) {
    a.data[i] = values[i % values.length]!
    b.data[i] = values[(7 * i + 3) % values.length]!
  }
  const out = workspace.matrix(n, n)
  return {
    run() {
      backend.gemm(a, b, out)
      return out.data[n + 1]!
    },
  }
}

function cholesky(backend: Backend, workspace: Workspace, { size: n, dimension }: Work): Task {
  const x = workspace.copy(pointsOf(n, dimension).data, n, dimension)
  const a = workspace.matrix(n, n)
  backend.squaredDistances(x, a)
  backend.kernelFill({
    family: 'matern52',
    squaredDistances: a,
    out: a,
    inverseSquaredLength: LENGTH_16 ** -2,
  })
  for (let i = 0; i < n; i++) a.data[i * n + i] = a.data[i * n + i]! + NOISE
  const out = workspace.matrix(n, n)
  return {
    run() {
      backend.cholesky(a, { out })
      return out.data[n * n - 1]!
    },
  }
}

function likelihood(backend: Backend, workspace: Workspace, { kind, size: n, dimension }: Work): Task {
  const data = { points: pointsOf(n, dimension), targets: read('targets.f64', n) }
  const evaluate = marginalLikelihood(data, backend, workspace)
  return {
    run(iteration) {
      // Another length scale every time, the same ones for everybody: nobody can remember an answer.
      const lengthScale = LENGTH_16 * (1 + 1e-3 * iteration)
      const kernel =
        kind === 'lml-iso'
          ? matern52({ lengthScale })
          : matern52({ lengthScales: Array.from({ length: dimension }, () => lengthScale) })
      const model: GaussianProcessModel = { kernel: scale(kernel, 1.2), observationNoise: NOISE, mean: 'zero' }
      const { value, gradient } = evaluate(model)
      return value + gradient.reduce((sum, component) => sum + component, 0)
    },
  }
}

const poolSettings = (backend: Backend, capacity: number) => ({
  backend,
  family: 'matern52' as const,
  lengthScale: LENGTH_384,
  observationNoise: NOISE,
  candidates: points(read('candidates-384.f64', CANDIDATES * 384), 384),
  capacity,
})

function predictCold(backend: Backend, workspace: Workspace, { size: n, dimension }: Work): Task {
  // Conditioning is not timed, here or elsewhere: only the prediction at all candidates.
  const x = workspace.copy(pointsOf(n, dimension).data, n, dimension)
  const kernel = { family: 'matern52', inverseSquaredLength: LENGTH_384 ** -2 } as const
  const factor = workspace.matrix(n, n)
  backend.squaredDistances(x, factor)
  backend.kernelFill({ ...kernel, squaredDistances: factor, out: factor })
  for (let i = 0; i < n; i++) factor.data[i * n + i] = factor.data[i * n + i]! + NOISE
  backend.cholesky(factor)
  const z = workspace.vector(read('targets.f64', n))
  backend.trsm(factor, z)
  const candidates = workspace.copy(read('candidates-384.f64', CANDIDATES * dimension), CANDIDATES, dimension)
  const v = workspace.matrix(n, CANDIDATES)
  const means = workspace.matrix(CANDIDATES, 1)
  const explained = workspace.matrix(CANDIDATES, 1)
  return {
    run() {
      backend.crossSquaredDistances(x, candidates, v)
      backend.kernelFill({ ...kernel, squaredDistances: v, out: v })
      backend.trsm(factor, v)
      backend.gemm(v, z, means, { transposeA: true })
      backend.columnSquaredNorms(v, explained)
      return means.data[1]! + 1 - explained.data[1]!
    },
  }
}

function predictAppend(backend: Backend, _workspace: Workspace, { size: n, dimension }: Work): Task {
  const rounds = 40
  const all = pointsOf(n + rounds, dimension)
  const targets = read('targets.f64', n + rounds)
  const slice = (from: number, to: number) => points(all.data.slice(from * dimension, to * dimension), dimension)
  const start = () => {
    const posterior = createPoolPosterior(poolSettings(backend, n + rounds))
    posterior.append(slice(0, n), targets.subarray(0, n))
    return posterior
  }
  let posterior = start()
  return {
    before() {
      if (posterior.count < n + rounds) return
      posterior[Symbol.dispose]()
      posterior = start()
    },
    run() {
      const { count } = posterior
      posterior.append(slice(count, count + 1), targets.subarray(count, count + 1))
      return posterior.count === n + 1 ? posterior.means[1]! + posterior.variances[1]! : Number.NaN
    },
  }
}

function append(backend: Backend, workspace: Workspace, { size: n, dimension }: Work): Task {
  const x = workspace.copy(pointsOf(n + 1, dimension).data, n + 1, dimension)
  const kernel = { family: 'matern52', inverseSquaredLength: LENGTH_384 ** -2 } as const
  const a = workspace.matrix(n + 1, n + 1)
  const leading = a.view(0, 0, n, n)
  backend.squaredDistances(x.view(0, 0, n, dimension), leading)
  backend.kernelFill({ ...kernel, squaredDistances: leading, out: leading })
  for (let i = 0; i < n; i++) a.data[i * (n + 1) + i] = a.data[i * (n + 1) + i]! + NOISE
  backend.cholesky(leading)
  const candidates = workspace.copy(read('candidates-384.f64', CANDIDATES * dimension), CANDIDATES, dimension)
  const distances = workspace.matrix(n + 1, CANDIDATES)
  const point = x.view(n, 0, 1, dimension)
  const row = a.view(n, 0, 1, n)
  return {
    run() {
      backend.crossSquaredDistances(point, x.view(0, 0, n, dimension), row)
      backend.kernelFill({ ...kernel, squaredDistances: row, out: row })
      a.data[n * (n + 1) + n] = 1 + NOISE
      backend.choleskyAppend(a)
      backend.crossSquaredDistances(point, candidates, distances.view(n, 0, 1, CANDIDATES))
      return a.data[n * (n + 1) + n]!
    },
  }
}

const tasks: Readonly<Record<Work['kind'], (backend: Backend, workspace: Workspace, work: Work) => Task>> = {
  gemm,
  cholesky,
  'lml-iso': likelihood,
  'lml-ard16': likelihood,
  'predict-cold': predictCold,
  'predict-append': predictAppend,
  append,
}

/** Runs until the compiler has settled: for a while, at least once. */
function warmUp(task: Task): void {
  const start = performance.now()
  for (let i = 0; i < 400 && (i < 1 || performance.now() - start < 250); i++) {
    task.before?.()
    task.run(i)
  }
}

const say = (answer: object) => process.stdout.write(`${JSON.stringify(answer)}\n`)
const backend = await openBackend(backendName).catch((error: Error) => error)
let workspace: Workspace | undefined
let task: Task | undefined
let iteration = 0

for await (const line of createInterface({ input: process.stdin })) {
  const question: { prepare?: string; run?: number } = JSON.parse(line)
  if (question.prepare !== undefined) {
    workspace?.[Symbol.dispose]()
    const work = WORKS.find(({ name }) => name === question.prepare)
    if (backend instanceof Error || !work) {
      say({ unsupported: backend instanceof Error ? backend.message : 'no such work' })
      continue
    }
    if (backend.accuracy.arithmetic === 'float32' && work.kind !== 'gemm') {
      say({ unsupported: 'only products run in TensorFlow.js; the rest is the plain TypeScript of krige-js' })
      continue
    }
    workspace = backend.workspace()
    task = tasks[work.kind](backend, workspace, work)
    iteration = 0
    warmUp(task)
    say({ ready: true })
  } else if (task) {
    const milliseconds: number[] = []
    let value: number | null = null
    for (let i = 0; i < (question.run ?? 1); i++) {
      task.before?.()
      const start = performance.now()
      const result = task.run(iteration)
      milliseconds.push(performance.now() - start)
      if (iteration === 0 && !Number.isNaN(result)) value = result
      iteration++
    }
    say({ milliseconds, value })
  }
}
