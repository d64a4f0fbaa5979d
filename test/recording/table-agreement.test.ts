import { describe, expect, it } from 'vitest'
import { readTable } from '../../src/recording/load-table.ts'
import { tableAgreement } from '../../src/recording/table-agreement.ts'
import { smallTable, tableDocument } from '../bench/tables/small-tables.ts'

const exampleTexts = ['a', 'b', 'c', 'd']
const table = smallTable(['0101', '1111', '0000'], { exampleTexts })

describe('two recordings of one task', () => {
  it('agree with themselves', () => {
    expect(tableAgreement(table, table)).toEqual({ prompts: 3, examples: 4, cells: 12, agreeing: 12, differing: [] })
  })

  it('are matched by texts, whatever their order and their ids', () => {
    const document = tableDocument([[0, null], '11'], { exampleTexts: ['d', 'b'] })
    const [first, second] = document.prompts
    const part = readTable(
      {
        ...document,
        prompts: [
          { ...first!, id: 'x', text: second!.text },
          { ...second!, id: 'y', text: first!.text },
        ],
      },
      'part',
      'part.json',
    )
    expect(tableAgreement(part, table)).toEqual({
      prompts: 2,
      examples: 2,
      cells: 4,
      agreeing: 2,
      differing: [{ id: 'x', cells: 2 }],
    })
  })

  it('agree where the same call failed', () => {
    const failed = smallTable([[0, null, 1, 1]], { exampleTexts })
    expect(tableAgreement(failed, failed).agreeing).toBe(4)
  })

  it('are refused when nothing can be compared', () => {
    const other = smallTable(['01'], { exampleTexts: ['y', 'z'] })
    expect(() => tableAgreement(other, table)).toThrow(/share no example/)
    expect(() => tableAgreement(smallTable(['0101']), table)).toThrow(/does not say which examples/)
  })
})
