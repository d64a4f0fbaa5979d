import { acquisitionOnPool, indexOfLargest, logExpectedImprovement } from '../../src/acquisition/index.ts'
import type { Backend } from '../../src/numerics/linalg/backend.ts'
import { createRandom } from '../../src/numerics/random/index.ts'
import { fitModel, startingModel } from '../../src/surrogate/gaussian-process/fit.ts'
import { type GaussianProcessModel, gaussianProcess } from '../../src/surrogate/gaussian-process/gaussian-process.ts'
import { distancePriors } from '../../src/surrogate/gaussian-process/prior.ts'
import { standardize } from '../../src/surrogate/gaussian-process/standardize.ts'
import { matern52, scale } from '../../src/surrogate/kernels/index.ts'
import { points } from '../../src/surrogate/points.ts'
import type { PeerProcess } from './peer-process.ts'

const TRAINING = 200
const CANDIDATES = 1000
const DIMENSION = 384
const REPEATS = 9

/**
 * Fit from the last fit and propose from a pool, by Krige and by BoTorch, on the same unit-norm features. These form
 * clusters, as embeddings of prompts do.
 *
 * @returns median milliseconds of each.
 */
export async function measurePool(peer: PeerProcess, backend: Backend): Promise<{ ours: number; theirs: number }> {
  const random = createRandom(1)
  const centers = Array.from({ length: 12 }, () => Float64Array.from({ length: DIMENSION }, () => random.normal()))
  const embed = () => {
    const center = centers[random.integer(centers.length)]!
    const x = center.map((value) => value + 0.8 * random.normal())
    const norm = Math.hypot(...x)
    return x.map((value) => value / norm)
  }
  const inputs = Array.from({ length: TRAINING }, embed)
  const candidates = points(Array.from({ length: CANDIDATES }, embed))
  const direction = Float64Array.from({ length: DIMENSION }, () => random.normal())
  const targets = Float64Array.from(
    inputs,
    (x) => x.reduce((total, value, d) => total + value * direction[d]!, 0) + 0.3 * random.normal(),
  )

  const step = (count: number, last: GaussianProcessModel | undefined): GaussianProcessModel => {
    const x = points(inputs.slice(0, count))
    const transform = standardize(targets.subarray(0, count))
    const data = { points: x, targets: targets.slice(0, count).map(transform.forward) }
    const priors = distancePriors(x)
    const start = last ?? startingModel(scale(matern52({ lengthScale: 1 })), priors)
    const { model } = fitModel(data, { priors, starts: [start], tolerance: 1e-4 }, backend)
    const process = gaussianProcess(model, data, backend)
    const threshold = Math.max(...process.posterior(x).mean)
    indexOfLargest(acquisitionOnPool(process, logExpectedImprovement(threshold)).values(candidates))
    return model
  }
  let model = step(TRAINING - REPEATS, undefined)
  // Twice, because the first pass is where the runtime compiles.
  const ours: number[] = []
  for (const measured of [false, true]) {
    for (let k = 0; k < REPEATS; k++) {
      const start = performance.now()
      model = step(TRAINING - REPEATS + k + 1, model)
      if (measured) ours.push(performance.now() - start)
    }
  }
  const answer = await peer.request({
    op: 'pool',
    inputs: inputs.map((x) => Array.from(x)),
    targets: Array.from(targets),
    candidates: Array.from({ length: CANDIDATES }, (_, i) =>
      Array.from(candidates.data.subarray(i * DIMENSION, (i + 1) * DIMENSION)),
    ),
    repeats: REPEATS,
  })
  const theirs = answer['milliseconds'] as number[]
  return { ours: median(ours), theirs: median(theirs) }
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)]!
}
