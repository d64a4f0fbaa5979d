import { describe, expect, it } from 'vitest'
import { openEvaluator } from '../../src/evaluation/open-evaluator.ts'
import type { GenerateRequest, TextModel } from '../../src/evaluation/text-model.ts'
import { createBackend } from '../../src/numerics/linalg/create-backend.ts'
import { candidateText } from '../../src/prompt/candidate.ts'
import { createPriceList } from '../../src/run/prices.ts'
import { createGenerating } from '../../src/run/proposing.ts'
import { type RunTaskOptions, runTask } from '../../src/run/run-task.ts'
import { loadStudy } from '../../src/store/load-study.ts'
import { createMemoryStore } from '../../src/store/memory-store.ts'
import { defineTask } from '../../src/task/define-task.ts'
import type { TaskInput } from '../../src/task/schema.ts'
import { createScriptedModel } from '../support/scripted-model.ts'

const LABELS = ['bug', 'billing', 'feature']
const examples = Array.from({ length: 60 }, (_, index) => ({
  input: `${['it crashes', 'you charged me', 'please add'][index % 3]} number ${index + 1} of the list`,
  expected: LABELS[index % 3]!,
}))

/** Knows the labels only when the prompt names them, and then is right; else it chats. */
const labels = ({ prompt }: GenerateRequest) => {
  const [, input] = /Ticket: ([^\n]*)\nLabel:$/.exec(prompt) ?? []
  const right = examples.find((example) => example.input === input)?.expected ?? ''
  return LABELS.every((label) => prompt.split('Ticket:')[0]!.includes(label)) ? right : 'I think it is a ticket.'
}

const task = (more: Partial<TaskInput> = {}) =>
  defineTask({
    name: 'tickets',
    examples,
    split: { search: 0.5, holdout: 0.5, seed: 1 },
    template: '{{instruction}}\n\n{{demonstrations}}\nTicket: {{input}}\nLabel:',
    metric: 'label-match',
    model: 'gguf:any',
    baseline: 'Classify the ticket.',
    budget: { evaluations: 150 },
    ...more,
  } as TaskInput)

async function run(
  given: ReturnType<typeof task>,
  script: (request: GenerateRequest) => string = labels,
  generator: TextModel | undefined = undefined,
  more: Partial<RunTaskOptions> = {},
) {
  const textModel = createScriptedModel(script)
  const generation = createGenerating({ task: given, priceOf: createPriceList(), ...(generator ? { generator } : {}) })
  const store = createMemoryStore()
  const result = await runTask({
    task: given,
    evaluator: await openEvaluator(given, { modelsFolder: '.', environment: {}, textModel }),
    embedder: async () => undefined,
    backend: async () => createBackend('js'),
    store,
    priceOf: createPriceList(),
    ...(generation ? { generation } : {}),
    ...more,
  })
  return { result, state: (await loadStudy(store, 'tickets'))!.state }
}

const writes = (answer: string) => createScriptedModel(() => answer)

