import type { Backend } from '../numerics/linalg/backend.ts'
import { createRandom } from '../numerics/random/index.ts'
import { type Points, points } from '../surrogate/points.ts'
import type { DifferentiableSurrogate, Surrogate } from '../surrogate/surrogate.ts'
import { type ConformanceCheck, require, requireAllClose, requireClose } from './conformance.ts'

export interface SurrogateConformanceOptions {
  readonly backend: Backend
  readonly dimension: number
  readonly seed?: number
  /** Whether predictions come from one joint distribution whose covariance the samples must have. Default true. */
  readonly joint?: boolean
}

/**
 * What every surrogate owes. Moments are finite, variances are not negative, and the covariance agrees with them and is
 * positive semi-definite. Samples have the stated moments. It is pure, and a prediction does not depend on what is
 * predicted with it.
 *
 * @param make - a surrogate fitted to something in the unit cube.
 * @example
 * for (const { name, run } of surrogateConformance(() => surrogate, { backend, dimension: 1 })) it(name, run)
 */
export function surrogateConformance(make: () => Surrogate, options: SurrogateConformanceOptions): ConformanceCheck[] {
  const { backend, dimension, seed = 1, joint = true } = options
  const random = createRandom(seed)
  const draw = (count: number): Points =>
    points(
      Float64Array.from({ length: count * dimension }, () => random.uniform()),
      dimension,
    )
  const at = draw(6)
  const m = at.count

  const checks: ConformanceCheck[] = [
    {
      name: 'moments are finite and variances not negative',
      run() {
        const { mean, variance, count } = make().posterior(at)
        require(count === m &&
          mean.length === m &&
          variance.length === m, `posterior has ${count} points; expected ${m}`)
        for (let i = 0; i < m; i++) {
          require(Number.isFinite(mean[i]!), `mean[${i}] is ${mean[i]}; expected a finite number`)
          require(variance[i]! >= 0 && Number.isFinite(variance[i]!), `variance[${i}] is ${variance[i]}; expected >= 0`)
        }
      },
    },
    {
      name: 'a point is predicted alike alone and in company',
      run() {
        const surrogate = make()
        const together = surrogate.posterior(at)
        for (let i = 0; i < m; i++) {
          const alone = surrogate.posterior(points(at.data.slice(i * dimension, (i + 1) * dimension), dimension))
          requireClose(`mean[${i}]`, alone.mean[0]!, together.mean[i]!, 1e-10)
          requireClose(`variance[${i}]`, alone.variance[0]!, together.variance[i]!, 1e-10)
        }
      },
    },
    {
      name: 'asking twice gives the same answer',
      run() {
        const surrogate = make()
        const first = surrogate.posterior(at)
        first.sample(3, createRandom(5).normal)
        requireAllClose('mean', surrogate.posterior(at).mean, first.mean, 0)
      },
    },
  ]
  if (joint) {
    checks.push(
      {
        name: 'covariance is symmetric, positive semi-definite and agrees with the variances',
        run() {
          const posterior = make().posterior(at)
          const covariance = posterior.covariance()
          for (let i = 0; i < m; i++) {
            requireClose(`covariance[${i}][${i}]`, covariance[i * m + i]!, posterior.variance[i]!, 1e-10)
            for (let j = 0; j < i; j++)
              requireClose('covariance', covariance[i * m + j]!, covariance[j * m + i]!, 1e-12)
          }
          const eigenvalues = backend.scope((workspace) => backend.symmetricEigen(workspace.copy(covariance, m, m)))
          const floor = -1e-9 * Math.max(1, eigenvalues.at(-1)!)
          require(eigenvalues[0]! >= floor, `smallest eigenvalue is ${eigenvalues[0]}; expected >= 0`)
        },
      },
      {
        name: 'samples have the stated moments',
        run() {
          const posterior = make().posterior(at)
          const covariance = posterior.covariance()
          const count = 20_000
          const samples = posterior.sample(count, createRandom(seed).normal)
          const mean = new Float64Array(m)
          for (let s = 0; s < count; s++) for (let i = 0; i < m; i++) mean[i]! += samples[s * m + i]! / count
          for (let i = 0; i < m; i++) {
            const deviation = Math.sqrt(posterior.variance[i]!)
            // Five standard errors.
            const slack = (5 * deviation) / Math.sqrt(count) + 1e-6
            require(Math.abs(mean[i]! - posterior.mean[i]!) <=
              slack, `mean of samples is ${mean[i]} at ${i}; expected ${posterior.mean[i]} within ${slack}`)
            for (let j = 0; j <= i; j++) {
              let product = 0
              for (let s = 0; s < count; s++) {
                product += ((samples[s * m + i]! - mean[i]!) * (samples[s * m + j]! - mean[j]!)) / count
              }
              const scale = deviation * Math.sqrt(posterior.variance[j]!)
              const allowed = (8 * scale) / Math.sqrt(count) + 1e-6
              require(Math.abs(product - covariance[i * m + j]!) <=
                allowed, `covariance of samples ${i}, ${j} is ${product}; expected ${covariance[i * m + j]} within ${allowed}`)
            }
          }
        },
      },
    )
  }
  return checks
}

/**
 * {@link surrogateConformance}, and predictions at a point that agree and can be differentiated.
 *
 * @example
 * for (const { name, run } of differentiableSurrogateConformance(() => surrogate, { backend, dimension: 1 })) it(name, run)
 */
export function differentiableSurrogateConformance(
  make: () => DifferentiableSurrogate,
  options: SurrogateConformanceOptions,
): ConformanceCheck[] {
  const { dimension, seed = 1 } = options
  const random = createRandom(seed).split('differentiable')
  const x = Float64Array.from({ length: dimension }, () => random.uniform())
  return [
    ...surrogateConformance(make, options),
    {
      name: 'prediction at a point agrees with the posterior',
      run() {
        const surrogate = make()
        const local = surrogate.predictAt(x)
        const { mean, variance } = surrogate.posterior(points(x, dimension))
        requireClose('mean', local.mean, mean[0]!, 1e-10)
        requireClose('variance', local.variance, variance[0]!, 1e-10)
      },
    },
    {
      name: 'gradients of mean and variance match finite differences',
      run() {
        const surrogate = make()
        const local = surrogate.predictAt(x)
        const meanGradient = new Float64Array(dimension)
        const varianceGradient = new Float64Array(dimension)
        local.addGradient(1, 0, meanGradient)
        local.addGradient(0, 1, varianceGradient)
        for (let d = 0; d < dimension; d++) {
          const step = 1e-5
          const up = surrogate.predictAt(x.with(d, x[d]! + step))
          const down = surrogate.predictAt(x.with(d, x[d]! - step))
          requireClose(`∂mean/∂x[${d}]`, meanGradient[d]!, (up.mean - down.mean) / (2 * step), 1e-5)
          requireClose(`∂variance/∂x[${d}]`, varianceGradient[d]!, (up.variance - down.variance) / (2 * step), 1e-5)
        }
      },
    },
  ]
}
