import { describe, expect, it } from 'vitest'
import { createRandom } from '../../src/numerics/random/random.ts'
import { logistic } from '../../src/numerics/special/logistic.ts'
import { comparePaired, judge } from '../../src/study/verdict.ts'

const PAIRS = 4000

/** Share of pairs of equally good prompts of which the first is called better. */
function falseImprovements(examples: number, level: number, easinessDeviation: number): number {
  const random = createRandom(9).split(`${examples} ${level} ${easinessDeviation}`)
  let improved = 0
  for (let pair = 0; pair < PAIRS; pair++) {
    const chances = Array.from({ length: examples }, () => logistic(level + easinessDeviation * random.normal()))
    const answers = () => chances.map((p): number => (random.uniform() < p ? 1 : 0))
    if (judge(comparePaired(answers(), answers())) === 'improved') improved++
  }
  return improved / PAIRS
}

describe('the verdict between equals', () => {
  it.each([
    [20, 0, 0],
    [60, 0, 1.2],
    [60, 2, 1.2],
    [100, 0, 2.2],
    [100, 3, 0],
  ])('is "improved" about once in forty: %d examples, level %d, easiness ± %d', (examples, level, deviation) => {
    // 2.5% nominal; its own standard error is a quarter of a percent.
    expect(falseImprovements(examples, level, deviation)).toBeLessThan(0.036)
  })
})
