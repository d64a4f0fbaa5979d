import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createJsBackend } from '../../src/numerics/linalg/index.ts'
import { costOf, planBrackets } from '../../src/policy/halving/brackets.ts'
import { planRungs } from '../../src/policy/halving/rungs.ts'
import { createSuccessiveHalvingPolicy } from '../../src/policy/successive-halving.ts'
import { play, promptPool } from './play.ts'

describe('planRungs', () => {
  it('spends an equal share on every rung', () => {
    expect(planRungs({ starters: 8, examples: 100, budget: 120, eta: 2 })).toEqual([
      { survivors: 8, examples: 5 },
      { survivors: 4, examples: 15 },
      { survivors: 2, examples: 35 },
    ])
  })

  it('never plans more than the budget, nor fewer examples on a later rung', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 300 }),
        fc.integer({ min: 1, max: 120 }),
        fc.integer({ min: 1, max: 4000 }),
        fc.constantFrom(2, 3, 4),
        (starters, examples, budget, eta) => {
          const rungs = planRungs({ starters, examples, budget, eta })
          expect(costOf(rungs)).toBeLessThanOrEqual(budget)
          for (let r = 1; r < rungs.length; r++) {
            expect(rungs[r]!.survivors).toBeLessThanOrEqual(rungs[r - 1]!.survivors)
            expect(rungs[r]!.examples).toBeGreaterThanOrEqual(rungs[r - 1]!.examples)
          }
        },
      ),
    )
  })
})

describe('planBrackets', () => {
  it('goes from many prompts on few examples to few on all', () => {
    const brackets = planBrackets({ candidates: 250, examples: 100, budget: 2500, eta: 2, minimumExamples: 10 })
    expect(brackets.map((rungs) => rungs[0]!.examples)).toEqual([13, 25, 50, 100])
    expect(brackets.reduce((sum, rungs) => sum + costOf(rungs), 0)).toBeLessThanOrEqual(2500)
    for (let s = 1; s < brackets.length; s++) {
      expect(brackets[s]![0]!.survivors).toBeLessThan(brackets[s - 1]![0]!.survivors)
    }
  })
})

describe('successive halving', () => {
  it('compares survivors on the same examples', () => {
    const context = {
      seed: 4,
      space: {},
      exampleCount: 30,
      evaluationBudget: 160,
      estimand: 'set' as const,
      backend: createJsBackend(),
    }
    const { cells } = play(createSuccessiveHalvingPolicy(context), {
      context,
      pool: promptPool(16),
      budget: 160,
      score: (i) => (i >= 12 ? 1 : 0),
    })
    const examplesOf = (i: number) =>
      [...cells].filter((cell) => cell.startsWith(`${i}/`)).map((cell) => cell.split('/')[1])
    const rungs = planRungs({ starters: 16, examples: 30, budget: 160, eta: 2 })
    const counts = promptPool(16).map((_, i) => examplesOf(i).length)
    expect(counts.filter((count) => count === rungs[0]!.examples)).toHaveLength(8)
    expect(Math.max(...counts)).toBe(rungs.at(-1)!.examples)
    // Nested: the examples of a candidate that was dropped early are among those of one that stayed.
    const early = counts.indexOf(rungs[0]!.examples)
    const late = counts.indexOf(Math.max(...counts))
    expect(late).toBeGreaterThanOrEqual(12)
    for (const example of examplesOf(early)) expect(examplesOf(late)).toContain(example)
  })
})
