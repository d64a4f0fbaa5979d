import { describe, expect, it } from 'vitest'
import { createRandom } from '../../src/numerics/random/random.ts'
import { logistic } from '../../src/numerics/special/logistic.ts'
import { combineEvidence, comparePaired, judge } from '../../src/study/verdict.ts'

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

/**
 * A search in miniature: of twenty prompts θ ~ N(0, spread²), each measured with error 0.08, the best posterior mean
 * wins under a prior N(0, believed²). Winner and the first prompt are then compared on a holdout whose difference has
 * error 0.07.
 */
function searches(spread: number, believed: number) {
  const random = createRandom(4).split(`${spread} ${believed}`)
  const counts = { better: 0, holdout: 0, combined: 0, wrong: 0 }
  for (let run = 0; run < PAIRS; run++) {
    const truth = Array.from({ length: 20 }, () => spread * random.normal())
    const shrink = believed ** 2 / (believed ** 2 + 0.08 ** 2)
    const means = truth.map((theta) => shrink * (theta + 0.08 * random.normal()))
    const winner = means.indexOf(Math.max(...means))
    if (winner === 0) continue
    const difference = truth[winner]! - truth[0]!
    const holdout = { mean: difference + 0.07 * random.normal(), standardDeviation: 0.07 }
    const search = { mean: means[winner]! - means[0]!, standardDeviation: Math.sqrt(2 * shrink) * 0.08 }
    const said = combineEvidence(holdout, search).interval[0] > 0
    if (difference > 0) counts.better++
    if (holdout.mean - 1.96 * holdout.standardDeviation > 0) counts.holdout++
    if (said) counts.combined++
    if (said && difference <= 0) counts.wrong++
  }
  return counts
}

describe('the verdict by search and holdout together', () => {
  it('finds more of the true improvements than the holdout alone, and is hardly ever wrong', () => {
    const { better, holdout, combined, wrong } = searches(0.1, 0.1)
    expect(combined / better).toBeGreaterThan(holdout / better + 0.05)
    expect(wrong / PAIRS).toBeLessThan(0.01)
  })

  it('calls the best of equals better in less than one run of twenty, also by a search that believes them to differ', () => {
    for (const believed of [0.01, 0.03, 0.05]) expect(searches(0, believed).combined / PAIRS).toBeLessThan(0.05)
  })
})
