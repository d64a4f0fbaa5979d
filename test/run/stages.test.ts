import { describe, expect, it } from 'vitest'
import { openEvaluator } from '../../src/evaluation/open-evaluator.ts'
import { createMemoryResponseCache } from '../../src/evaluation/response-cache.ts'
import type { GenerateRequest } from '../../src/evaluation/text-model.ts'
import { createBackend } from '../../src/numerics/linalg/create-backend.ts'
import { renderReport } from '../../src/report/render-report.ts'
import { createPriceList } from '../../src/run/prices.ts'
import { createGenerating } from '../../src/run/proposing.ts'
import { runTask } from '../../src/run/run-task.ts'
import { loadStudy } from '../../src/store/load-study.ts'
import { createMemoryStore } from '../../src/store/memory-store.ts'
import { creditOf } from '../../src/study/credit.ts'
import { defineTask } from '../../src/task/define-task.ts'
import type { TaskInput } from '../../src/task/schema.ts'
import { createScriptedModel } from '../support/scripted-model.ts'

const THINGS = ['broom', 'mitten', 'novel', 'spade']
const examples = Array.from({ length: 60 }, (_, index) => ({
  input: `Order ${index}: the ${THINGS[index % 4]}, please.`,
  expected: THINGS[index % 4]!,
}))

/** The first stage names the thing where it is told to be exact, the second repeats it, whatever it is told. */
function answer({ prompt }: GenerateRequest): string {
  if (prompt.includes('Thing:')) return /Thing: (.*)/.exec(prompt)![1]!.trim() || 'nothing'
  const thing = THINGS.find((one) => prompt.includes(`the ${one},`))!
  return /exact/i.test(prompt) || /Order \d*[05]:/.test(prompt) ? thing : 'something'
}

const task = (more: Partial<TaskInput> = {}) =>
  defineTask({
    name: 'shop',
    examples,
    split: { search: 0.5, holdout: 0.5, seed: 1 },
    metric: 'exact-match',
    model: 'gguf:any',
    stages: {
      extract: { template: '{{prompt}}\nCustomer: {{input}}\nWants:' },
      decide: { template: '{{prompt}}\nThing: {{extract}}\nSay:' },
    },
    baseline: { slots: { extract: 'Name it.', decide: 'Say it.' } },
    proposers: ['mutate', 'reflect'],
    budget: { evaluations: 220, calls: 500 },
    ...more,
  } as TaskInput)

async function run(given: ReturnType<typeof task>, script = answer) {
  let number = 0
  const generator = createScriptedModel(({ prompt }) => {
    number++
    return prompt.includes('instruction of extract')
      ? `<prompt>Be exact, please, in way ${number}.</prompt>`
      : `<prompt>Say it aloud ${number} times.</prompt>`
  })
  const store = createMemoryStore()
  const result = await runTask({
    task: given,
    evaluator: await openEvaluator(given, {
      modelsFolder: '.',
      environment: {},
      textModel: createScriptedModel(script),
      cache: createMemoryResponseCache(),
    }),
    embedder: async () => undefined,
    backend: async () => createBackend('js'),
    store,
    priceOf: createPriceList(),
    generation: createGenerating({ task: given, generator, priceOf: createPriceList() })!,
  })
  return { result, generator, state: (await loadStudy(store, 'shop'))!.state }
}

