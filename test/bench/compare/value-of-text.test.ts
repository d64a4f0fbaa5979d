import { describe, expect, it } from 'vitest'
import { valueOfText } from '../../../src/bench/compare/value-of-text.ts'
import type { BenchRun } from '../../../src/bench/tables/bench-results.ts'

function run(table: string, policy: string, error: number, fraction = 1): BenchRun {
  return { table, task: table.split('.')[0]!, policy, error, repeat: 0, fraction, budget: 9, spent: 9, chosen: 'a' }
}

const names = { text: 'krige', blind: 'without text' }

describe('valueOfText', () => {
  it('groups tables by what their texts predict, and averages over tasks', () => {
    const runs = [
      ...[run('a.1', 'krige', 0.1), run('a.1', 'without text', 0.3)],
      ...[run('a.2', 'krige', 0.1), run('a.2', 'without text', 0.5)],
      ...[run('b.1', 'krige', 0.1), run('b.1', 'without text', 0.2)],
      ...[run('c.1', 'krige', 0.4), run('c.1', 'without text', 0.3)],
    ]
    const explained = new Map([
      ['a.1', 0.5],
      ['a.2', 0.9],
      ['b.1', 0.6],
      ['c.1', 0.49],
    ])
    const [much, little] = valueOfText(runs, names, explained)
    expect(much).toMatchObject({ explains: 'much', tables: 3, tasks: 2 })
    // Tasks count alike: a gains 0.3 on average, b 0.1.
    expect(much!.gains[0]!.gain!.mean).toBeCloseTo(0.2, 12)
    expect(little).toMatchObject({ explains: 'little', tables: 1, tasks: 1 })
    expect(little!.gains[0]!.gain!.mean).toBeCloseTo(-0.1, 12)
    expect(little!.gains[0]!.gain!.interval).toBeUndefined()
  })

  it('keeps budgets apart, and leaves out tables nobody described and groups without a table', () => {
    const runs = [
      ...[run('a', 'krige', 0.1, 0.5), run('a', 'without text', 0.2, 0.5), run('a', 'krige', 0.1)],
      ...[run('x', 'krige', 0, 0.5), run('x', 'without text', 1, 0.5)],
    ]
    const groups = valueOfText(runs, names, new Map([['a', 0.7]]))
    expect(groups.map(({ explains }) => explains)).toEqual(['much'])
    expect(groups[0]!.gains.map(({ fraction, gain }) => [fraction, gain?.mean])).toEqual([
      [0.5, 0.1],
      [1, undefined],
    ])
  })
})
