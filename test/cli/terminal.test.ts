import { PassThrough } from 'node:stream'
import { describe, expect, it } from 'vitest'
import { rawStream } from '../../src/cli/terminal.ts'

describe('rawStream', () => {
  it('is as wide as the terminal says, or 80 columns where it says 0', () => {
    const stream = Object.assign(new PassThrough(), { columns: 0, rows: 0 })
    const raw = rawStream(stream as never)
    expect([raw.columns, raw.rows]).toEqual([80, 24])
    Object.assign(stream, { columns: 120, rows: 50 })
    expect([raw.columns, raw.rows]).toEqual([120, 50])
  })
})
