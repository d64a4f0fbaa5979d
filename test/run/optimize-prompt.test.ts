import { describe, expect, it } from 'vitest'
import { generateByFunction } from '../../src/run/generate-by-function.ts'
import { optimize } from '../../src/run/optimize.ts'
import { loadStudy } from '../../src/store/load-study.ts'
import { createMemoryStore } from '../../src/store/memory-store.ts'

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

  it.each([
    ['auto', 1],
    [['demonstrations'], 1],
    [['edit'], 0],
  ] as const)('warns where no example has an answer to show, with proposers %j', async (proposers, count) => {
    const asked = examples.map(({ input, expected }) => ({ question: input, answer: expected }))
    const right = (prompt: string, { answer }: { answer: string }) => evaluate(prompt, { expected: answer })
    const { warnings } = await optimize({
      prompt: 'Classify.',
      examples: asked,
      evaluate: right,
      proposers,
      budget: { evaluations: 60 },
    })
    const about = warnings.filter((warning) =>
      warning.startsWith('No demonstrations were made of the examples: they have question, answer,'),
    )
    expect(about).toHaveLength(count)
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

  it('tells who writes prompts what the task is, and keeps the texts that are to be kept', async () => {
    const store = createMemoryStore()
    const asked: string[] = []
    const generate = (prompt: string) => {
      asked.push(prompt)
      const turn = asked.length
      return `<prompt>Say bug or billing for ACME, case ${turn}.</prompt><prompt>Say bug or billing ${turn}.</prompt>`
    }
    const given = { description: 'Tickets of a machine shop.', preserve: ['ACME'], generate, proposers: ['mutate'] }
    const options = { examples, evaluate, budget: { evaluations: 60 }, store, ...given }
    const result = await optimize({ ...options, prompt: 'Classify for ACME.' })
    expect(asked.length).toBeGreaterThan(0)
    for (const prompt of asked) {
      expect(prompt).toContain('Tickets of a machine shop.')
      expect(prompt).toContain('Keep these texts word for word: ACME')
    }
    expect(result.winner.text).toMatch(/^Say bug or billing for ACME/)
    for (const { text } of (await loadStudy(store, 'optimize'))!.state.candidates) expect(text).toContain('ACME')
    expect(result.drafts?.rejected).toHaveProperty('lost-text')
    expect(result.warnings.join()).not.toContain('preserve')
    const { warnings } = await optimize({ ...options, prompt: 'Classify.', store: createMemoryStore() })
    expect(warnings.join()).toContain('preserve: no prompt has "ACME"')
  })

  it('says that a generator gave no text', async () => {
    const generate = () => ({ text: '<prompt>Say bug or billing.</prompt>' }) as never
    const options = { prompt: 'Classify.', examples, evaluate, budget: { evaluations: 60 }, generate }
    const { drafts, warnings } = await optimize({ ...options, proposers: ['mutate'] })
    expect(drafts?.written ?? 0).toBe(0)
    expect(warnings.join()).toContain('generate gave {"text":"<prompt>Say bug or billing.</prompt>"}; expected a text')
  })

  it.each([
    ['{{input}}', 'a tag of a template'],
    ['{input}', 'a key of the examples in braces'],
  ])('keeps %s, %s, in all that is written', async (variable) => {
    const store = createMemoryStore()
    const prompt = `Classify: ${variable}\nLabel:`
    let turn = 0
    const generate = () =>
      `<prompt>Say bug or billing, case ${++turn}: ${variable}</prompt><prompt>Say bug or billing ${turn}.</prompt>`
    const fill = (text: string, example: { input: string; expected: string }) =>
      evaluate(text.replace(variable, example.input), example)
    const budget = { evaluations: 60 }
    const result = await optimize({ prompt, examples, evaluate: fill, budget, generate, store, proposers: ['mutate'] })
    expect(result.winner.text).toMatch(/^Say bug or billing, case/)
    for (const { text } of (await loadStudy(store, 'optimize'))!.state.candidates) expect(text).toContain(variable)
    expect(result.drafts?.rejected).toHaveProperty('lost-text')
  })

  it.each([1, 2, 3])('goes on to write where nothing that was tried scores, with seed %i', async (seed) => {
    let turn = 0
    const generate = () => `<prompt>Say which of the queues it is, by rule ${++turn}.</prompt>`
    // Neither demonstrations nor formats help: only what the model writes, and that in three of four cases.
    const onlyWritten = (prompt: string, { input }: { input: string }) =>
      prompt.includes('which of the queues') && !input.endsWith('3')
    const budget = { evaluations: 200 }
    const { winner } = await optimize({ prompt: 'Classify.', examples, evaluate: onlyWritten, budget, generate, seed })
    expect(winner.text).toContain('which of the queues')
    expect(winner.mean).toBeGreaterThan(0.7)
  })

  it('counts a call of generate as an evaluation when it weighs who writes next', () => {
    const pool = [{ id: 'a', text: 'Classify.' }]
    const { proposers } = generateByFunction({ proposers: 'auto', examples, pool, baseline: 0, generate: () => '' })
    const costs = proposers.map(({ name, cost }) => [name, cost?.(1)])
    expect(costs).toEqual([
      ['auto-free', 0],
      ['auto-written', 1],
    ])
  })
})
