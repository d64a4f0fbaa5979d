import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { summarizeScores } from '../../src/study/score-summary.ts'
import { combineEvidence, comparePaired, judge, posteriorInterval } from '../../src/study/verdict.ts'

const repeat = (score: number, count: number) => new Array<number>(count).fill(score)

describe('summarizeScores', () => {
  it("is Agresti and Coull's interval for 0/1 scores", () => {
    const { mean, interval, count } = summarizeScores([...repeat(1, 15), ...repeat(0, 5)])
    const z2 = 1.959963984540054 ** 2
    const center = (15 + z2 / 2) / (20 + z2)
    const margin = Math.sqrt((z2 * center * (1 - center)) / (20 + z2))
    expect({ mean, count }).toEqual({ mean: 0.75, count: 20 })
    expect(interval[0]).toBeCloseTo(center - margin, 12)
    expect(interval[1]).toBeCloseTo(center + margin, 12)
  })

  it('does not believe in perfection after four examples', () => {
    const { interval } = summarizeScores([1, 1, 1, 1])
    expect(interval[0]).toBeLessThan(0.6)
    expect(interval[1]).toBe(1)
  })
})

describe('comparePaired', () => {
  it.each([1e160, 1e300, 1e308])('says of scores of %d what it says of smaller ones', (size) => {
    const at = (unit: number) => comparePaired([unit, unit, -unit, unit, unit], [-unit, unit, -unit, -unit / 2, -unit])!
    const [huge, small] = [at(size), at(1e100)]
    expect(huge.probabilityBetter).toBeCloseTo(small.probabilityBetter, 10)
    expect(huge.winner.mean / size).toBeCloseTo(small.winner.mean / 1e100, 10)
    expect(huge.winner.interval[0] / size).toBeCloseTo(small.winner.interval[0] / 1e100, 10)
    expect(huge.difference.mean / size).toBeCloseTo(small.difference.mean / 1e100, 10)
    const numbers = [...huge.difference.interval, huge.estimate.mean, huge.estimate.standardDeviation]
    expect(numbers.every(Number.isFinite)).toBe(true)
  })

  it("follows Agresti and Min's adjusted table", () => {
    // b = 20 pairs only the winner gets right, c = 8 only the baseline; n = 100.
    const winner = [...repeat(1, 60), ...repeat(0, 40)]
    const baseline = [...repeat(1, 40), ...repeat(0, 20), ...repeat(1, 8), ...repeat(0, 32)]
    const comparison = comparePaired(winner, baseline)!
    const [b, c, n] = [20.5, 8.5, 102]
    const error = Math.sqrt(b + c - (b - c) ** 2 / n) / n
    expect(comparison.difference.mean).toBeCloseTo(0.12, 12)
    expect(comparison.difference.interval[0]).toBeCloseTo((b - c) / n - 1.959963984540054 * error, 12)
    expect(comparison.difference.interval[1]).toBeCloseTo((b - c) / n + 1.959963984540054 * error, 12)
    expect(comparison.probabilityBetter).toBeCloseTo(0.9888, 3)
  })

  it('leaves out examples on which either failed, and says when none is left', () => {
    expect(comparePaired([1, null, 1], [0, 0, null])?.difference.count).toBe(1)
    expect(comparePaired([null], [1])).toBeUndefined()
    expect(() => comparePaired([1], [])).toThrow('winner has 1 scores and baseline 0')
  })

  it('is antisymmetric', () => {
    const scores = fc.array(fc.tuple(fc.constantFrom(0, 1), fc.constantFrom(0, 1)), { minLength: 1, maxLength: 60 })
    fc.assert(
      fc.property(scores, (pairs) => {
        const [a, b] = [pairs.map((pair) => pair[0]), pairs.map((pair) => pair[1])]
        const there = comparePaired(a, b)!.difference
        const back = comparePaired(b, a)!.difference
        expect(back.mean).toBeCloseTo(-there.mean, 12)
        expect(back.interval[0]).toBeCloseTo(-there.interval[1], 12)
      }),
    )
  })

  it('covers a true difference of zero about 95 times in 100, also with few examples', () => {
    let state = 12345
    const uniform = () => {
      state = (Math.imul(state, 1664525) + 1013904223) >>> 0
      return state / 2 ** 32
    }
    let covered = 0
    const trials = 4000
    for (let trial = 0; trial < trials; trial++) {
      const pairs = Array.from({ length: 30 }, () => {
        const difficulty = uniform()
        return [uniform() < difficulty ? 1 : 0, uniform() < difficulty ? 1 : 0] as const
      })
      const { interval } = comparePaired(
        pairs.map((pair) => pair[0]),
        pairs.map((pair) => pair[1]),
      )!.difference
      if (interval[0] <= 0 && interval[1] >= 0) covered++
    }
    expect(covered / trials).toBeGreaterThan(0.94)
    expect(covered / trials).toBeLessThan(0.98)
  })
})