describe('a program whose stages are written', () => {
  it('searches on with the calls that its checkpoints save', async () => {
    const { result } = await run(task({ budget: { calls: 300 } }))
    expect(result.spent.evaluations).toBeGreaterThan(200)
    expect(result.spent.calls).toBeGreaterThan(200)
    expect(result.spent.calls).toBeLessThanOrEqual(300)
    expect(result.winner.holdout).not.toBeNull()
  })

  it('compares on as many held-out examples as a loop that ends early leaves calls for', async () => {
    const given = task({
      stages: {
        extract: { template: '{{prompt}}\nCustomer: {{input}}\nWants:' },
        check: { template: '{{prompt}}\nThing: {{extract}}\nRight?' },
        mend: { template: '{{prompt}}\nThing: {{extract}}\nBetter:', writes: 'extract' },
      },
      states: {
        extract: { next: 'check' },
        check: { next: [{ contains: 'ok', to: 'end' }, { to: 'mend' }] },
        mend: { rounds: 3, next: 'check' },
      },
      baseline: { slots: { extract: 'Name it.', check: 'Is it?', mend: 'Mend it.' } },
      budget: { calls: 400 },
    })
    const { result } = await run(given, ({ prompt, ...request }) =>
      prompt.includes('Right?') ? 'ok' : answer({ prompt, ...request }),
    )
    // Eight calls at worst, two in fact: of 400 calls, 80 are set aside for a comparison on five examples.
    expect(result.baseline!.difference!.count).toBeGreaterThan(12)
    expect(result.verdict).toBe('improved')
    expect(result.warnings.join()).not.toContain('The holdout compares')
    expect(result.spent.calls).toBeLessThanOrEqual(400)
  })

  it('is mended where it fails, one stage at a time, and says which stage that was', async () => {
    const { result, state } = await run(task())
    expect(result).toMatchObject({ verdict: 'improved', winner: { holdout: 1 } })
    expect(result.winner.slots!['extract']).toContain('exact')
    const written = state.candidates.filter(({ origin }) => origin?.by === 'proposer')
    expect(written.length).toBeGreaterThan(3)
    for (const { slots, origin } of written) {
      const parent = state.candidates[origin!.parents![0]!]!
      const changed = Object.keys(slots!).filter((slot) => slots![slot] !== parent.slots![slot])
      expect(changed).toHaveLength(1)
    }
    expect(state.config.stages).toEqual(['extract', 'decide'])
    const share = Object.fromEntries(result.credit!.parts.map(({ part, share }) => [part, share]))
    expect(share['extract']).toBeGreaterThan(share['decide']!)
    expect(creditOf(state, 0)!.blame['extract']).toBeGreaterThan(0.5)
    expect(result.savedCalls).toBeGreaterThan(0)
    expect(result.spent.calls + result.savedCalls!).toBeGreaterThanOrEqual(2 * result.spent.evaluations)
    expect(result.spent.calls).toBeLessThanOrEqual(500)
    const page = renderReport({ state })
    expect(page).toContain('<h2>Stages</h2>')
    expect(page).toContain('interaction')
  })

  it('shows whoever rewrites a stage what it answered, and what became of it', async () => {
    const { generator } = await run(task({ proposers: ['reflect'] }))
    const first = generator.requests.map(({ prompt }) => prompt).filter((prompt) => prompt.includes('of extract'))
    expect(first.length).toBeGreaterThan(0)
    expect(first[0]).toContain('Answer given: something')
    expect(first[0]).toContain('After it decide answered "something". It was said:')
    expect(first[0]).not.toContain('Right answer:')
  })

  it('carries parameters from parent to child, and varies them', async () => {
    const { state } = await run(
      task({
        parameters: { loud: { categorical: ['yes', 'no'] } },
        stages: {
          extract: { template: '{{prompt}}\nCustomer: {{input}}\nWants:' },
          shout: { template: 'Shout {{extract}}', when: { parameter: 'loud', in: ['yes'] } },
          decide: { template: '{{prompt}}\nThing: {{extract}}\nSay:' },
        },
        baseline: { slots: { extract: 'Name it.', decide: 'Say it.' }, parameters: { loud: 'no' } },
        proposers: ['mutate', 'parameters'],
      }),
    )
    const values = state.candidates.map(({ parameters }) => parameters?.['loud'])
    expect(new Set(values)).toEqual(new Set(['yes', 'no']))
    expect(values).not.toContain(undefined)
  })
})
