import { describe, expect, it } from 'vitest'
import { readTable } from '../../src/recording/load-table.ts'
import { splitTable } from '../../src/recording/split-table.ts'
import { smallTable } from '../bench/tables/small-tables.ts'

describe('splitTable', () => {
  it('deals search examples out alternately, keeps the holdout whole and failed calls missing', () => {
    const table = smallTable(
      [
        [0, 0.1, 0.2, null, 0.4, 0.5, 0.6],
        [1, 0.9, 0.8, 0.7, null, 0.5, 0.4],
      ],
      { holdout: 2 },
    )
    const { earlier, later } = splitTable(table)
    expect(earlier).toMatchObject({ examples: 3, holdout: 0, task: 'task', model: 'model' })
    expect(earlier.prompts.map(({ id, text }) => [id, text])).toEqual(table.prompts.map(({ id, text }) => [id, text]))
    expect(earlier.scores).toEqual([
      [0, 0.2, 0.4],
      [1, 0.8, null],
    ])
    expect(later.scores).toEqual([
      [0.1, null, 0.5, 0.6],
      [0.9, 0.7, 0.5, 0.4],
    ])
    expect(readTable(later, 'later', 'later.json')).toMatchObject({ searchExamples: 2, holdoutExamples: 2 })
  })
})
