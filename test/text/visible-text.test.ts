import { describe, expect, it } from 'vitest'
import { visibleText } from '../../src/text/visible-text.ts'

describe('visibleText', () => {
  it.each([
    ['plain, line\nend\r\n\ttab 😀 ü', 'plain, line\nend\r\n\ttab 😀 ü'],
    ['\u001b[2J', '\ufffd[2J'],
    ['\u009b2J\u0007\u0000\u007f', '\ufffd2J\ufffd\ufffd\ufffd'],
    ['over\rwritten', 'over\ufffdwritten'],
    ['a\u202eb\u2066c', 'a\ufffdb\ufffdc'],
    ['half \ud83d', 'half \ufffd'],
  ])('%j', (written, shown) => {
    expect(visibleText(written)).toBe(shown)
  })
})
