import { describe, expect, it } from 'vitest'
import type { GenerateCandidates, GenerationOutcome, GenerationRequest } from '../../src/engine/generation.ts'
import { createJournal } from '../../src/engine/journal.ts'
import { runSearch } from '../../src/engine/search.ts'
import { failure } from '../../src/history/failure.ts'
import type { PolicyContext, PolicyFactory, PolicyState } from '../../src/policy/policy.ts'
import { askGenerator } from '../../src/run/ask-generator.ts'
import { createPriceList } from '../../src/run/prices.ts'
import { loadStudy } from '../../src/store/load-study.ts'
import { createMemoryStore } from '../../src/store/memory-store.ts'
import type { Store } from '../../src/store/store.ts'
import { createStudy, restoreStudy, type StudyOptions } from '../../src/study/create-study.ts'
import type { StudyEvent } from '../../src/study/events.ts'
import { foldEvents } from '../../src/study/state.ts'
import { openStudy, type Study } from '../../src/study/study.ts'
import { breadthFirst, pool } from '../study/breadth-first.ts'
import { createScriptedModel } from '../support/scripted-model.ts'

interface Seen {
  context?: PolicyContext
  readonly states: PolicyState[]
}

/** Measures the pool, then asks for new prompts until so many generations are over, and measures those. */
const growing =
  (generations: number, seen: Seen = { states: [] }, count = 2): PolicyFactory =>
  (context) => {
    seen.context = context
    const measure = breadthFirst(context)
    return {
      ...measure,
      name: 'growing',
      next(state) {
        seen.states.push({ ...state, generations: [...state.generations!] })
        const decision = measure.next(state)
        if (decision.kind !== 'done' || state.generations!.length >= generations) return decision
        if (state.pendingGenerations! > 0) return { kind: 'wait' }
        return { kind: 'act', action: { kind: 'generate', proposer: 'reflect', parents: [0], count } }
      },
    }
  }

const start = (policy: PolicyFactory, options: StudyOptions = {}) =>
  createStudy({ pool: pool(2), exampleCount: 2, seed: 1, ...options, policy })

const fromTexts =
  (...texts: (readonly string[])[]): GenerateCandidates =>
  async () => ({ candidates: (texts.shift() ?? []).map((text) => ({ text })) })

async function run(
  study: Study,
  generate?: GenerateCandidates,
  options: Partial<Parameters<typeof runSearch>[0]> = {},
) {
  const log: StudyEvent[] = []
  const append = async (events: readonly StudyEvent[]) => void log.push(...events)
  const conclusion = await runSearch({
    study,
    journal: createJournal(study, { append }),
    evaluate: async ({ index, reserve }) => {
      const held = await reserve({ inputTokens: 1, outputTokens: 1, usd: 0 })
      if (!held) return { failure: failure('budget', 'no') }
      held.settle({ inputTokens: 1, outputTokens: 1, usd: 0 })
      return { score: index / 10 }
    },
    ...(generate ? { generate } : {}),
    ...options,
  })
  return { conclusion, log }
}

const ask =
  (outcome: Partial<GenerationOutcome>, calls = 1): GenerateCandidates =>
  async ({ reserve }) => {
    for (let call = 0; call < calls; call++) {
      const held = await reserve({ inputTokens: 10, outputTokens: 10, usd: 0.5 })
      if (!held) return { candidates: [], failure: failure('budget', 'the budget allows no further call') }
      await held.settle({ inputTokens: 10, outputTokens: 4, usd: 0.25 })
    }
    return { candidates: [], ...outcome }
  }

