import { describe, expect, it } from 'vitest'
import type { Embedder } from '../../src/embedding/embedder.ts'
import type { SearchProgress } from '../../src/engine/search.ts'
import { KrigeError } from '../../src/errors.ts'
import type { Evaluator } from '../../src/evaluation/evaluator.ts'
import { failure } from '../../src/history/failure.ts'
import { createObservationLog } from '../../src/history/observation-log.ts'
import { createBackend } from '../../src/numerics/linalg/create-backend.ts'
import { makePlan } from '../../src/run/plan.ts'
import { createPriceList, taskPrices } from '../../src/run/prices.ts'
import { type RunTaskOptions, runTask } from '../../src/run/run-task.ts'
import { exportJsonLines } from '../../src/store/jsonl.ts'
import { loadStudy } from '../../src/store/load-study.ts'
import { createMemoryStore } from '../../src/store/memory-store.ts'
import { defineTask } from '../../src/task/define-task.ts'
import type { Task } from '../../src/task/task.ts'
import { isRight, testTask } from '../support/chat-server.ts'

const MODEL = 'openai-compatible:http://127.0.0.1:9/v1#test'
const define = (options: Parameters<typeof testTask>[1] = {}, extra: object = {}) =>
  defineTask({ ...testTask(MODEL, options), ...extra })

/** An evaluator that calls nothing, and charges what a server would. */
function fakeEvaluator(task: Task, id = 'fake'): Evaluator & { sent: number } {
  const evaluator = {
    id,
    sent: 0,
    concurrency: 4,
    random: false,
    estimate: () => ({ calls: 1, inputTokens: 20, outputTokens: 4 }),
    async evaluate({ candidate, example, reserve }) {
      const base = { usage: { inputTokens: 20, outputTokens: 1 }, calls: 1, cached: false, milliseconds: 0 }
      const call = { model: task.model!, inputTokens: 20, maxOutputTokens: 4, attempt: 0, role: 'task' as const }
      const reservation = await reserve?.(call)
      if (reserve && !reservation) return { ...base, calls: 0, failure: failure('budget', 'no') }
      evaluator.sent++
      await reservation?.settle({ usage: base.usage, milliseconds: 0 })
      const [, prompt] =
        /Instruction (\d+)/.exec(Object.values(candidate.slots ?? {}).join() || candidate.text || '') ?? []
      return { ...base, score: isRight(Number(prompt), String(example.input), task.pool.length) ? 1 : 0 }
    },
    async close() {},
  } as Evaluator & { sent: number }
  return evaluator
}

const setUp = (task: Task, extra: Partial<RunTaskOptions> = {}): RunTaskOptions => ({
  task,
  evaluator: fakeEvaluator(task),
  embedder: async () => undefined,
  backend: async () => createBackend('js'),
  store: createMemoryStore(),
  priceOf: createPriceList(),
  policy: 'successive-halving',
  ...extra,
})

const embedder = (id: string): Embedder => ({
  id,
  dimensions: 2,
  embed: async (texts) => texts.map((text) => Float64Array.of(Math.cos(text.length), Math.sin(text.length))),
  close: async () => {},
})

