import { describe, expect, it } from 'vitest'
import { toCsv } from '../../src/cli/export-formats.ts'
import { createStudy } from '../../src/study/create-study.ts'

const cellOf = (text: string) => {
  const { state } = createStudy({ pool: [{ id: 'a', text }], policy: 'random', exampleCount: 2 })
  return toCsv(state).split('\r\n').slice(1).join('\r\n').split(',')[1]
}

describe('a CSV cell', () => {
  it.each([
    '=1+1',
    '+1',
    '-1',
    '@SUM(A1)',
    ' =1',
    '\n=1',
    '\ufeff=1',
    '\u200b=1',
    '\t=1',
    '\r=1',
    '＝1',
    ' ＋1',
    '－1',
    '＠A',
    '|x',
    '%x',
    '−1',
    '\u00a0=1',
  ])('that a spreadsheet would run is text: %j', (text) => {
    expect(cellOf(text)).toBe(`"'${text}"`)
  })

  it.each(['Label it.', ' Label it.', '\nLabel = it', 'a=1', '"'])('is left alone otherwise: %j', (text) => {
    expect(cellOf(text)).toBe(`"${text.replaceAll('"', '""')}"`)
  })
})
