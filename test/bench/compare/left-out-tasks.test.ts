import { describe, expect, it } from 'vitest'
import { tuneOnOtherTasks } from '../../../src/bench/compare/left-out-tasks.ts'
import type { BenchRun } from '../../../src/bench/tables/bench-results.ts'

function runsOf(tasks: readonly Readonly<Record<string, number>>[], fraction = 1): BenchRun[] {
  return tasks.flatMap((errors, task) =>
    Object.entries(errors).map(([policy, error]) => ({
      ...{ table: `t${task}`, task: `t${task}`, policy, error, fraction },
      ...{ repeat: 0, budget: 9, spent: 9, chosen: 'a' },
    })),
  )
}

describe('tuneOnOtherTasks', () => {
  it('never judges a setting on the task it was chosen by', () => {
    // Each setting is best on one task alone: chosen by the others, it is wrong for the task left out.
    const runs = runsOf([
      { krige: 0.5, a: 0, b: 0.6, c: 0.6 },
      { krige: 0.5, a: 0.6, b: 0, c: 0.6 },
      { krige: 0.5, a: 0.6, b: 0.6, c: 0 },
    ])
    const [tuned] = tuneOnOtherTasks(runs, 'krige', { method: ['a', 'b', 'c'] })
    expect(tuned!.tunedError).toBeCloseTo(0.6, 12)
    expect(tuned!.bestError).toBeCloseTo(0.4, 12)
    expect(tuned!.referenceError).toBe(0.5)
  })

  it('finds what is better everywhere, by method and budget, where all settings ran', () => {
    const good = { krige: 0.1, a: 0.3, b: 0.2, x: 0.9 }
    const runs = [...runsOf([good, good, { krige: 9, a: 9 }], 0.5), ...runsOf([good])]
    const tuned = tuneOnOtherTasks(runs, 'krige', { first: ['a', 'b'], second: ['x'] })
    expect(tuned.map(({ method, fraction, tunedError }) => [method, fraction, tunedError])).toEqual([
      ['first', 0.5, 0.2],
      ['second', 0.5, 0.9],
    ])
    expect(tuned[0]!.referenceError).toBe(0.1)
  })
})