describe('runTask', () => {
  it('searches within the budget, measures the holdout, and returns the contract', async () => {
    const task = define()
    const options = setUp(task)
    const result = await runTask(options)
    expect(result).toMatchObject({
      study: 'tickets',
      verdict: expect.stringMatching(/^(improved|undecided|no improvement)$/),
      winner: {
        id: expect.any(String),
        text: expect.stringMatching(/^Instruction \d+ of/),
        holdout: expect.any(Number),
      },
      baseline: { text: 'Instruction 0 of 12.' },
      report: null,
    })
    expect(result.spent.evaluations).toBeLessThanOrEqual(300)
    expect(result.spent.calls).toBe((options.evaluator as unknown as { sent: number }).sent)
    expect(result.spent.usd).toBe(0)
    expect(Number(/\d+/.exec(result.winner.text)![0])).toBeGreaterThan(4)
  })

  it('returns the result of a complete study without running it again, and goes on with a larger budget', async () => {
    const task = define({ budget: { evaluations: 100 } })
    const options = setUp(task)
    const first = await runTask(options)
    const notices: string[] = []
    const again = await runTask({ ...options, onNotice: (notice) => notices.push(notice) })
    expect(again).toEqual(first)
    expect(notices).toEqual([expect.stringContaining('is complete')])
    const more = await runTask({ ...options, task: { ...task, budget: { evaluations: 200 } } })
    expect(more.spent.evaluations).toBeGreaterThan(150)
    expect(more.spent.evaluations).toBeLessThanOrEqual(200)
  })

  it('spends a raised budget, and counts toward what the stage may come to', async () => {
    // Of the larger holdout most is measured already, where the winner is the earlier one.
    for (const [before, after] of [
      [200, 300],
      [150, 170],
    ]) {
      const task = define({ prompts: 30, budget: { evaluations: before! } })
      const options = setUp(task, { policy: 'krige' })
      const first = await runTask(options)
      expect(first.spent.evaluations).toBe(before)
      const seen: SearchProgress[] = []
      const more = await runTask({
        ...options,
        task: { ...task, budget: { evaluations: after! } },
        onProgress: (progress) => seen.push(progress),
      })
      expect(more.spent.evaluations).toBe(after)
      for (const { evaluations, evaluationBudget } of seen) expect(evaluations).toBeLessThanOrEqual(evaluationBudget)
      for (const split of ['search', 'holdout']) {
        const last = seen.filter((progress) => progress.split === split).at(-1)!
        expect(last.evaluations, split).toBe(last.evaluationBudget)
      }
      // Each split counts its own.
      const { state } = (await loadStudy(options.store, task.name))!
      const searched = seen.filter(({ split }) => split === 'search').at(-1)!
      expect(searched.evaluations).toBe(state.observations.length)
    }
  })

  it('counts no evaluation that the pool does not have', async () => {
    const task = define({ prompts: 2, search: 10, holdout: 6, budget: { evaluations: 100 } })
    const seen: SearchProgress[] = []
    await runTask(setUp(task, { onProgress: (progress) => seen.push(progress) }))
    expect(seen[0]).toMatchObject({ split: 'search', evaluationBudget: 20 })
    expect(seen.at(-1)).toMatchObject({ split: 'holdout', evaluations: 12, evaluationBudget: 12 })
  })

  it('keeps in the log how it was asked for, the latest where the budget was raised', async () => {
    const task = define({ budget: { evaluations: 100 } })
    const options = setUp(task)
    const command = async () => (await loadStudy(options.store, 'tickets'))!.state.command
    await runTask({ ...options, command: 'krige run a.yaml' })
    expect(await command()).toBe('krige run a.yaml')
    await runTask({ ...options, task: { ...task, budget: { evaluations: 120 } }, command: 'krige run a.yaml --more' })
    expect(await command()).toBe('krige run a.yaml --more')
  })

  it('resumes after an interruption to the same result as without one', async () => {
    const task = define({ budget: { calls: 150 } })
    const whole = await runTask(setUp(task, { concurrency: 1 }))
    const abort = new AbortController()
    const options = setUp(task, { concurrency: 1 })
    let results = 0
    const first = runTask({ ...options, signal: abort.signal, onProgress: () => ++results === 40 && abort.abort() })
    await expect(first).rejects.toMatchObject({ code: 'interrupted' })
    expect(await runTask(options)).toEqual(whole)
  })

  it.each<[string, (task: Task, options: RunTaskOptions) => Partial<RunTaskOptions>, RegExp]>([
    [
      'another model',
      (task) => ({ task: { ...task, model: 'gguf:other' } }),
      /model was openai-compatible.* is gguf:other/,
    ],
    ['another seed', () => ({ seed: 9 }), /seed was 1, is 9/],
    ['another policy', () => ({ policy: 'hyperband' }), /policy was successive-halving, is hyperband/],
    ['another embedder', () => ({ embedder: async () => embedder('minilm') }), /embedder was none, is minilm/],
    [
      'another evaluator',
      (task) => ({ evaluator: fakeEvaluator(task, 'other') }),
      /code of the metric or program.*evaluator\) changed/,
    ],
    ['other examples', () => ({ task: define({ search: 39, budget: { evaluations: 60 } }) }), /examples changed/],
    [
      'a changed prompt',
      (task) => ({
        task: { ...task, pool: task.pool.map((one, index) => (index === 3 ? { id: one.id, text: 'Other.' } : one)) },
      }),
      /prompt p3 was changed/,
    ],
    ['a removed prompt', (task) => ({ task: { ...task, pool: task.pool.slice(0, -1) } }), /prompt p11 was removed/],
  ])('refuses to resume with %s', async (_, change, message) => {
    const task = define({ budget: { evaluations: 60 } })
    const options = setUp(task)
    await runTask(options)
    const error = await runTask({ ...options, ...change(task, options) }).catch((reason: unknown) => reason)
    expect(KrigeError.isInstance(error) && error.code).toBe('conflict')
    expect(String(error)).toMatch(message)
  })

  it('takes new prompts into a study that has begun', async () => {
    const task = define({ budget: { evaluations: 60 } })
    const options = setUp(task)
    await runTask(options)
    const pool = [...task.pool, { id: 'late', text: 'Instruction 12 of 12.' }]
    await runTask({ ...options, task: { ...task, pool, budget: { evaluations: 90 } } })
    expect((await loadStudy(options.store, 'tickets'))?.state.candidates.at(-1)?.id).toBe('late')
  })

  it('names what a hash stands for where a task has changed', async () => {
    const options = setUp(define())
    await runTask(options)
    const resume = (task: Task) => runTask({ ...options, task })
    await expect(resume(define({}, { template: '{{instruction}}\nIt: {{input}}' }))).rejects.toThrow(
      /differently: what a prompt is scored by \(template, stages, metric, system or evaluate\) changed$/,
    )
    await expect(resume(define({ holdout: 39 }))).rejects.toThrow(
      'differently: the examples changed; the split changed',
    )
  })

  it('refuses to resume with another baseline, or with other slots or parameters of a prompt', async () => {
    const task = define()
    const options = setUp(task)
    await runTask(options)
    const resume = (changed: Task) => runTask({ ...options, task: changed })
    const { baseline: _, ...none } = task
    await expect(resume({ ...task, baseline: (task.baseline ?? 0) + 1 })).rejects.toMatchObject({ code: 'conflict' })
    await expect(resume(none)).rejects.toMatchObject({ code: 'conflict' })
    const withFirst = (change: object) => task.pool.map((one, index) => (index === 0 ? { ...one, ...change } : one))
    await expect(resume({ ...task, pool: withFirst({ parameters: { temperature: 1 } }) })).rejects.toThrow(
      'was changed',
    )
    const { slots = {} } = task.pool[0]!
    await expect(resume({ ...task, pool: withFirst({ slots: { ...slots, more: 'x' } }) })).rejects.toThrow(
      'was changed',
    )
    await expect(resume(task)).resolves.toMatchObject({ study: 'tickets' })
  })

  it.each([
    ['other values', { temperature: { categorical: [0, 0.7, 1] } }],
    ['another bound', { temperature: { float: [0, 1] } }],
    ['another name', { topP: { categorical: [0, 0.7] } }],
    ['none', undefined],
  ])('refuses to resume with other parameters of the task: %s', async (_, parameters) => {
    const task = define({}, { parameters: { temperature: { categorical: [0, 0.7] } } })
    const options = setUp(task)
    await runTask(options)
    const { space } = define({}, parameters ? { parameters } : {})
    // The pool stays: what is refused is the space, not a prompt that is missing.
    await expect(runTask({ ...options, task: { ...task, space } })).rejects.toMatchObject({
      code: 'conflict',
      message: expect.stringMatching(/started differently: parameters was \{"temperature".*, is \{/),
    })
    await expect(runTask(options)).resolves.toMatchObject({ study: 'tickets' })
  })

  it('keeps how a prompt becomes what the model is sent', async () => {
    const task = define({ budget: { calls: 20 } })
    const options = setUp(task)
    await runTask(options)
    const { state } = (await loadStudy(options.store, 'tickets'))!
    expect(state.config.template).toEqual({ user: task.template!.source })
  })

  it('keeps hashes instead of texts when told so, and resumes all the same', async () => {
    const task = define({ budget: { calls: 120 } })
    const whole = await runTask(setUp(task, { concurrency: 1 }))
    const abort = new AbortController()
    const options = setUp(task, { concurrency: 1 })
    let results = 0
    const first = runTask({
      ...options,
      storeText: false,
      signal: abort.signal,
      onProgress: () => ++results === 30 && abort.abort(),
    })
    await expect(first).rejects.toMatchObject({ code: 'interrupted' })
    const late = [...task.pool, { id: 'late', text: 'Instruction 12 of 12.' }]
    const { winner, verdict } = await runTask(options)
    expect({ winner, verdict }).toEqual({ winner: whole.winner, verdict: whole.verdict })
    await runTask({ ...options, task: { ...task, pool: late } })
    let log = ''
    for await (const piece of exportJsonLines(options.store, 'tickets')) log += piece
    expect(log.match(/"text":"sha256:/g)).toHaveLength(13)
    expect(log).not.toMatch(/Instruction \d+ of|"template"/)
    const pool = task.pool.slice(1)
    await expect(runTask({ ...options, task: { ...task, pool } })).rejects.toThrow('was removed since the study began')
  })

  it('embeds pool and priors with the embedder the study was started with', async () => {
    const task = define({ budget: { evaluations: 60 } })
    const asked: (string | undefined)[] = []
    const options = setUp(task, {
      embedder: async (recorded) => {
        asked.push(recorded)
        return embedder('tiny')
      },
      priors: [
        { name: 'old', candidates: [{ id: 'x', text: 'Old.' }], observations: createObservationLog(), exampleCount: 5 },
      ],
    })
    await runTask(options)
    await runTask(options)
    expect(asked).toEqual([undefined, 'tiny'])
  })
})

describe('makePlan', () => {
  const each = { estimate: () => ({ calls: 2, inputTokens: 100, outputTokens: 10 }) }

  it('sets a share of every limit aside for the holdout', () => {
    const plan = makePlan(define({ budget: { calls: 400 } }), each, createPriceList())
    expect(plan).toMatchObject({
      searchEvaluations: 160,
      holdoutExamples: 20,
      holdoutEvaluations: 40,
      callsPerEvaluation: 2,
      cost: { evaluations: 200, calls: 400, inputTokens: 20_000, outputTokens: 2_000, usd: 0 },
      exhaustive: { evaluations: 480 },
    })
  })

  it('gives the holdout what the search cannot use, and says from which budget on there is one', () => {
    const planOf = (evaluations: number, holdout = 6) =>
      makePlan(define({ prompts: 3, search: 8, holdout, budget: { evaluations } }), each, createPriceList())
    for (const [evaluations, examples] of [
      [36, 6],
      [34, 5],
      [49, 6],
    ] as const) {
      expect(planOf(evaluations)).toMatchObject({ searchEvaluations: 24, holdoutExamples: examples })
    }
    expect(planOf(33)).toMatchObject({ searchEvaluations: 24, holdoutExamples: 0 })
    expect(planOf(33).warnings.join()).toContain('With 34 evaluations they are.')
    const inCalls = (calls: number) =>
      makePlan(define({ prompts: 3, search: 8, holdout: 6, budget: { calls } }), each, createPriceList())
    expect(inCalls(67).warnings.join()).toContain('With 68 calls they are.')
    expect(inCalls(68)).toMatchObject({ holdoutExamples: 5 })
    expect(planOf(49, 4).warnings.join()).toContain('The 4 held-out examples are not used')
    expect(planOf(49, 0).warnings.join()).not.toContain('held-out')
  })

  it('turns tokens and money into evaluations', () => {
    const task = define({ budget: { inputTokens: 5_000 } })
    expect(makePlan(task, each, createPriceList()).budget).toEqual({ inputTokens: 5_000, evaluations: 50 })
    const priced = { ...task, model: 'openai:gpt-4o-mini', budget: { usd: 0.01 } }
    // 100 · 0.15 + 10 · 0.60 = 21 dollars a million evaluations.
    expect(makePlan(priced, each, createPriceList()).budget).toEqual({ usd: 0.01, evaluations: 476 })
  })

  it('never guesses a price', () => {
    const task = { ...define(), model: 'openai:brand-new', budget: { usd: 1 } }
    expect(() => makePlan(task, each, createPriceList())).toThrow('price of openai:brand-new is not known')
    expect(makePlan(task, each, createPriceList({ input: 1, output: 2 })).cost.usd).toBeGreaterThan(0)
    expect(makePlan({ ...task, budget: { calls: 50 } }, each, createPriceList()).cost.usd).toBeUndefined()
  })

  it('does not call a holdout too small for a comparison that no baseline makes', () => {
    const planned = (task: Task) => makePlan(task, each, createPriceList()).warnings.join()
    const { baseline, ...alone } = define({ holdout: 6 })
    expect(planned({ ...alone, baseline: baseline! })).toContain('The holdout compares 6 examples')
    expect(planned(alone)).toContain('No baseline prompt')
    expect(planned(alone)).not.toContain('The holdout compares')
  })

  it('refuses a budget that cannot choose, and warns of what the sizes cannot support', () => {
    const refuse = () => makePlan(define({ budget: { calls: 3 } }), each, createPriceList())
    expect(refuse).toThrow('the budget allows 1 evaluation; nothing can be chosen')
    const { warnings } = makePlan(
      define({ search: 8, holdout: 0, budget: { evaluations: 10 } }),
      each,
      createPriceList(),
    )
    expect(warnings.join('\n')).toMatch(
      /The search has 8 examples[\s\S]*No holdout[\s\S]*10 evaluations for 12 prompts/,
    )
  })
})

describe('held-out examples that are not used', () => {
  const each = { estimate: () => ({ calls: 2, inputTokens: 100, outputTokens: 10 }) }
  const planOf = (holdout: number, evaluations: number) =>
    makePlan(define({ search: 24, holdout, budget: { evaluations } }), each, createPriceList())

  it('are told of, with the smallest budget that would use them', () => {
    const { holdoutExamples, warnings } = planOf(12, 36)
    expect(holdoutExamples).toBe(0)
    const told = warnings.flatMap((warning) => /not used: .* With (\d+) evaluations they are/.exec(warning)?.[1] ?? [])
    expect(told).toHaveLength(1)
    const needed = Number(told[0])
    expect(planOf(12, needed).holdoutExamples).toBeGreaterThan(0)
    expect(planOf(12, needed - 1).holdoutExamples).toBe(0)
  })

  it('are told of where there are too few, whatever the budget', () => {
    expect(planOf(4, 1000).warnings.join('\n')).toContain('The 4 held-out examples are not used')
  })
})

describe('createPriceList', () => {
  it('knows local models, dated variants and overrides, and nothing else', () => {
    const priceOf = createPriceList()
    expect(priceOf('gguf:x')).toEqual({ input: 0, output: 0 })
    expect(priceOf(MODEL)).toEqual({ input: 0, output: 0 })
    expect(priceOf('openai:gpt-4o-2024-08-06')).toEqual({ input: 2.5, output: 10 })
    expect(priceOf('openai-compatible:https://api.example.com/v1#gpt-4o')).toBeUndefined()
    expect(priceOf('anthropic:claude-haiku-4-5-20251001')).toEqual({ input: 1, output: 5 })
    // The same name somewhere else may cost something else.
    expect(priceOf('azure:gpt-4o')).toBeUndefined()
    expect(priceOf('openai:gpt-4o-audio')).toBeUndefined()
    expect(priceOf('openai:constructor')).toBeUndefined()
    expect(createPriceList({ input: 1, output: 1 })('x:y')).toEqual({ input: 1, output: 1 })
  })

  it('halves for a task what the models cost that it asks in batches, and no other', () => {
    const priceOf = createPriceList()
    const pricesOf = (task: Parameters<typeof taskPrices>[0]) => taskPrices(task, priceOf)
    const batched = pricesOf({ model: 'openai:gpt-4o', modelSettings: { batch: 50 } })
    expect(batched('openai:gpt-4o')).toEqual({ input: 1.25, output: 5 })
    expect(batched('openai:gpt-4o-mini')).toEqual(priceOf('openai:gpt-4o-mini'))
    expect(batched('openai:unheard-of')).toBeUndefined()
    // Discounts that differ by model are not guessed.
    const stated = taskPrices(
      { model: 'xai:grok', modelSettings: { batch: 50 } },
      createPriceList({ input: 1, output: 2 }),
    )
    expect(stated('xai:grok')).toEqual({ input: 1, output: 2 })
    expect(pricesOf({ model: 'openai:gpt-4o', modelSettings: { concurrency: 4 } })('openai:gpt-4o')?.input).toBe(2.5)
  })
})

describe('settings of the policy', () => {
  const eta = (options: RunTaskOptions['policyOptions']) => (options ? { policyOptions: options } : {})

  it('are kept with the study, and refused where they change', async () => {
    const task = define()
    const store = createMemoryStore()
    const run = (options?: RunTaskOptions['policyOptions']) => runTask(setUp(task, { store, ...eta(options) }))
    const { study } = await run({ eta: 4 })
    expect((await loadStudy(store, study))?.state.config.policyOptions).toEqual({ eta: 4 })
    await expect(run()).resolves.toMatchObject({ study })
    await expect(run({ eta: 4 })).resolves.toMatchObject({ study })
    await expect(run({ eta: 3 })).rejects.toThrow('was started with policy options {"eta":4}; now they are {"eta":3}')
  })

  it('are those of another policy: that one is named', async () => {
    const store = createMemoryStore()
    await runTask(setUp(define(), { store, policyOptions: { eta: 4 } }))
    await expect(runTask(setUp(define(), { store, policy: 'krige' }))).rejects.toThrow(
      'policy was successive-halving, is krige',
    )
  })

  it.each([[{ eta: 1 }], [{ eat: 3 }]])('refuses %j before anything is stored', async (options) => {
    const store = createMemoryStore()
    await expect(runTask(setUp(define(), { store, policyOptions: options }))).rejects.toThrow(
      'policy successive-halving: options',
    )
    expect(await store.list()).toMatchObject([{ length: 0 }])
  })
})
