import { describe, expect, it } from 'vitest'
import { holdoutBudget } from '../../src/run/holdout-budget.ts'

describe('holdoutBudget', () => {
  it('is a fifth while the search is short, three eighths once it keeps five full evaluations', () => {
    expect(holdoutBudget(300, 60)).toBe(60)
    expect(holdoutBudget(375, 60)).toBe(75)
    expect(holdoutBudget(400, 60)).toBe(100)
    expect(holdoutBudget(480, 60)).toBe(180)
    expect(holdoutBudget(1200, 60)).toBe(450)
    expect(holdoutBudget(Number.POSITIVE_INFINITY, 60)).toBe(Number.POSITIVE_INFINITY)
  })

  it('never takes from the search what it needs for five full evaluations, nor shrinks as the budget grows', () => {
    let before = 0
    for (let total = 1; total < 3000; total++) {
      const aside = holdoutBudget(total, 50)
      expect(aside).toBeGreaterThanOrEqual(before)
      expect(aside).toBeLessThanOrEqual(Math.max(0.2 * total, Math.min(0.375 * total, total - 250)))
      before = aside
    }
  })
})
