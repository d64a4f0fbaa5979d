import { describe, expect, it } from 'vitest'
import { tuneOnHalves } from '../../../src/bench/compare/task-halves.ts'
import type { BenchRun } from '../../../src/bench/tables/bench-results.ts'

/** One run per policy and task, at one budget; errors by policy. */
function runsOf(tasks: readonly Readonly<Record<string, number>>[], fraction = 1): BenchRun[] {
  return tasks.flatMap((errors, task) =>
    Object.entries(errors).map(([policy, error]) => ({
      table: `t${task}`,
      task: `t${task}`,
      policy,
      error,
      repeat: 0,
      fraction,
      budget: 9,
      spent: 9,
      chosen: 'a',
    })),
  )
}

describe('tuneOnHalves', () => {
  it('finds a setting that is better everywhere, and what it gains', () => {
    const runs = runsOf(Array.from({ length: 6 }, (_, task) => ({ a: 0.2 + 0.01 * task, b: 0.1 + 0.01 * task })))
    const [half] = tuneOnHalves(runs, 'a', ['a', 'b'])
    expect(half?.chosen).toEqual([{ policy: 'b', share: 1 }])
    expect(half!.referenceError - half!.chosenError).toBeCloseTo(0.1, 12)
  })

  it('shows that tuning on single tasks is worth nothing where each has a favorite of its own', () => {
    // Whoever wins on one half owes it to tasks that are not on the other.
    const runs = runsOf([
      { a: 0.5, b: 0, c: 1 },
      { a: 0.5, b: 1, c: 0 },
    ])
    const [half] = tuneOnHalves(runs, 'a', ['a', 'b', 'c'])
    expect(half?.chosenError).toBe(1)
    expect(half?.referenceError).toBe(0.5)
  })

  it('judges budgets apart, and leaves out tasks on which a candidate did not run', () => {
    const runs = [...runsOf([{ a: 0.1, b: 0.2 }, { a: 0.1, b: 0.2 }, { a: 9 }], 0.5), ...runsOf([{ a: 0, b: 0 }])]
    const halves = tuneOnHalves(runs, 'b', ['a', 'b'])
    expect(halves.map(({ fraction }) => fraction)).toEqual([0.5])
    expect(halves[0]!.chosenError).toBeCloseTo(0.1, 12)
    expect(halves[0]!.referenceError).toBeCloseTo(0.2, 12)
  })
})
