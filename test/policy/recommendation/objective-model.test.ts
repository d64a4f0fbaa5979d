import { describe, expect, it } from 'vitest'
import { createBackend } from '../../../src/numerics/linalg/index.ts'
import { createRandom, createSobol } from '../../../src/numerics/random/index.ts'
import type { Fit } from '../../../src/policy/policy.ts'
import { candidateFeatures } from '../../../src/policy/recommendation/candidate-features.ts'
import { fitObjective } from '../../../src/policy/recommendation/objective-model.ts'
import { encodeSpace } from '../../../src/space/encoding.ts'
import { defineSpace } from '../../../src/space/parameter.ts'
import { takePoints } from '../../../src/surrogate/points.ts'

const backend = createBackend()
const space = defineSpace({ x: { float: [0, 1] }, y: { float: [0, 1] } })

const optimum = [0.4, 0.6] as const

/** The fit to so many points of a study that closes in on the optimum, among others it tries elsewhere. */
function fitTo(objective: (x: number, y: number) => number, count: number, last?: Fit): Fit {
  const sobol = createSobol({ dimensions: 2, seed: 5 })
  const pool = Array.from({ length: count }, (_, i) => {
    const far = 10 ** (-0.3 * (i % 10))
    const [x = 0, y = 0] = sobol.next().map((u, d) => optimum[d]! + far * (u - optimum[d]!))
    return { candidate: { id: `${i}`, parameters: { x, y }, origin: { by: 'policy' as const, name: 'test' } } }
  })
  const features = candidateFeatures(pool, encodeSpace(space))
  const scores = Float64Array.from(pool, ({ candidate }) => objective(candidate.parameters.x, candidate.parameters.y))
  const points = takePoints(features.pool, Array.from(pool.keys()))
  const data = { points, scores, noiseVariances: new Float64Array(count), observations: count }
  return fitObjective(data, features, last, backend).fit
}

/** The second of each pair of hypotheses. */
const isKinked = (fit: Fit) => Number(fit.hyperparameters['hypothesis']) % 2 === 1

const smooth = (x: number, y: number) => -((x - optimum[0]) ** 2) - (y - optimum[1]) ** 2
const kinked = (x: number, y: number) => -Math.hypot(x - optimum[0], y - optimum[1])

describe('the smoothness of an objective', () => {
  it('is what data speak for', () => {
    expect(isKinked(fitTo(smooth, 40))).toBe(false)
    expect(isKinked(fitTo(kinked, 40))).toBe(true)
  })

  it('is asked again as the study grows, at every fit of a short one', () => {
    const mistaken = fitTo(smooth, 30)
    expect(isKinked(fitTo(kinked, 31, mistaken))).toBe(true)
    const late = fitTo(smooth, 61)
    expect(isKinked(fitTo(kinked, 65, late))).toBe(false)
    expect(isKinked(fitTo(kinked, 70, late))).toBe(true)
  })

  it('is the usual one in fits recorded before it was asked', () => {
    const { observations, hyperparameters } = fitTo(smooth, 60)
    const { kernel, observationNoise } = hyperparameters
    const old = { observations, hyperparameters: { kernel: kernel!, observationNoise: observationNoise! } }
    expect(fitTo(smooth, 61, old)).toBe(old)
    expect(fitTo(smooth, 65, old).hyperparameters['hypothesis']).toBe(0)
  })
})

describe('length scales', () => {
  const wide = defineSpace(Object.fromEntries(['a', 'b', 'c', 'd'].map((name) => [name, { float: [0, 1] as const }])))
  const fitted = (objective: (x: Float64Array) => number) => {
    const sobol = createSobol({ dimensions: 4, seed: 3 })
    const encoding = encodeSpace(wide)
    const pool = Array.from({ length: 30 }, (_, i) => {
      const x = sobol.next().slice()
      return {
        candidate: { id: `${i}`, parameters: encoding.decode(x), origin: { by: 'policy' as const, name: 'test' } },
      }
    })
    const features = candidateFeatures(pool, encoding)
    const scores = Float64Array.from({ length: 30 }, (_, i) => objective(features.pool.data.subarray(4 * i, 4 * i + 4)))
    const data = { points: features.pool, scores, noiseVariances: new Float64Array(30), observations: 30 }
    const { fit } = fitObjective(data, features, undefined, backend)
    const scales = (fit.hyperparameters['kernel'] as readonly number[]).filter(
      (_, p) => features.hypotheses[0].kernel.hyperparameters[p]!.role === 'length-scale',
    )
    return { alike: features.hypotheses[Number(fit.hyperparameters['hypothesis'])]!.priors.lengthScales, scales }
  }

  it('are alike where every coordinate matters as much', () => {
    const { alike, scales } = fitted((x) => -x.reduce((sum, u) => sum + Math.sin(4 * u), 0))
    expect(alike).toBeDefined()
    expect(Math.max(...scales) / Math.min(...scales)).toBeLessThan(2)
  })

  it('are of their own where one coordinate matters alone', () => {
    const { alike, scales } = fitted((x) => Math.sin(9 * x[2]!))
    expect(alike).toBeUndefined()
    expect(scales.indexOf(Math.min(...scales))).toBe(2)
    expect(Math.max(...scales) / Math.min(...scales)).toBeGreaterThan(5)
  })
})

describe('many observations', () => {
  const sobol = createSobol({ dimensions: 2, seed: 9 })
  const noise = createRandom(4)
  const count = 900
  const pool = Array.from({ length: count }, (_, i) => {
    const [x = 0, y = 0] = sobol.next()
    return { candidate: { id: `${i}`, parameters: { x, y }, origin: { by: 'policy' as const, name: 'test' } } }
  })
  const truth = (x: number, y: number) => Math.sin(9 * x) * Math.cos(7 * y)
  const features = candidateFeatures(pool, encodeSpace(space))
  const data = {
    points: features.pool,
    scores: Float64Array.from(pool, ({ candidate }) => {
      return truth(candidate.parameters.x, candidate.parameters.y) + noise.normal()
    }),
    noiseVariances: new Float64Array(count),
    observations: count,
  }
  const fit = (from: typeof data, exactUpTo: number) =>
    fitObjective({ ...from, exactUpTo }, features, undefined, backend)
  const errorOf = ({ process, transform }: ReturnType<typeof fit>) => {
    const { mean } = process.posterior(features.pool)
    return pool.reduce((sum, { candidate: { parameters } }, i) => {
      return sum + (transform.inverse(mean[i]!) - truth(parameters.x, parameters.y)) ** 2 / count
    }, 0)
  }

  it('all count, where an exact process has room for some', () => {
    const some = {
      ...data,
      points: takePoints(
        data.points,
        Array.from({ length: 100 }, (_, i) => i),
      ),
    }
    const few = fit({ ...some, scores: data.scores.slice(0, 100), noiseVariances: new Float64Array(100) }, 100)
    const sparse = fit(data, 100)
    expect('inducing' in sparse.process).toBe(true)
    expect('inducing' in few.process).toBe(false)
    expect(errorOf(sparse)).toBeLessThan(errorOf(few) / 2)
  })

  it('give the same model each time', () => {
    expect(fit(data, 100).process.posterior(features.pool).mean).toEqual(
      fit(data, 100).process.posterior(features.pool).mean,
    )
  })
})
