import { describe, expect, it } from 'vitest'
import { guessScores } from '../../src/evaluation/guess-scores.ts'
import { createScriptedModel } from '../support/scripted-model.ts'

const measured = [
  { text: 'Label it.', mean: 0.2, count: 10 },
  { text: 'Think, then label it.', mean: 0.7, count: 10 },
]

describe('guesses of a model', () => {
  it('are asked for without the score of the prompt itself', async () => {
    const asked: string[] = []
    const model = createScriptedModel(({ prompt }) => {
      asked.push(prompt)
      return '40'
    })
    const guesses = await guessScores(model, measured, ['Label it.', 'New.'], { samples: 2 })
    expect(guesses).toEqual([
      { mean: 0.4, spread: 0, calls: 2 },
      { mean: 0.4, spread: 0, calls: 2 },
    ])
    expect(asked[0]).not.toContain('20%')
    expect(asked[0]).toContain('70%')
    expect(asked[2]).toContain('20%')
  })

  it('are missing where no answer can be read, and spread where answers differ', async () => {
    let call = 0
    const model = createScriptedModel(() => ['no idea', 'what?', '20', '60'][call++]!)
    const [none, some] = await guessScores(model, measured, ['a', 'b'], { samples: 2 })
    expect(none).toEqual({ mean: undefined, spread: 0, calls: 2 })
    expect(some!.mean).toBeCloseTo(0.4)
    expect(some!.spread).toBeCloseTo(0.283, 2)
  })

  it('stop where a budget does', async () => {
    let left = 3
    const model = createScriptedModel(() => '50')
    const guesses = await guessScores(model, measured, ['a', 'b', 'c'], { samples: 2, mayAsk: () => left-- > 0 })
    expect(guesses.map(({ calls }) => calls)).toEqual([2, 1, 0])
    expect(guesses[2]!.mean).toBeUndefined()
    await expect(guessScores(model, measured, ['a'], { samples: 0 })).rejects.toThrow(/samples is 0/)
  })
})
