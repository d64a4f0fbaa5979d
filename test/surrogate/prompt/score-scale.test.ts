import { describe, expect, it } from 'vitest'
import { createObservationLog } from '../../../src/history/observation-log.ts'
import { optimize } from '../../../src/index.ts'
import { scoreScale } from '../../../src/surrogate/prompt/score-scale.ts'

const logOf = (scores: readonly number[]) =>
  createObservationLog(scores.map((score, example) => ({ candidate: 0, example, repeat: 0, score })))

describe('scoreScale', () => {
  it('is [0, 1] for shares, and for a few scores that happen to be alike', () => {
    expect(scoreScale(logOf([0, 1, 0.5]), 3)).toMatchObject({ low: 0, high: 1 })
    expect(scoreScale(logOf([0.41, 0.42, 0.43]), 3)).toMatchObject({ low: 0, high: 1 })
    expect(scoreScale(logOf(Array(20).fill(0)), 20)).toMatchObject({ low: 0, high: 1, binary: true })
    expect(scoreScale(logOf(Array(20).fill(0.5)), 20)).toMatchObject({ low: 0, high: 1 })
  })

  it('is their own range where all lie in a small part of [0, 1], or outside of it', () => {
    const small = Array.from({ length: 10 }, (_, index) => 1e-4 * (index + 1))
    expect(scoreScale(logOf(small), 10)).toMatchObject({ low: 1e-4, high: 1e-3 })
    expect(scoreScale(logOf([-3, 5]), 2)).toMatchObject({ low: -3, high: 5 })
  })

  it.each([7.5, -3, 1e17])('has the one score there is in its middle: %d', async (score) => {
    const { low, high } = scoreScale(logOf([score, score]), 2)
    expect((low + high) / 2).toBe(score)
    expect(high).toBeGreaterThan(low)
    const result = await optimize({
      prompts: ['Name the label.', 'Say which label.'],
      examples: Array.from({ length: 10 }, (_, index) => ({ id: String(index), input: `x${index}` })),
      embedder: 'none',
      evaluate: () => score,
      budget: { evaluations: 20 },
    })
    expect(Math.abs(result.winner.mean - score)).toBeLessThan(1e-3 * Math.max(1, Math.abs(score)))
  })

  it.each([1e-1, 1e-2, 1e-4])('lets the best of twenty prompts be found when scores lie at %d', async (scale) => {
    const quality = (index: number) => 0.3 + 0.02 * ((index * 7) % 20)
    const result = await optimize({
      prompts: Array.from({ length: 20 }, (_, index) => `Prompt number ${index} says ${'word '.repeat(index % 5)}`),
      examples: Array.from({ length: 20 }, (_, index) => ({ id: String(index), input: `x${index}` })),
      embedder: 'none',
      evaluate: (prompt, example) => {
        const index = Number(/number (\d+)/.exec(prompt)![1])
        return scale * (quality(index) + 0.15 * Math.sin(index * 37 + Number(example.id) * 91))
      },
      budget: { evaluations: 160 },
      seed: 3,
    })
    expect(result.winner.text).toMatch(/number 17 /)
  })
})
