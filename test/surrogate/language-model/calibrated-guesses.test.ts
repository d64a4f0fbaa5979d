import { describe, expect, it } from 'vitest'
import { createJsBackend } from '../../../src/numerics/linalg/index.ts'
import { createRandom } from '../../../src/numerics/random/random.ts'
import { calibratedGuesses } from '../../../src/surrogate/language-model/calibrated-guesses.ts'
import { readScore, scoreQuestion } from '../../../src/surrogate/language-model/in-context.ts'
import { points } from '../../../src/surrogate/points.ts'
import { surrogateConformance } from '../../../src/testing/surrogate-conformance.ts'

const backend = createJsBackend()

/** @param share Of a guess that is the truth; the rest is noise. */
function measured(share: number, count = 30, seed = 1) {
  const random = createRandom(seed)
  const truth = Float64Array.from({ length: count }, () => random.uniform())
  const noise = 0.1
  return {
    truth,
    guesses: truth.map((t) => share * t + (1 - share) * random.uniform()),
    scores: truth.map((t) => t + noise * random.normal()),
    variances: new Float64Array(count).fill(noise * noise),
  }
}

describe('a surrogate on guesses', () => {
  for (const { name, run } of surrogateConformance(() => calibratedGuesses(measured(0.8), backend), {
    backend,
    dimension: 1,
  })) {
    it(name, run)
  }

  it.each(['guesses', 'scores', 'variances'] as const)('refuses %s that are no numbers', (key) => {
    const given = measured(1, 5)
    given[key][3] = Number.NaN
    expect(() => calibratedGuesses(given, backend)).toThrow(/prompt 3 has .*NaN.*expected numbers/)
  })

  it('believes guesses that were right, and gives up those that were not', () => {
    expect(calibratedGuesses(measured(1), backend).slope).toBeGreaterThan(0.8)
    expect(Math.abs(calibratedGuesses(measured(0), backend).slope)).toBeLessThan(0.35)
    const backwards = measured(1)
    expect(
      calibratedGuesses({ ...backwards, guesses: backwards.guesses.map((g) => 1 - g) }, backend).slope,
    ).toBeLessThan(-0.8)
  })

  it('covers what it predicts: 90% intervals hold new scores', () => {
    let held = 0
    let all = 0
    for (let seed = 1; seed <= 20; seed++) {
      const { truth, guesses, scores, variances } = measured(0.6, 40, seed)
      const split = (values: Float64Array) => values.subarray(0, 20)
      const surrogate = calibratedGuesses(
        { guesses: split(guesses), scores: split(scores), variances: split(variances) },
        backend,
      )
      const { mean, variance } = surrogate.posterior(points(guesses.slice(20), 1))
      for (let i = 0; i < 20; i++) {
        all++
        if (Math.abs(truth[20 + i]! - mean[i]!) <= 1.645 * Math.sqrt(variance[i]!)) held++
      }
    }
    expect(held / all).toBeGreaterThan(0.85)
    expect(held / all).toBeLessThan(0.97)
  })

  it('says what is wrong with its arguments', () => {
    const { guesses, scores } = measured(1, 3)
    expect(() => calibratedGuesses({ guesses, scores, variances: new Float64Array(2) }, backend)).toThrow(/2 variances/)
    expect(() => calibratedGuesses(measured(1), backend).posterior(points([[0.1, 0.2]]))).toThrow(/2 dimensions/)
  })
})

describe('what a model is asked', () => {
  it('shows the measured prompts in ascending order, long ones shortened, and the one to predict last', () => {
    const question = scoreQuestion(
      [
        { text: 'good', mean: 0.9, count: 10 },
        { text: `start ${'x '.repeat(500)}end`, mean: 0.1, count: 4 },
      ],
      'new',
    )
    expect(question.indexOf('10% of 4')).toBeLessThan(question.indexOf('90% of 10'))
    expect(question).toMatch(/"start .* … .*end"/)
    expect(question.length).toBeLessThan(1000)
    expect(question.indexOf('"new"')).toBeGreaterThan(question.indexOf('"good"'))
  })

  it('reads a percentage, and nothing else', () => {
    expect(
      [
        '80',
        ' 62.5 %',
        '7,5',
        'about 30',
        '130',
        '-3',
        'many',
        '',
        '.5',
        '<think>Of 24 …</think> 40',
        '<think>Of 24',
      ].map(readScore),
    ).toEqual([0.8, 0.625, 0.075, 0.3, undefined, undefined, undefined, undefined, 0.005, 0.4, undefined])
  })
})
