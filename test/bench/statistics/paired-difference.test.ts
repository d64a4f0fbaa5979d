import { describe, expect, it } from 'vitest'
import { pairedDifference } from '../../../src/bench/statistics/paired-difference.ts'
import { type BenchRun, summarize } from '../../../src/bench/tables/bench-results.ts'

function run(policy: string, task: string, table: string, repeat: number, error: number, more = {}): BenchRun {
  return { table, task, policy, repeat, fraction: 1, budget: 10, spent: 10, chosen: 'p', error, ...more }
}

describe('pairedDifference', () => {
  const runs = [
    // Task 1 has two tables, task 2 one table with two repeats: tasks count once each.
    run('a', 't1', 'x', 0, 0.1),
    run('b', 't1', 'x', 0, 0.3),
    run('a', 't1', 'y', 0, 0.2),
    run('b', 't1', 'y', 0, 0.6),
    run('a', 't2', 'z', 0, 0.5),
    run('b', 't2', 'z', 0, 0.5),
    run('a', 't2', 'z', 1, 0.4),
    run('b', 't2', 'z', 1, 0.6),
    // Without a partner, or of another budget: not compared.
    run('a', 't2', 'z', 2, 1),
    run('b', 't2', 'z', 2, 0, { fraction: 0.5 }),
  ]

  it('averages within tables, then tables, then tasks', () => {
    const found = pairedDifference(runs, 'a', 'b', 1)!
    expect(found.byTask['t1']).toBeCloseTo(-0.3, 12)
    expect(found.byTask['t2']).toBeCloseTo(-0.1, 12)
    expect(found.mean).toBeCloseTo(-0.2, 12)
    expect(found).toMatchObject({ pairs: 4, tables: 3, tasks: 2 })
    // s.e. of (−0.3, −0.1) is 0.1; t(0.975; 1) = 12.706.
    expect(found.standardError).toBeCloseTo(0.1, 12)
    expect(found.interval![0]).toBeCloseTo(-0.2 - 1.2706, 3)
    expect(found.interval![1]).toBeCloseTo(-0.2 + 1.2706, 3)
    const back = pairedDifference(runs, 'b', 'a', 1)!
    expect(back.mean).toBeCloseTo(0.2, 12)
  })

  it('is wider than pretending that runs are independent, when tasks differ', () => {
    const many = ['t1', 't2', 't3', 't4'].flatMap((task, index) =>
      Array.from({ length: 50 }, (_, repeat) => [
        run('a', task, task, repeat, 0.5 + (index % 2 === 0 ? 0.1 : -0.05)),
        run('b', task, task, repeat, 0.5),
      ]).flat(),
    )
    const { interval } = pairedDifference(many, 'a', 'b', 1)!
    expect(interval![0]).toBeLessThan(0)
    expect(interval![1]).toBeGreaterThan(0)
  })

  it('has no interval with one task, and nothing to say without pairs', () => {
    const one = pairedDifference(runs.slice(0, 2), 'a', 'b', 1)!
    expect(one.mean).toBeCloseTo(-0.2, 12)
    expect(one.interval).toBeUndefined()
    expect(pairedDifference(runs, 'a', 'c', 1)).toBeUndefined()
    expect(pairedDifference(runs, 'a', 'b', 1, 'holdoutError')).toBeUndefined()
  })
})

describe('summarize', () => {
  it('has the mean over runs and the standard error over task means', () => {
    const runs = [
      run('a', 't1', 'x', 0, 0.1, { holdoutError: 0.2 }),
      run('a', 't1', 'x', 1, 0.3, { holdoutError: 0.4 }),
      run('a', 't2', 'y', 0, 0.4),
      run('a', 't2', 'y', 1, 0.4),
      run('b', 't1', 'x', 0, 0.0),
    ]
    const [best, other] = summarize(runs)
    expect(best).toEqual({ policy: 'b', fraction: 1, meanError: 0, standardError: 0 })
    expect(other!.meanError).toBeCloseTo(0.3, 12)
    // Task means 0.2 and 0.4: standard deviation 0.1414, over √2.
    expect(other!.standardError).toBeCloseTo(0.1, 12)
    expect(other!.meanHoldoutError).toBeCloseTo(0.3, 12)
  })

  it('falls back to repeats where all runs are of one task', () => {
    const [only] = summarize([run('a', 't', 'x', 0, 0.1), run('a', 't', 'x', 1, 0.3)])
    expect(only!.standardError).toBeCloseTo(0.1, 12)
  })
})
