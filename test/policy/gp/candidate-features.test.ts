import { describe, expect, it } from 'vitest'
import { candidateFeatures } from '../../../src/policy/gp/candidate-features.ts'
import { encodeSpace } from '../../../src/space/encoding.ts'
import { defineSpace } from '../../../src/space/parameter.ts'
import { cubePriors } from '../../../src/surrogate/gaussian-process/prior.ts'

describe('priors of a space of parameters', () => {
  it('expect shorter length scales of numbers than of categories, and the usual of everything else', () => {
    const space = defineSpace({ x: { float: [0, 1] }, n: { int: [0, 9] }, c: { categorical: ['a', 'b', 'c'] } })
    const { kernels, priors } = candidateFeatures([], encodeSpace(space))
    const usual = cubePriors(3)
    const ratios = (role: string) =>
      kernels[0].hyperparameters
        .filter((hyperparameter) => hyperparameter.role === role)
        .map((hyperparameter) => priors.of(hyperparameter).centre / usual.of(hyperparameter).centre)
    expect(ratios('length-scale')).toHaveLength(2)
    for (const ratio of ratios('length-scale')) expect(ratio).toBeCloseTo(0.7, 10)
    expect(ratios('categorical-length-scale')).toEqual([1])
    expect(ratios('output-scale')).toEqual([1])
    expect(priors.observationNoise).toBe(usual.observationNoise)
  })

  it('are of two kernels that differ in smoothness alone', () => {
    const space = defineSpace({ x: { float: [0, 1] }, c: { categorical: ['a', 'b', 'c'] } })
    const { kernels } = candidateFeatures([], encodeSpace(space))
    expect(kernels).toHaveLength(2)
    expect(kernels[1]!.hyperparameters).toEqual(kernels[0].hyperparameters)
    expect(kernels[1]!.description).not.toEqual(kernels[0].description)
  })
})