describe('a generation', () => {
  it('adds what is new by text, says what it made of what, and shows the policy what it brought', async () => {
    const seen: Seen = { states: [] }
    const study = start(growing(2, seen))
    const { log, conclusion } = await run(study, async ({ action }) => ({
      candidates:
        action.id === 5
          ? [
              { text: 'Think first.', origin: { by: 'proposer', hypothesis: 'Haste.', parents: [1] } },
              { id: 'p0', text: ' Think first.\r\n' },
              { id: 'p1', text: 'Prompt number 0.' },
              { id: 'p0', slots: { instruction: 'Be brief.' } },
              { text: '  ' },
            ]
          : [{ text: 'Be brief.' }],
      rejected: { 'too-long': 3 },
    }))
    const made = { by: 'proposer', name: 'reflect', action: 5 } as const
    expect(study.state.candidates.slice(2)).toEqual([
      { id: 'reflect-5.1', text: 'Think first.', origin: { ...made, hypothesis: 'Haste.', parents: [1] } },
      { id: 'p0-2', slots: { instruction: 'Be brief.' }, origin: { ...made, parents: [0] } },
    ])
    expect(log.filter((event) => event.type === 'generated')).toEqual([
      { v: 1, type: 'generated', action: 5, added: [2, 3], duplicates: 2, rejected: { 'too-long': 3, empty: 1 } },
      { v: 1, type: 'generated', action: 10, added: [], duplicates: 1, rejected: { 'too-long': 3 } },
    ])
    expect(log.filter((event) => event.type === 'candidates').map((event) => event.action)).toEqual([undefined, 5])
    expect(seen.states.at(-1)!.generations).toEqual([
      {
        action: 5,
        proposer: 'reflect',
        parents: [0],
        added: [2, 3],
        duplicates: 2,
        rejected: { 'too-long': 3, empty: 1 },
        calls: 0,
      },
      expect.objectContaining({ action: 10, added: [], duplicates: 1 }),
    ])
    expect(conclusion.winner.candidate).toBe(3)
    expect(study.state.observations.length).toBe(8)
  })

  it('has its calls reserved, settled, counted by role and by action, and kept from what the holdout needs', async () => {
    const seen: Seen = { states: [] }
    const study = start(growing(3, seen), {
      budget: { calls: 12 },
      holdoutCount: 4,
      holdoutEvaluations: 4,
      baseline: 'p0',
    })
    const generate = ask({}, 3)
    const { log } = await run(study, generate, { holdoutExamples: 2 })
    // 12 calls: 4 for the search, 4 for the holdout, so 4 for proposers: one generation, and a part of the next.
    expect(study.state.generations.map(({ calls, error }) => [calls, error])).toEqual([
      [3, undefined],
      [1, 'the budget allows no further call'],
    ])
    expect(study.state.holdout.length).toBe(4)
    expect(study.spent.calls).toBe(12)
    expect(study.state.ledger.byRole.get('proposer')).toEqual({
      calls: 4,
      inputTokens: 40,
      outputTokens: 16,
      usd: 1,
    })
    expect(log.find((event) => event.type === 'reserved' && event.for?.role === 'proposer')).toMatchObject({
      for: { action: 5, role: 'proposer' },
    })
    expect(log.filter((event) => event.type === 'generated').map((event) => event.calls)).toEqual([3, 1])
    expect(seen.states.map(({ callsLeft }) => callsLeft)).toContain(4)
    expect(study.callsLeft).toBe(0)
  })

  it('that forgets to settle is charged in full', async () => {
    const study = start(growing(1), { budget: { calls: 10 } })
    await run(study, async ({ reserve }) => {
      await reserve({ inputTokens: 7, outputTokens: 1, usd: 0 })
      return { candidates: [] }
    })
    expect(study.state.ledger.byGeneration.get(5)).toMatchObject({ calls: 1, inputTokens: 7 })
  })

  it('that fails is noted with its reason, and what it made all the same is kept', async () => {
    const study = start(growing(1))
    await run(study, ask({ candidates: [{ text: 'Half.' }], failure: failure('timeout', 'late') }))
    expect(study.state.generations).toMatchObject([{ added: [2], calls: 1, error: 'late' }])
  })

  it('stays open where the model can never work, or it was cancelled, and is taken up again', async () => {
    for (const kind of ['authentication', 'cancelled'] as const) {
      const abort = new AbortController()
      const study = start(growing(1))
      const broken: GenerateCandidates = async () => {
        if (kind === 'cancelled') abort.abort()
        return { candidates: [], failure: failure(kind, 'HTTP 401') }
      }
      const code = kind === 'cancelled' ? 'interrupted' : 'model'
      await expect(run(study, broken, { signal: abort.signal })).rejects.toMatchObject({ code })
      expect([study.state.pendingGenerations, study.state.generations.length]).toEqual([1, 0])
      const actions: number[] = []
      await run(study, async ({ action }) => {
        actions.push(action.id)
        expect(action).toMatchObject({ kind: 'generate', proposer: 'reflect', parents: [0], count: 2 })
        return { candidates: [{ text: 'New.' }] }
      })
      expect(actions).toEqual([5])
      expect(study.state.candidates).toHaveLength(3)
    }
  })

  it('whose code throws ends the run', async () => {
    await expect(
      run(start(growing(1)), async () => {
        throw new TypeError('broken proposer')
      }),
    ).rejects.toThrow('broken proposer')
  })

  it('cannot be asked for without end: what costs nothing and brings nothing ends the search', async () => {
    const idle = start(growing(1e6))
    expect((await run(idle, fromTexts())).conclusion.reason).toBe('nothing new can be proposed')
    expect(idle.state.generations).toHaveLength(8)
    const none = start(growing(1e6))
    expect((await run(none)).conclusion.reason).toBe('nothing new can be proposed: no proposer is set up')
    const down = start(growing(1e6))
    await expect(run(down, ask({ failure: failure('connection', 'ECONNREFUSED') }))).rejects.toMatchObject({
      code: 'unavailable',
    })
  })

  it('finds the texts of all that was told before it', async () => {
    const store = createMemoryStore()
    const lease = await store.acquire('study')
    const study = start(growing(2))
    const found: number[][] = []
    await runSearch({
      study,
      journal: createJournal(study, lease, { store }),
      evaluate: async ({ index }) => ({ score: index / 10, output: 'An answer.' }),
      generate: async () => {
        let texts = 0
        for await (const records of store.traces('study')) texts += records.length
        found.push([texts, study.state.observations.length])
        return { candidates: [{ text: `Be brief ${found.length}.` }] }
      },
    })
    await lease.release()
    expect(found).toEqual([
      [4, 4],
      [6, 6],
    ])
  })

  it('runs beside cells, up to the concurrency', async () => {
    const study = start(growing(2))
    let most = 0
    let running = 0
    const generate: GenerateCandidates = async ({ action }) => {
      most = Math.max(most, ++running)
      await new Promise((resolve) => setTimeout(resolve, 5))
      running--
      return { candidates: [{ text: `Made by ${action.id}.` }] }
    }
    await run(study, generate, { concurrency: 4 })
    expect(most).toBe(1)
    expect(study.state.candidates).toHaveLength(4)
  })

  it.each([
    [{ count: 0 }, '0 new candidates'],
    [{ parents: [9] }, 'candidate 9 as a parent'],
    [{ examples: [7] }, 'example is 7'],
    [{ proposer: 'unknown' }, 'asks proposer unknown; expected reflect'],
  ])('is refused when a policy asks for the impossible: %j', (wrong, message) => {
    const policy: PolicyFactory = (context) => ({
      ...breadthFirst(context),
      next: () => ({
        kind: 'act',
        action: { kind: 'generate', proposer: 'reflect', parents: [], count: 1, ...wrong },
      }),
    })
    const created = start(policy)
    const study = openStudy(foldEvents(created.drain()), {
      policy,
      backend: {} as never,
      proposers: [{ name: 'reflect', calls: (count) => count }],
    })
    expect(() => study.ask()).toThrow(message)
  })
})

