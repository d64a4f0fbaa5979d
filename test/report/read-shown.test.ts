import { describe, expect, it } from 'vitest'
import { openEvaluator } from '../../src/evaluation/open-evaluator.ts'
import { createBackend } from '../../src/numerics/linalg/create-backend.ts'
import { createCostCounter } from '../../src/report/costs.ts'
import { rankCandidates } from '../../src/report/ranking.ts'
import { readShown } from '../../src/report/read-shown.ts'
import { renderReport } from '../../src/report/render-report.ts'
import { createPriceList } from '../../src/run/prices.ts'
import { createGenerating } from '../../src/run/proposing.ts'
import { runTask } from '../../src/run/run-task.ts'
import { loadStudy } from '../../src/store/load-study.ts'
import { createMemoryStore } from '../../src/store/memory-store.ts'
import { defineTask } from '../../src/task/define-task.ts'
import type { TaskInput } from '../../src/task/schema.ts'
import { createScriptedModel } from '../support/scripted-model.ts'

const LABELS = ['bug', 'billing']
const examples = Array.from({ length: 40 }, (_, index) => ({
  input: `${['it crashes', 'you charged me'][index % 2]} number ${index + 1}`,
  expected: LABELS[index % 2]!,
}))

/** A search that wrote its winner, with the answers kept. */
async function searched(template: string, proposer: string, system?: string) {
  const task = defineTask({
    name: 'tickets',
    examples,
    split: { search: 0.5, holdout: 0.5, seed: 1 },
    template,
    ...(system === undefined ? {} : { system }),
    metric: 'label-match',
    model: 'gguf:small',
    baseline: 'Classify it.',
    proposers: [proposer],
    budget: { evaluations: 120 },
  } as TaskInput)
  const textModel = createScriptedModel(({ prompt, turns = [] }) => {
    const said = examples.find(({ input }) => prompt.includes(`Ticket: ${input}.`))!
    return turns.length > 0 || /bug or billing|Label: bug/.test(prompt) ? said.expected : 'A ticket.'
  })
  const writes = createScriptedModel(() => '<prompt>Is it bug or billing?</prompt>', 'large')
  const generator = { ...writes, name: 'scripted:large' }
  const priceOf = createPriceList()
  const store = createMemoryStore()
  await runTask({
    task,
    evaluator: await openEvaluator(task, { modelsFolder: '.', environment: {}, textModel }),
    embedder: async () => undefined,
    backend: async () => createBackend('js'),
    store,
    priceOf,
    generation: createGenerating({ task, priceOf, generator })!,
  })
  const { state } = (await loadStudy(store, 'tickets'))!
  const counter = createCostCounter()
  for await (const batches of store.read('tickets')) {
    for (const event of batches.flatMap(({ events }) => events)) counter.add(event)
  }
  return { state, shown: await readShown(store, state), costs: counter.costs() }
}

describe('what a report shows of answers', () => {
  it.each([
    [
      'after the prompt',
      '{{prompt}}\n\nTicket: {{input}}.\nLabel:',
      /<pre dir="auto">Ticket: .* number \d+\.\nLabel:<\/pre>/,
    ],
    ['before it', 'Ticket: {{input}}.\n\n{{prompt}}', /<pre dir="auto">Ticket: .* number \d+\.<\/pre>/],
  ])(
    'is what both were asked, with the example %s, what they said, and why it scored so',
    async (_, template, asked) => {
      const { state, shown } = await searched(template, 'mutate')
      const page = renderReport({ state, ...shown })
      const [, section] = /<section id="winner-and-baseline-by-example">([\s\S]*?)<\/section>/.exec(page)!
      expect(section).toMatch(asked)
      expect(section).toMatch(/A ticket\.<\/pre><p class="quiet">expected &quot;(bug|billing)&quot;/)
      expect(section).toContain('<b class="better">1.000</b>')
      expect(section).not.toContain('Classify it.')
    },
  )

  it.each([
    ['a system message', '{{prompt}}', 'Ticket: {{input}}.\nLabel:'],
    ['the same message', undefined, '{{prompt}}\n\nTicket: {{input}}.\nLabel:'],
  ])('is the message to answer, where the prompt is %s and examples are turns', async (_, system, template) => {
    const { state, shown } = await searched(template, 'demonstrations', system)
    const page = renderReport({ state, ...shown })
    const [, section] = /<section id="winner-and-baseline-by-example">([\s\S]*?)<\/section>/.exec(page)!
    expect(section).toMatch(/<pre dir="auto">Ticket: .* number \d+\.\nLabel:<\/pre>/)
    expect(section).not.toMatch(/System:|User:|Classify it/)
  })

  it('names the model of every role', async () => {
    const { state, shown, costs } = await searched('{{prompt}}\n\nTicket: {{input}}.\nLabel:', 'mutate')
    expect(shown.models).toMatchObject({ task: 'scripted:model', proposer: 'scripted:large' })
    const page = renderReport({ state, ...shown, costs })
    expect(page).toContain('<th scope="row">task</th><td>scripted:model</td>')
    expect(page).toContain('<th scope="row">proposer</th><td>scripted:large</td>')
  })

  it('counts an example that a prompt shows as neither measured nor failed', async () => {
    const { state, shown } = await searched('{{prompt}}\n\nTicket: {{input}}.\nLabel:', 'demonstrations')
    const rows = rankCandidates(state).filter(({ candidate }) => (candidate.shows?.length ?? 0) > 0)
    expect(rows.length).toBeGreaterThan(0)
    for (const { candidate, measured, failed } of rows) {
      expect(failed).toBe(0)
      expect(measured).toBeLessThanOrEqual(20 - candidate.shows!.length)
    }
    expect(renderReport({ state, ...shown })).not.toContain(' failed</span>')
  })
})
