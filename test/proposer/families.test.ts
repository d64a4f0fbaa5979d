import { describe, expect, it } from 'vitest'
import { createRandom } from '../../src/numerics/random/random.ts'
import { parseTemplate } from '../../src/prompt/template.ts'
import type { Member } from '../../src/proposer/proposer.ts'
import { createPortfolio, createPortfolios, createProposer, PROPOSERS } from '../../src/proposer/registry.ts'
import { createTaskView } from '../../src/proposer/task-view.ts'
import { proposerConformance } from '../../src/testing/proposer-conformance.ts'

describe.each(PROPOSERS)('proposer %s', (name) => {
  for (const check of proposerConformance(() =>
    createProposer(name === 'root-cause' ? { name, failures: 10 } : name),
  )) {
    it(check.name, check.run)
  }
})

describe.each(['auto-free', 'auto-written'])('portfolio %s', (name) => {
  const create = () => createPortfolios().find((portfolio) => portfolio.name === name)!
  for (const check of proposerConformance(create)) it(check.name, check.run)
})

describe('portfolio', () => {
  for (const { name, run } of proposerConformance(() => createPortfolio())) it(name, run)

  it('refuses what it does not know, by name', () => {
    expect(() => createProposer('reflekt')).toThrow(/no proposer "reflekt"/)
    expect(() => createProposer({ name: 'reflect', failure: 3 })).toThrow(/no setting failure/)
    expect(() => createProposer({ name: 'edit', metaPrompt: './a.md' }, () => 'x')).toThrow(/asks no generator/)
    expect(() => createProposer({ name: 'reflect', metaPrompt: './a.md' }, () => 'See {{nothing}}')).toThrow(
      /\{\{nothing\}\}/,
    )
  })
})

it.each(['opro', 'grounded'])('%s shows no score that is only predicted', async (name) => {
  const pool = ['Sort it.', 'Label it.', 'Guess it.'].map(
    (text, index): Member => ({
      index,
      candidate: { id: String(index), slots: { prompt: text } },
      mean: 0.2 + 0.3 * index,
      standardDeviation: 0.1,
      outcomes: index === 2 ? [] : [{ example: 0, score: 1 }],
    }),
  )
  const task = createTaskView({
    template: parseTemplate('{{prompt}}\n{{input}}'),
    baseline: pool[0]!.candidate,
    examples: [{ id: '1', input: 'a', expected: 'b', fields: {} }],
    answers: { kind: 'text' },
  })
  const asked: string[] = []
  const ask = async ({ prompt }: { readonly prompt: string }) => {
    asked.push(prompt)
    return '<prompt>Say which.</prompt>'
  }
  await createProposer(name).propose({
    parents: pool.slice(0, 1),
    pool,
    task,
    count: 1,
    random: createRandom(1),
    ask,
    signal: AbortSignal.timeout(5000),
  })
  expect(asked.join()).toContain('Score 50:\nLabel it.')
  expect(asked.join()).not.toContain('Guess it.')
})
