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

  it('says that a generator gave no text', async () => {
    const generate = () => ({ text: '<prompt>Say bug or billing.</prompt>' }) as never
    const options = { prompt: 'Classify.', examples, evaluate, budget: { evaluations: 60 }, generate }
    const { drafts, warnings } = await optimize({ ...options, proposers: ['mutate'] })
    expect(drafts?.written ?? 0).toBe(0)
    expect(warnings.join()).toContain('generate gave {"text":"<prompt>Say bug or billing.</prompt>"}; expected a text')
  })
})