describe('a log with generations', () => {
  it('restores from every prefix to a study that decides the same', async () => {
    const study = start(growing(2))
    const { log } = await run(study, fromTexts(['New one.', 'New two.'], ['New three.']))
    for (let length = 2; length <= log.length; length++) {
      const prefix = restoreStudy(log.slice(0, length), { policy: growing(2) })
      const copy = restoreStudy(prefix.serialize(), { policy: growing(2) })
      expect(copy.state.generations).toEqual(prefix.state.generations)
      if (log[length]?.type === 'asked')
        expect(copy.ask()).toMatchObject({ id: (log[length] as { action: number }).action })
    }
  })

  it('of an earlier version says how many of the latest candidates were added', () => {
    const log = start(growing(1)).drain()
    const old = [
      ...log,
      { v: 1, type: 'asked', action: 1, kind: 'generate', proposer: 'opro', parents: [], count: 2 },
      {
        v: 1,
        type: 'candidates',
        candidates: [
          { id: 'a', text: 'A', origin: 'opro' },
          { id: 'b', text: 'B' },
        ],
      },
      { v: 1, type: 'generated', action: 1, added: 2 },
    ] as unknown as StudyEvent[]
    const { state } = foldEvents(old)
    expect(state.generations).toEqual([
      { action: 1, proposer: 'opro', parents: [], added: [2, 3], duplicates: 0, rejected: {}, calls: 0 },
    ])
  })

  it('is refused where it names candidates that are not there', () => {
    const log = start(growing(1)).drain()
    const asked = {
      v: 1,
      type: 'asked',
      action: 1,
      kind: 'generate',
      proposer: 'opro',
      parents: [5],
      count: 2,
    } as const
    expect(() => foldEvents([...log, asked])).toThrow('candidate 5 does not exist')
    const generated = { v: 1, type: 'generated', action: 1, added: [7] } as const
    expect(() => foldEvents([...log, { ...asked, parents: [] }, generated])).toThrow('candidate 7 does not exist')
  })
})

