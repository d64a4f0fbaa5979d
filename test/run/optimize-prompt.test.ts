import { describe, expect, it } from 'vitest'
import { optimize } from '../../src/run/optimize.ts'

const labels = ['bug', 'billing']
const examples = Array.from({ length: 40 }, (_, index) => ({ input: `Ticket ${index}`, expected: labels[index % 2]! }))
/** Right where the prompt names the labels. */
const evaluate = (prompt: string, { expected }: { expected: string }) =>
  labels.every((label) => prompt.includes(label)) || expected === 'bug'

describe('optimize with one prompt', () => {
  it('writes better ones from the examples alone', async () => {
    const result = await optimize({ prompt: 'Classify.', examples, evaluate, budget: { evaluations: 120 } })
    expect(result.winner.text).toContain('billing')
    expect(result.baseline!.text).toBe('Classify.')
    expect(result.drafts!.measured).toBeGreaterThan(0)
  })

  it('asks a generator, and counts it', async () => {
    let asked = 0
    const generate = () => {
      asked++
      return '<prompt>Say bug or billing.</prompt>'
    }
    const budget = { evaluations: 100, calls: 110 }
    const options = { prompt: 'Classify.', examples, evaluate, budget, generate, proposers: ['mutate'] }
    const result = await optimize(options)
    expect(result.winner.text).toBe('Say bug or billing.')
    expect(result.spent.calls).toBe(result.spent.evaluations + asked)
    expect(result.spent.calls).toBeLessThanOrEqual(110)
  })
})