describe('posteriorInterval', () => {
  it('stays within [0, 1] where the scores of the pool do, and nowhere else', () => {
    expect(posteriorInterval(0.95, 0.05, [0.2, 0.95])).toEqual([0.95 - 0.05 * 1.959963984540054, 1])
    expect(posteriorInterval(0.02, 0.05, [0.02])[0]).toBe(0)
    expect(posteriorInterval(0.95, 0.05, [-3, 0.95])[1]).toBeGreaterThan(1)
  })
})

describe('judge', () => {
  const verdictOf = (wins: number, losses: number, ties: number) =>
    judge(
      comparePaired(
        [...repeat(1, wins), ...repeat(0, losses), ...repeat(1, ties)],
        [...repeat(0, wins), ...repeat(1, losses), ...repeat(1, ties)],
      ),
    )

  it('says improved only when the interval is above zero', () => {
    expect(verdictOf(20, 4, 76)).toBe('improved')
    expect(verdictOf(3, 1, 6)).toBe('undecided')
  })

  it('says no improvement when a relevant one is ruled out', () => {
    expect(verdictOf(4, 12, 84)).toBe('no improvement')
    expect(verdictOf(1, 1, 398)).toBe('no improvement')
    expect(judge(undefined, { winnerIsBaseline: true })).toBe('no improvement')
  })

  it('is undecided without data', () => expect(judge(undefined)).toBe('undecided'))
})

describe('combineEvidence', () => {
  const holdout = { mean: 0.06, standardDeviation: 0.04 }

  it('is the mean by precision', () => {
    const { mean, standardDeviation, interval, search } = combineEvidence(holdout, {
      mean: 0.1,
      standardDeviation: 0.03,
    })
    const [a, b] = [1 / 0.04 ** 2, 1 / 0.03 ** 2]
    expect(mean).toBeCloseTo((a * 0.06 + b * 0.1) / (a + b), 12)
    expect(standardDeviation).toBeCloseTo(Math.sqrt(1 / (a + b)), 12)
    expect(interval[1] - interval[0]).toBeCloseTo(2 * 1.959963984540054 * standardDeviation, 12)
    expect(search).toEqual({ mean: 0.1, standardDeviation: 0.03 })
  })

  it('believes the holdout where the two disagree by more than they may err', () => {
    const fooled = combineEvidence({ mean: 0, standardDeviation: 0.04 }, { mean: 0.4, standardDeviation: 0.01 })
    expect(fooled.mean).toBeLessThan(0.01)
    expect(fooled.interval[0]).toBeLessThan(0)
    const modest = combineEvidence({ mean: 0.3, standardDeviation: 0.04 }, { mean: 0.05, standardDeviation: 0.01 })
    expect(modest.mean).toBeGreaterThan(0.28)
  })

  it('is the holdout where the search knows nothing', () => {
    expect(combineEvidence(holdout, { mean: 0.5, standardDeviation: 1e4 }).mean).toBeCloseTo(0.06, 6)
  })

  it('decides what the holdout alone cannot', () => {
    const comparison = comparePaired([...repeat(1, 34), ...repeat(0, 26)], [...repeat(1, 25), ...repeat(0, 35)])!
    const against = comparePaired(
      [...repeat(1, 25), ...repeat(0, 35)],
      [...repeat(0, 20), ...repeat(1, 20), ...repeat(0, 20)],
    )!
    const sure = combineEvidence(against.estimate, { mean: 0.2, standardDeviation: 0.05 })
    expect(judge(comparison)).toBe('improved')
    expect(judge(against)).toBe('undecided')
    expect(judge(against, { combined: sure })).toBe('improved')
    expect(judge(against, { combined: sure, winnerIsBaseline: true })).toBe('no improvement')
  })
})

it.each<readonly [unknown, string]>([
  [[Number.NaN], 'scores[0] is NaN'],
  [[1, Number.POSITIVE_INFINITY], 'scores[1] is Infinity'],
  [['1'], 'scores[0] is "1"'],
  [null, 'scores is null'],
])('refuses to summarize %j', (scores, message) => {
  expect(() => summarizeScores(scores as number[])).toThrow(message)
  expect(() => comparePaired(scores as number[], [1])).toThrow(message.replace('scores', 'winner'))
})
