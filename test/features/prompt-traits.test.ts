import { describe, expect, it } from 'vitest'
import { promptTraitNames, promptTraits } from '../../src/features/prompt-traits.ts'
import { writeTurns } from '../../src/prompt/turns.ts'

const shown = (text: string) => Math.round(Math.expm1(promptTraits(text)[promptTraitNames.indexOf('demonstrations')]!))

describe('demonstrations of a prompt', () => {
  it('are counted as lines and as turns', () => {
    const turns = ['one', 'two', 'three'].map((user) => ({ user, assistant: 'number' }))
    expect(shown('Label it.\nQ: a\nA: b\nQ: c\nA: d')).toBe(2)
    expect(shown(`Label it.\n\n${writeTurns(turns)}`)).toBe(3)
    expect(shown('Label it.\nQ: a')).toBe(0)
  })
})
