import { describe, expect, it } from 'vitest'
import { createBackend } from '../../../src/numerics/linalg/index.ts'
import { createSobol } from '../../../src/numerics/random/index.ts'
import { candidateFeatures } from '../../../src/policy/gp/candidate-features.ts'
import { fitObjective, selectPoints } from '../../../src/policy/gp/objective-model.ts'
import type { Fit } from '../../../src/policy/policy.ts'
import { encodeSpace } from '../../../src/space/encoding.ts'
import { defineSpace } from '../../../src/space/parameter.ts'

const backend = createBackend()
const space = defineSpace({ x: { float: [0, 1] }, y: { float: [0, 1] } })

const optimum = [0.4, 0.6] as const

/** The fit to so many points of a study that closes in on the optimum, among others it tries elsewhere. */
function fitTo(objective: (x: number, y: number) => number, count: number, last?: Fit): Fit {
  const sobol = createSobol({ dimensions: 2, seed: 5 })
  const pool = Array.from({ length: count }, (_, i) => {
    const far = 10 ** (-0.3 * (i % 10))
    const [x = 0, y = 0] = sobol.next().map((u, d) => optimum[d]! + far * (u - optimum[d]!))
    return { candidate: { id: `${i}`, parameters: { x, y }, origin: 'test' } }
  })
  const features = candidateFeatures(pool, encodeSpace(space))
  const scores = Float64Array.from(pool, ({ candidate }) => objective(candidate.parameters.x, candidate.parameters.y))
  const points = selectPoints(features.pool, Array.from(pool.keys()))
  const data = { points, scores, noiseVariances: new Float64Array(count), observations: count }
  return fitObjective(data, features, last, backend).fit
}

const smooth = (x: number, y: number) => -((x - optimum[0]) ** 2) - (y - optimum[1]) ** 2
const kinked = (x: number, y: number) => -Math.hypot(x - optimum[0], y - optimum[1])

describe('the smoothness of an objective', () => {
  it('is what data speak for', () => {
    expect(fitTo(smooth, 40).hyperparameters['whichKernel']).toBe(0)
    expect(fitTo(kinked, 40).hyperparameters['whichKernel']).toBe(1)
  })

  it('is asked again as the study grows, at every fit of a short one', () => {
    const mistaken = fitTo(smooth, 30)
    expect(fitTo(kinked, 31, mistaken).hyperparameters['whichKernel']).toBe(1)
    const late = fitTo(smooth, 61)
    expect(fitTo(kinked, 65, late).hyperparameters['whichKernel']).toBe(0)
    expect(fitTo(kinked, 70, late).hyperparameters['whichKernel']).toBe(1)
  })

  it('is the usual one in fits recorded before it was asked', () => {
    const { observations, hyperparameters } = fitTo(smooth, 60)
    const { kernel, observationNoise } = hyperparameters
    const old = { observations, hyperparameters: { kernel: kernel!, observationNoise: observationNoise! } }
    expect(fitTo(smooth, 61, old)).toBe(old)
    expect(fitTo(smooth, 65, old).hyperparameters['whichKernel']).toBe(0)
  })
})
