import { describe, expect, it } from 'vitest'
import { contentKey } from '../../src/prompt/candidate.ts'
import { createStudy } from '../../src/study/create-study.ts'

const keyOf = (content: { text?: string; slots?: Record<string, string> }) => contentKey({ id: 'x', ...content })

describe('what makes two prompts the same', () => {
  it.each([
    ['the place where slots are parted', { a: 'one', b: 'two\n\nthree' }, { a: 'one\n\ntwo', b: 'three' }],
    ['which slot says it', { a: 'one', b: '' }, { a: '', b: 'one' }],
    ['what two slots say, exchanged', { a: 'one', b: 'two' }, { a: 'two', b: 'one' }],
  ])('is not the joined text: %s counts', (_, one, other) => {
    expect(keyOf({ slots: one })).not.toBe(keyOf({ slots: other }))
  })

  it.each([
    ['space around a text', { text: ' Label it.\r\nNow. ' }, { text: 'Label it.\nNow.' }],
    ['space around a slot', { slots: { a: 'one ', b: 'two' } }, { slots: { a: 'one', b: ' two' } }],
    ['the order of slots', { slots: { a: 'one', b: 'two' } }, { slots: { b: 'two', a: 'one' } }],
    ['an only slot', { text: 'Label it.' }, { slots: { q: 'Label it.' } }],
    [
      'an instruction beside nothing',
      { text: 'Label it.' },
      { slots: { instruction: 'Label it.', demonstrations: '' } },
    ],
    ['blank slots', { slots: { a: ' ', b: '' } }, { text: '' }],
  ])('does not depend on %s', (_, one, other) => {
    expect(keyOf(one)).toBe(keyOf(other))
  })

  it('lets both prompts into a pool that is written', () => {
    const study = createStudy({
      pool: [{ id: 'a', slots: { a: 'one', b: 'two\n\nthree' } }],
      exampleCount: 4,
      budget: { evaluations: 8 },
    })
    expect(study.posterior([{ slots: { a: 'one\n\ntwo', b: 'three' } }])).toBeUndefined()
    study.tell(study.ask().id, [1])
    expect(study.posterior([{ slots: { a: 'one\n\ntwo', b: 'three' } }])?.[0]?.candidate).toBeUndefined()
    expect(study.posterior([{ slots: { a: 'one', b: 'two\n\nthree' } }])?.[0]?.candidate).toBe(0)
  })
})
