import { describe, expect, it } from 'vitest'
import * as mixed from '../../../src/bench/functions/mixed-functions.ts'
import { TEST_FUNCTIONS, testFunction } from '../../../src/bench/functions/registry.ts'
import { runFunctions, summarizeFunctions } from '../../../src/bench/functions/run-functions.ts'
import { createBackend } from '../../../src/numerics/linalg/index.ts'
import { createSobol } from '../../../src/numerics/random/index.ts'
import { encodeSpace } from '../../../src/space/encoding.ts'

const backend = createBackend()

describe('test functions', () => {
  it.each(TEST_FUNCTIONS.map((objective) => [objective.name, objective] as const))(
    '%s has no value below its minimum',
    (_, objective) => {
      const encoding = encodeSpace(objective.space)
      const sobol = createSobol({ dimensions: encoding.dimension, seed: 2 })
      for (let i = 0; i < 1000; i++) {
        const value = objective.value(encoding.decode(encoding.fromUniform(sobol.next())))
        expect(value).toBeGreaterThanOrEqual(objective.minimum - 1e-9)
        expect(Number.isFinite(value)).toBe(true)
      }
    },
  )

  it('reach their minimum where they say', () => {
    const { functionChoice, mixedQuadratic, conditionalLearner, ridgeTable } = mixed
    const camel = { first: 'camel', second: 'camel', x: 0.08984201, y: -0.71265641 }
    expect(functionChoice.value(camel)).toBeCloseTo(functionChoice.minimum, 9)
    const best = { rate: 10 ** -2.6, depth: 6, width: 128, dropout: 0.15, activation: 'd' }
    expect(mixedQuadratic.value(best)).toBeCloseTo(0, 12)
    const learner = { learner: 'kernel', penalty: 10 ** 1.5, bandwidth: 10 ** -1.5, scaling: 'unit' }
    expect(conditionalLearner.value(learner)).toBeCloseTo(conditionalLearner.minimum, 12)
    const settings = encodeSpace(ridgeTable.space).enumerate(1000)!
    expect(settings).toHaveLength(384)
    const values = settings.map((x) => ridgeTable.value(encodeSpace(ridgeTable.space).decode(x)))
    expect(Math.min(...values)).toBe(ridgeTable.minimum)
    expect(Math.max(...values)).toBeGreaterThan(2 * ridgeTable.minimum)
  })
})

describe('runFunctions', () => {
  it('repeats itself for a seed, and measures with the noise it says', () => {
    const run = (seed: number) =>
      runFunctions({
        functions: ['branin-noisy'],
        samplers: ['gp'],
        evaluations: 8,
        repeats: 2,
        seed,
        backend,
        clock: () => 0,
      })
    expect(run(1)).toEqual(run(1))
    expect(run(1).runs[0]!.regret).not.toEqual(run(2).runs[0]!.regret)
    const [first] = run(1).runs
    expect(first).toMatchObject({ function: 'branin-noisy', sampler: 'gp', repeat: 0 })
    expect(first!.regret).toHaveLength(8)
    expect(first!.askMilliseconds).toHaveLength(8)
    expect(first!.recommendedRegret).toBeGreaterThanOrEqual(first!.regret.at(-1)!)
  })

  it('summarizes by quartiles', () => {
    const runs = [0, 1, 2, 3, 4].map((repeat) => ({
      function: 'f',
      sampler: 's',
      repeat,
      regret: [10, repeat],
      askMilliseconds: [repeat, repeat],
      recommendedRegret: repeat,
    }))
    const [at2] = summarizeFunctions({ runs }, [2, 50])
    expect(at2).toEqual({
      function: 'f',
      sampler: 's',
      evaluations: 2,
      quartiles: [1, 2, 3],
      medianAskMilliseconds: 2,
      medianRecommendedRegret: 2,
    })
  })

  it('names what it knows', () => {
    expect(() => testFunction('brannin')).toThrow('unknown function "brannin"')
    const options = { functions: ['branin'], evaluations: 1, repeats: 1, seed: 1, backend }
    expect(() => runFunctions({ ...options, samplers: ['gpp'] })).toThrow('unknown policy "gpp"')
  })
})
