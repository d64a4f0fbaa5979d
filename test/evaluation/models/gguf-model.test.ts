import { describe, expect, it } from 'vitest'
import { sequenceFor } from '../../../src/evaluation/models/gguf-model.ts'

describe('a prompt goes to the sequence', () => {
  it('that holds most of it', () => {
    expect(sequenceFor([1, 2, 3, 4], [[1, 2, 9], [5], [1, 2, 3, 8]])).toBe(2)
    expect(sequenceFor([1, 2, 3, 4], [[1, 2, 3, 4, 5], [5], [1, 2]])).toBe(0)
  })

  it('that was used least recently, where none holds half of it', () => {
    expect(sequenceFor([1, 2, 3, 4], [[6], [1, 9], [7]])).toBe(0)
    expect(sequenceFor([1, 2, 3, 4], [[], [1, 2, 9]])).toBe(1)
  })

  it('that was used last, of several that hold as much', () => {
    expect(sequenceFor([1, 2], [[1, 3], [1, 4], [5]])).toBe(1)
  })

  it('for a chat goes to and fro between its candidates: the beginning of each stays', () => {
    const begin = (candidate: number) => Array.from({ length: 20 }, (_, index) => (index < 5 ? 0 : candidate))
    const held: number[][] = [[], [], []]
    const kept = [1, 2, 1, 3, 2, 1].map((candidate, question) => {
      const tokens = [...begin(candidate), 100 + question]
      const [before] = held.splice(sequenceFor(tokens, held), 1)
      held.push(tokens)
      return tokens.findIndex((token, index) => token !== before![index])
    })
    expect(kept).toEqual([0, 0, 20, 0, 20, 20])
  })
})
