import { describe, expect, it } from 'vitest'
import { candidateFeatures } from '../../../src/policy/recommendation/candidate-features.ts'
import { encodeSpace } from '../../../src/space/encoding.ts'
import { defineSpace } from '../../../src/space/parameter.ts'
import { cubePriors } from '../../../src/surrogate/gaussian-process/prior.ts'

describe('priors of a space of parameters', () => {
  it('expect shorter length scales of numbers than of categories, and the usual of everything else', () => {
    const space = defineSpace({ x: { float: [0, 1] }, n: { int: [0, 9] }, c: { categorical: ['a', 'b', 'c'] } })
    const { kernel, priors } = candidateFeatures([], encodeSpace(space)).hypotheses.at(-1)!
    const usual = cubePriors(3)
    const ratios = (role: string) =>
      kernel.hyperparameters
        .filter((hyperparameter) => hyperparameter.role === role)
        .map((hyperparameter) => priors.of(hyperparameter).center / usual.of(hyperparameter).center)
    expect(ratios('length-scale')).toHaveLength(2)
    for (const ratio of ratios('length-scale')) expect(ratio).toBeCloseTo(0.7, 10)
    expect(ratios('categorical-length-scale')).toEqual([1])
    expect(ratios('output-scale')).toEqual([1])
    expect(priors.observationNoise).toBe(usual.observationNoise)
  })

  it('are of four hypotheses: two kernels that differ in smoothness, length scales alike or of their own', () => {
    const space = defineSpace({ x: { float: [0, 1] }, n: { int: [0, 9] }, c: { categorical: ['a', 'b', 'c'] } })
    const { hypotheses } = candidateFeatures([], encodeSpace(space))
    const [alike, alikeKinked, own, ownKinked] = hypotheses
    expect(hypotheses).toHaveLength(4)
    for (const { kernel } of hypotheses) expect(kernel.hyperparameters).toEqual(alike.kernel.hyperparameters)
    expect(own!.kernel.description).toEqual(alike.kernel.description)
    expect(ownKinked!.kernel.description).toEqual(alikeKinked!.kernel.description)
    expect(alikeKinked!.kernel.description).not.toEqual(alike.kernel.description)
    expect(hypotheses.map(({ priors }) => priors.lengthScales !== undefined)).toEqual([true, true, false, false])
  })

  it('weigh like against like: where one number is all there is, it has nothing to be like', () => {
    const space = defineSpace({ x: { float: [0, 1] }, c: { categorical: ['a', 'b', 'c'] } })
    const { hypotheses } = candidateFeatures([], encodeSpace(space))
    expect(hypotheses).toHaveLength(2)
    for (const { priors } of hypotheses) expect(priors.lengthScales).toBeUndefined()
  })
})