describe('a generation that was killed', () => {
  /** Three questions, two of them the same; the prompts are the answers. */
  const asking =
    (
      model: ReturnType<typeof createScriptedModel>,
      dies?: (answered: number) => void,
      shown = '',
    ): GenerateCandidates =>
    async (generation: GenerationRequest) => {
      const askModel = askGenerator({ model, priceOf: createPriceList() }, generation)
      const candidates = []
      for (const prompt of ['Improve it.', 'Improve it.', 'Shorten it.']) {
        const answer = await askModel({
          prompt: `${shown}${prompt}`,
          sampling: { temperature: 1, maxOutputTokens: 20 },
        })
        if (answer.kind === 'failure') return { candidates, failure: answer.failure }
        candidates.push({ text: answer.text })
        dies?.(candidates.length)
      }
      return { candidates }
    }

  const resume = async (store: Store) => {
    const fold = (await loadStudy(store, 'study'))!
    return openStudy(fold, { policy: growing(1), backend: {} as never })
  }

  async function play(store: Store, study: Study, generate: GenerateCandidates) {
    const lease = await store.acquire('study')
    try {
      await runSearch({
        study,
        journal: createJournal(study, lease, { store }),
        evaluate: async ({ index }) => ({ score: index / 10 }),
        generate,
      })
    } finally {
      await lease.release()
    }
  }

  it.each([1, 2, 3])('after answer %i asks nothing twice, and comes to the same prompts', async (answered) => {
    const answers = createScriptedModel((_, index) => `Prompt made ${index}.`)
    const store = createMemoryStore()
    const dies = (count: number) => {
      if (count === answered) throw new Error('killed')
    }
    await expect(play(store, start(growing(1), { keepLog: false }), asking(answers, dies))).rejects.toThrow('killed')
    expect(answers.requests).toHaveLength(answered)
    const resumed = await resume(store)
    expect(resumed.settleLostCalls()).toBe(0)
    await play(store, resumed, asking(answers))
    expect(answers.requests.map(({ prompt }) => prompt)).toEqual(['Improve it.', 'Improve it.', 'Shorten it.'])
    expect(resumed.state.candidates.slice(2).map(({ text }) => text)).toEqual([0, 1, 2].map((n) => `Prompt made ${n}.`))
    expect(resumed.state.generations).toMatchObject([{ calls: 3, added: [2, 3, 4] }])
    expect(resumed.state.ledger.byRole.get('proposer')).toMatchObject({ calls: 3 })
  })

  it('is answered as before where its questions show more since', async () => {
    const answers = createScriptedModel((_, index) => `Prompt made ${index}.`)
    const store = createMemoryStore()
    const dies = (count: number) => {
      if (count === 2) throw new Error('killed')
    }
    const first = asking(answers, dies, 'Wrong on 4 examples.\n')
    await expect(play(store, start(growing(1), { keepLog: false }), first)).rejects.toThrow('killed')
    const resumed = await resume(store)
    await play(store, resumed, asking(answers, undefined, 'Wrong on 5 examples.\n'))
    expect(answers.requests.map(({ prompt }) => prompt.split('\n'))).toEqual([
      ['Wrong on 4 examples.', 'Improve it.'],
      ['Wrong on 4 examples.', 'Improve it.'],
      ['Wrong on 5 examples.', 'Shorten it.'],
    ])
    expect(resumed.state.candidates.slice(2).map(({ text }) => text)).toEqual([0, 1, 2].map((n) => `Prompt made ${n}.`))
  })

  it('loses no more than the call in flight, which is charged at its worst case', async () => {
    const store = createMemoryStore()
    const answers = createScriptedModel((_, index) => {
      if (index === 1) throw new Error('killed')
      return `Prompt made ${index}.`
    })
    // A process that dies settles nothing: the append that would have is lost with it.
    let dead = false
    const guarded: Store = {
      ...store,
      async acquire(name) {
        const lease = await store.acquire(name)
        return { ...lease, append: async (...batch) => (dead ? undefined : lease.append(...batch)) }
      },
    }
    const dying: GenerateCandidates = async (generation) => {
      try {
        return await asking(answers)(generation)
      } catch (error) {
        dead = true
        throw error
      }
    }
    await expect(play(guarded, start(growing(1), { keepLog: false }), dying)).rejects.toThrow('killed')
    const resumed = await resume(store)
    expect(resumed.state.ledger.openCalls().size).toBe(1)
    const again = createScriptedModel((_, index) => `Prompt made again ${index}.`)
    await play(store, resumed, asking(again))
    expect(again.requests.map(({ prompt }) => prompt)).toEqual(['Improve it.', 'Shorten it.'])
    expect(resumed.state.candidates[2]!.text).toBe('Prompt made 0.')
    expect(resumed.state.generations).toMatchObject([{ calls: 4 }])
  })
})
