import { describe, expect, it } from 'vitest'
import { createProgressLine } from '../../src/cli/progress-line.ts'

const shownOn = (stream: object, text: string) => {
  const written: string[] = []
  createProgressLine({ ...stream, write: (piece: string) => written.push(piece) }).show(text)
  return written.at(-1)!
}

describe('the progress line', () => {
  it('never wraps on a terminal, where it could not be replaced', () => {
    const long = `search: 409/600 evaluations, 409 calls, best ${'long-name/'.repeat(8)} 0.319 [0.201, 0.437]`
    expect(shownOn({ isTTY: true, columns: 80 }, long)).toMatch(/^search: 409\/600 .{62}…$/)
    expect(shownOn({ isTTY: true, columns: 80 }, long).length).toBeLessThan(80)
    expect(shownOn({ isTTY: true, columns: 0 }, long).length).toBeLessThan(80)
    expect(shownOn({ isTTY: true, columns: 40 }, '良い'.repeat(30)).length).toBeLessThanOrEqual(20)
    expect(shownOn({ isTTY: true, columns: 200 }, long)).toBe(long)
  })

  it('is whole in a log', () => {
    expect(shownOn({}, 'x'.repeat(300))).toBe(`${'x'.repeat(300)}\n`)
  })
})
