import { describe, expect, it } from 'vitest'
import { changedParts } from '../../src/prompt/changed-parts.ts'

describe('what changed between two prompts', () => {
  it('is told slot by slot, parameters last', () => {
    const before = { slots: { find: 'Find it.', say: 'Say it.' }, parameters: { rounds: 1 } }
    expect(changedParts(before, { slots: { find: 'Say it.', say: 'Say it.' }, parameters: { rounds: 2 } })).toEqual([
      { name: 'find', before: 'Find it.', after: 'Say it.' },
      { before: 'rounds = 1', after: 'rounds = 2' },
    ])
    expect(changedParts(before, before)).toEqual([])
  })

  it('is one text where one of them has no slots, or there is one', () => {
    expect(changedParts({ text: 'Say it.' }, { slots: { find: 'Find it.', say: 'Say it.' } })).toEqual([
      { before: 'Say it.', after: 'Find it.\n\nSay it.' },
    ])
    expect(changedParts({ slots: { prompt: 'a' } }, { slots: { prompt: 'b' } })).toEqual([{ before: 'a', after: 'b' }])
  })
})