describe('a task with one prompt', () => {
  it.each(['krige', 'successive-halving'])('gets better without any generator under %s', async (policy) => {
    const { result, state } = await run(task(), labels, undefined, { policy })
    expect(result.verdict).toBe('improved')
    expect(result.winner.holdout).toBe(1)
    expect(result.winner.text).toContain('bug')
    expect(result.drafts).toMatchObject({ written: expect.any(Number), measured: expect.any(Number) })
    expect(state.ledger.spent.evaluations).toBeLessThanOrEqual(150)
  })

  it.each(['equals', 'icontains'])('teaches answers, not the checks of them: %s', async (type) => {
    const checked = examples.map(({ input, expected }) => ({
      input,
      expected: { assert: [{ type, value: expected }] },
    }))
    const { state } = await run(
      task({ examples: checked, metric: 'assertions', proposers: ['format', 'demonstrations'] }),
    )
    const texts = state.candidates.map(candidateText)
    expect(texts.join('\n')).not.toMatch(/assert|JSON/)
    expect(texts.some((text) => /billing/.test(text))).toBe(type === 'equals')
  })

  it('uses what a generator writes, counts its calls, and keeps who wrote what and why', async () => {
    const answer = '<idea>Name the labels.</idea><prompt>Is the ticket about a bug, billing or a feature?</prompt>'
    const generator = writes(answer)
    const given = task({ proposers: ['mutate'], budget: { evaluations: 120, calls: 160 } })
    const { result, state } = await run(given, labels, generator)
    expect(result.winner).toMatchObject({ text: 'Is the ticket about a bug, billing or a feature?', holdout: 1 })
    expect(generator.requests.length).toBeGreaterThan(0)
    expect(result.spent.calls).toBe(result.spent.evaluations + generator.requests.length)
    expect(result.spent.calls).toBeLessThanOrEqual(160)
    const winner = state.candidates[state.indexById.get(result.winner.id)!]!
    expect(winner.origin).toMatchObject({ by: 'proposer', name: 'mutate', parents: [0], metaPrompt: 'mutate@1' })
    expect(result.drafts!.rejected).toMatchObject({ duplicate: expect.any(Number) })
  })

  const seeds = [1, 2, 3, 4]
  it.each([
    ...seeds.map((seed) => ({ seed, where: 'elsewhere', local: false })),
    ...seeds.map((seed) => ({ seed, where: 'on this machine', local: true })),
  ])(
    'tries a generator $where where formats and solved examples help a little (seed $seed)',
    async ({ seed, local }) => {
      const best = 'Decide by what the customer wants: bug, billing or feature.'
      const script = (request: GenerateRequest) => {
        const input = /Ticket: ([^\n]*)\nLabel:$/.exec(request.prompt)![1]!
        if (request.prompt.includes(best)) return examples.find((example) => example.input === input)!.expected
        return Number(/\d+/.exec(input)![0]) % 2 === 0 ? labels(request) : 'I think it is a ticket.'
      }
      const generator = { ...writes(`<prompt>${best}</prompt>`), local }
      const { result } = await run(task({ budget: { calls: 150 } }), script, generator, { seed })
      expect(result.winner.holdout).toBe(1)
    },
  )

  it('never scores a prompt on an example that it shows or that its writer was shown', async () => {
    const asked: GenerateRequest[] = []
    const script = (request: GenerateRequest) => {
      asked.push(request)
      return labels(request)
    }
    const { state } = await run(task({ proposers: ['demonstrations'] }), script)
    const shown = state.candidates.filter(({ shows }) => shows !== undefined)
    expect(shown.length).toBeGreaterThan(2)
    expect(asked.some(({ turns }) => turns)).toBe(true)
    for (const { prompt, turns = [] } of asked) {
      const [, input] = /^(?:.*\n\n)?Ticket: ([^\n]*)\nLabel:$/s.exec(prompt)!
      expect(turns.filter(({ user }) => user.includes(`Ticket: ${input}\n`))).toEqual([])
    }
  })

  it('with feedback: shows a reflecting generator what went wrong', async () => {
    const generator = writes('<prompt>Say bug, billing or feature.</prompt>')
    const { result } = await run(task({ proposers: ['reflect'] }), labels, generator)
    expect(generator.requests[0]!.prompt).toMatch(/Answer given: I think it is a ticket\.\nRight answer: \w+/)
    expect(result.verdict).toBe('improved')
  })

  it.each(['krige', 'successive-halving'])('keeps under %s a constraint that its baseline breaks', async (policy) => {
    // Right on every ticket at length, on two of three where it may not explain.
    const chatty = ({ prompt }: GenerateRequest) => {
      const [, input] = /Ticket: ([^\n]*)\nLabel:$/.exec(prompt) ?? []
      const right = examples.find((example) => example.input === input)!.expected
      const isShort = prompt.includes('Do not explain')
      return isShort ? (right === 'bug' ? 'billing' : right) : `After some thought I would call this a ${right}.`
    }
    const given = task({ proposers: ['format'], constraints: [{ metric: 'outputTokens', atMost: 12 }] })
    const { result, state } = await run(given, chatty, undefined, { policy })
    expect(result.baseline!.feasibility!.probability).toBeLessThan(0.02)
    expect(result.winner.text).toContain('Do not explain')
    expect(result.winner.feasibility!.probability).toBeGreaterThan(0.9)
    expect(state.observations.length, 'the search goes on where all that was measured breaks it').toBeGreaterThan(60)
  })

  it('keeps what must be kept', async () => {
    const { state } = await run(task({ preserve: ['ACME'], baseline: 'Classify the ticket for ACME.' }))
    expect(state.candidates.length).toBeGreaterThan(2)
    for (const { slots } of state.candidates) expect(slots!['instruction']).toContain('ACME')
  })

  it('goes on after an interruption, and pays for no answer twice', async () => {
    const store = createMemoryStore()
    const given = task({ proposers: ['mutate'] })
    const abort = new AbortController()
    const stopping = createScriptedModel((_, index) => {
      if (index > 0) abort.abort()
      return '<prompt>Say bug, billing or feature.</prompt>'
    })
    await expect(run(given, labels, stopping, { store, signal: abort.signal })).rejects.toMatchObject({
      code: 'interrupted',
    })
    const generator = writes('<prompt>Sort it into bug, billing, feature.</prompt>')
    const textModel = createScriptedModel(labels)
    const generation = createGenerating({ task: given, priceOf: createPriceList(), generator })!
    const result = await runTask({
      task: given,
      evaluator: await openEvaluator(given, { modelsFolder: '.', environment: {}, textModel }),
      embedder: async () => undefined,
      backend: async () => createBackend('js'),
      store,
      priceOf: createPriceList(),
      generation,
    })
    expect(result.verdict).toBe('improved')
    const { candidates } = (await loadStudy(store, 'tickets'))!.state
    expect(candidates.map(({ slots }) => slots!['instruction'])).toContain('Say bug, billing or feature.')
  })
})

