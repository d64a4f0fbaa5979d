/**
 * A process that runs the works on one of Krige's backends: `node krige-worker.ts BACKEND INPUTS`.
 *
 * @module
 */
import { type Backend, openBackend, type Workspace } from '../src/numerics/linalg/index.ts'
import { type GaussianProcessModel, gaussianProcess } from '../src/surrogate/gaussian-process/gaussian-process.ts'
import { marginalLikelihood } from '../src/surrogate/gaussian-process/marginal-likelihood.ts'
import { createPoolPosterior } from '../src/surrogate/gaussian-process/pool-posterior.ts'
import { matern52 } from '../src/surrogate/kernels/matern.ts'
import { scale } from '../src/surrogate/kernels/scale.ts'
import { points } from '../src/surrogate/points.ts'
import { fillCovariance, LENGTH_16, NOISE } from './covariance.ts'
import { fillFactors, readInput, serve, type Task } from './serve.ts'
import { CANDIDATES, type Work } from './works.ts'

const [backendName = 'wasm', inputs = '.'] = process.argv.slice(2)
const LENGTH_384 = 8

const read = (name: string, count: number): Float64Array => readInput(inputs, name, count)
const pointsOf = (n: number, d: number) => points(read(`points-${d}.f64`, n * d), d)

function gemm(backend: Backend, workspace: Workspace, { size: n }: Work): Task {
  const a = workspace.matrix(n, n)
  const b = workspace.matrix(n, n)
  const out = workspace.matrix(n, n)
  fillFactors(read('points-16.f64', n * 16), n, a.data, b.data)
  return {
    run() {
      backend.gemm(a, b, out)
      return out.data[n + 1]!
    },
  }
}

function cholesky(backend: Backend, workspace: Workspace, { size: n, dimension }: Work): Task {
  const a = workspace.matrix(n, n)
  fillCovariance(backend, workspace, pointsOf(n, dimension).data, a)
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

function predictCold(backend: Backend, _workspace: Workspace, { size: n, dimension }: Work): Task {
  // Conditioning is not timed, here or elsewhere: only the prediction at all candidates.
  const model = { kernel: matern52({ lengthScale: LENGTH_384 }), observationNoise: NOISE, mean: 'zero' } as const
  const data = { points: pointsOf(n, dimension), targets: read('targets.f64', n) }
  const process = gaussianProcess(model, data, backend)
  const candidates = points(read('candidates-384.f64', CANDIDATES * dimension), dimension)
  return {
    run() {
      const { mean, variance } = process.posterior(candidates)
      return mean[1]! + variance[1]!
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
  fillCovariance(backend, workspace, pointsOf(n, dimension).data, leading, LENGTH_384)
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

const backend = await openBackend(backendName).catch((error: Error) => error.message)
let workspace: Workspace | undefined

await serve((work) => {
  workspace?.[Symbol.dispose]()
  workspace = undefined
  if (typeof backend === 'string') return backend
  if (backend.accuracy.arithmetic === 'float32' && work.kind !== 'gemm') {
    return 'only products run in TensorFlow.js; the rest is the plain TypeScript of krige-js'
  }
  workspace = backend.workspace()
  return tasks[work.kind](backend, workspace, work)
})
