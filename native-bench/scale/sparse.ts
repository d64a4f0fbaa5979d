/**
 * The sparse Gaussian process: time of a fit, and what it loses against the exact one.
 *
 * @module
 */
import type { Backend } from '../../src/numerics/linalg/index.ts'
import { createRandom } from '../../src/numerics/random/index.ts'
import {
  cubePriors,
  fitProcess,
  gaussianProcess,
  sparseGaussianProcess,
  startingModel,
} from '../../src/surrogate/gaussian-process/index.ts'
import { takeObservations } from '../../src/surrogate/gaussian-process/training-data.ts'
import { matern52 } from '../../src/surrogate/kernels/matern.ts'
import { scale } from '../../src/surrogate/kernels/scale.ts'
import { points } from '../../src/surrogate/points.ts'
import type { Posterior } from '../../src/surrogate/posterior.ts'
import { type Taken, timed } from './timed.ts'

const OBSERVATIONS = 20_000
const EXACT = 5000
const HELD_OUT = 2000
const NOISE = 0.3

export interface SparseRow {
  readonly data: string
  readonly inducing: number
  /** Root mean square of the difference of predictive means, over the standard deviation of the targets. */
  readonly meanDifference: number
  /** Median ratio of predictive standard deviations, noise included. */
  readonly deviationRatio: number
  /** Mean negative log predictive density of held-out targets, sparse and exact. */
  readonly density: number
  readonly exactDensity: number
  /** To choose inducing points and condition. */
  readonly taken: Taken
}

/** Sums of waves along a few coordinates, with noise: the others do not matter. */
function observations(n: number, dimension: number, relevant: number) {
  const random = createRandom(`sparse ${dimension}`)
  const x = points(
    Float64Array.from({ length: n * dimension }, () => random.uniform()),
    dimension,
  )
  const truth = Float64Array.from({ length: n }, (_, i) => {
    let value = 0
    for (let k = 0; k < relevant; k++) {
      const [a, b] = [x.data[i * dimension + k]!, x.data[i * dimension + ((k + 1) % relevant)]!]
      value += Math.sin(4 * a + 2 * k) + 0.5 * Math.cos(5 * a * b)
    }
    return value / Math.sqrt(relevant)
  })
  return { points: x, targets: truth.map((value) => value + NOISE * random.normal()) }
}

function starts(dimension: number) {
  const priors = cubePriors(dimension)
  const kernel = scale(matern52({ lengthScales: new Array<number>(dimension).fill(1) }))
  return { priors, starts: [startingModel(kernel, priors, { noise: 0.1 })] }
}

/** A fit of 20,000 observations in 64 dimensions: hyper-parameters, inducing points, conditioning. */
export function timeOfFit(backend: Backend): Taken {
  const data = observations(OBSERVATIONS, 64, 8)
  return timed(() => fitProcess(data, starts(64), backend)).taken
}

/** Against the exact process at the same hyper-parameters, for some numbers of inducing points. */
export function errors(
  backend: Backend,
  dimension: number,
  relevant: number,
  inducing: readonly number[],
): SparseRow[] {
  const all = observations(EXACT + HELD_OUT, dimension, relevant)
  const range = (from: number, to: number) => Array.from({ length: to - from }, (_, i) => from + i)
  const data = takeObservations(all, range(0, EXACT))
  const heldOut = takeObservations(all, range(EXACT, EXACT + HELD_OUT))
  const { model } = fitProcess(takeObservations(data, range(0, 1000)), starts(dimension), backend)
  const exact = gaussianProcess(model, data, backend).posterior(heldOut.points)
  const density = (posterior: Posterior) =>
    heldOut.targets.reduce((sum, target, i) => {
      const variance = posterior.variance[i]! + model.observationNoise
      return sum + 0.5 * (Math.log(2 * Math.PI * variance) + (target - posterior.mean[i]!) ** 2 / variance)
    }, 0) / HELD_OUT
  const spread = Math.sqrt(data.targets.reduce((sum, value) => sum + value * value, 0) / EXACT)
  return inducing.map((count) => {
    const { result: process, taken } = timed(() => sparseGaussianProcess(model, data, { inducing: count }, backend))
    const sparse = process.posterior(heldOut.points)
    const squares = sparse.mean.reduce((sum, value, i) => sum + (value - exact.mean[i]!) ** 2, 0)
    const ratios = Float64Array.from(sparse.variance, (value, i) =>
      Math.sqrt((value + model.observationNoise) / (exact.variance[i]! + model.observationNoise)),
    ).sort()
    return {
      data: `n = ${EXACT}, d = ${dimension}`,
      inducing: process.inducing.count,
      meanDifference: Math.sqrt(squares / HELD_OUT) / spread,
      deviationRatio: ratios[HELD_OUT >> 1]!,
      density: density(sparse),
      exactDensity: density(exact),
      taken,
    }
  })
}