describe('a task that cannot get better ends with a clear sentence:', () => {
  const sentences = async (...given: Parameters<typeof run>) => {
    const { result, state } = await run(...given)
    return { result, text: [state.conclusion!.reason, ...result.warnings].join('\n') }
  }

  it('no headroom', async () => {
    const always = (request: GenerateRequest) => labels({ ...request, prompt: `bug billing feature ${request.prompt}` })
    const { result, text } = await sentences(task(), always)
    expect(text).toMatch(/baseline is right on all of 30 examples: there is nothing to gain/)
    expect(result).toMatchObject({ verdict: 'no improvement', winner: { id: 'baseline' } })
    expect(result.spent.evaluations).toBeLessThan(100)
  })

  it('five examples', async () => {
    const { text } = await sentences(task({ examples: examples.slice(0, 5), budget: { evaluations: 40 } }))
    expect(text).toMatch(/examples/)
  })

  it('all failures, and prompts that cannot help', async () => {
    const { result, text } = await sentences(task(), () => 'no idea')
    expect(result.winner.id).toBe('baseline')
    expect(text).toMatch(/No improvement found/)
    expect(text).toMatch(/None of \d+ answers was right/)
  })

  it.each([
    ['refuses', "I'm sorry, but I can't help with that."],
    ['says nothing', ''],
    ['answers in another language', '<prompt>请将工单分类。</prompt>'],
    ['repeats the prompt', '<prompt>Classify the ticket.</prompt>'],
  ])('a generator that %s', async (_, answer) => {
    const { result, text } = await sentences(task({ proposers: ['mutate', 'paraphrase'] }), labels, writes(answer))
    expect(result.winner.id).toBe('baseline')
    expect(result.verdict).not.toBe('improved')
    expect(text).toMatch(/No improvement found/)
  })

  it('counts a call that writes prompts as the budget does, and one without a model as none', () => {
    const priceOf = createPriceList()
    const writerOf = (given: ReturnType<typeof task>, isLocal = false) => {
      const generator = { ...createScriptedModel(labels), local: isLocal }
      return createGenerating({ task: given, priceOf, generator })!.proposers
    }
    const [free, written] = writerOf(task())
    expect([free!.calls(8), free!.cost!(8)]).toEqual([0, 0])
    expect(written!.cost!(4)).toBeGreaterThan(2 * written!.calls(4))
    expect(written!.cost!(8)).toBeGreaterThan(written!.cost!(4))
    // Two prompts per call, so that eight cost at most four times as much as two.
    expect(written!.cost!(8)).toBeLessThanOrEqual(4 * written!.cost!(2))
    const limited = { ...task(), budget: { calls: 300 } }
    expect(writerOf(limited)[1]!.cost!(4)).toBe(written!.calls(4) / 2)
    expect(writerOf(limited, true)[1]!.cost!(4)).toBeGreaterThan(written!.cost!(4))
    expect(createGenerating({ task: task(), priceOf })!.proposers[0]!.cost!(8)).toBe(0)
  })
})
