import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { CellEvaluator } from '../../src/engine/cell.ts'
import { createJournal } from '../../src/engine/journal.ts'
import { runSearch } from '../../src/engine/search.ts'
import { failure } from '../../src/history/failure.ts'
import type { PolicyFactory } from '../../src/policy/policy.ts'
import { renderReport } from '../../src/report/render-report.ts'
import { reportMarkdown } from '../../src/report/report-text.ts'
import { summarizeReport } from '../../src/report/summary.ts'
import { createMemoryStore } from '../../src/store/memory-store.ts'
import { createStudy, restoreStudy, type StudyOptions } from '../../src/study/create-study.ts'
import type { StudyEvent } from '../../src/study/events.ts'
import type { Study } from '../../src/study/study.ts'
import { breadthFirst, pool } from '../study/breadth-first.ts'
import { overshoots, simulatedRun } from '../support/simulated-run.ts'

const COST = { inputTokens: 10, outputTokens: 5, usd: 0.001 }

const start = (options: StudyOptions = {}) =>
  createStudy({ pool: pool(5), policy: breadthFirst, exampleCount: 6, seed: 1, ...options })

/** Candidate 3 is right on everything, the others on every second example. */
const truth = (candidate: number, example: number) => (candidate === 3 || (candidate + example) % 2 === 0 ? 1 : 0)

/** One call per cell, through the gate. */
const oneCall =
  (onSend: (index: number, example: number) => void = () => {}): CellEvaluator =>
  async ({ index, example, reserve }) => {
    const call = await reserve(COST)
    if (!call) return { failure: failure('budget', 'no') }
    onSend(index, example)
    await Promise.resolve()
    call.settle({ ...COST, outputTokens: 1 })
    return { score: truth(index, example) }
  }

async function run(study: Study, options: Partial<Parameters<typeof runSearch>[0]> = {}) {
  const appends: StudyEvent[][] = []
  const lease = {
    append: async (events: readonly StudyEvent[]) => {
      appends.push([...events])
    },
  }
  const conclusion = await runSearch({ study, journal: createJournal(study, lease), evaluate: oneCall(), ...options })
  return { conclusion, appends }
}

const rows = ({ state: { observations } }: Study) =>
  Array.from({ length: observations.length }, (_, index) => [
    observations.candidate(index),
    observations.example(index),
    observations.score(index),
  ])

describe('runSearch', () => {
  it('finds the best candidate and compares it with the baseline on the holdout', async () => {
    const study = start({ baseline: 'p0', holdoutCount: 40, holdoutEvaluations: 80, budget: { evaluations: 110 } })
    const { conclusion } = await run(study, { holdoutExamples: 40 })
    expect(conclusion).toMatchObject({
      verdict: 'improved',
      winner: { candidate: 3, mean: 1 },
      baseline: { candidate: 0 },
      holdout: { winner: { mean: 1, count: 40 }, baseline: { mean: 0.5, count: 40 } },
      comparison: { difference: { mean: 0.5, count: 40 } },
    })
    expect(study.spent).toMatchObject({ evaluations: 110, calls: 110 })
  })

  it('says no improvement when the winner is the baseline, after one holdout run instead of two', async () => {
    const study = start({ baseline: 'p3', holdoutCount: 10, holdoutEvaluations: 20 })
    const { conclusion } = await run(study, { holdoutExamples: 10 })
    expect(conclusion.verdict).toBe('no improvement')
    expect(study.state.holdout.length).toBe(10)
  })

  it('sends nothing that is not stored first', async () => {
    const study = start()
    const stored = new Set<string>()
    let calls = 0
    const lease = {
      append: async (events: readonly StudyEvent[]) => {
        await new Promise((resolve) => setTimeout(resolve, 1))
        for (const event of events) {
          if (event.type === 'asked' && event.kind === 'evaluate') {
            for (const example of event.examples) stored.add(`${event.candidate}/${example}`)
          }
          if (event.type === 'reserved') calls++
        }
      },
    }
    let sent = 0
    const evaluate = oneCall((index, example) => {
      expect(stored).toContain(`${index}/${example}`)
      expect(++sent).toBeLessThanOrEqual(calls)
    })
    await runSearch({ study, journal: createJournal(study, lease), evaluate, concurrency: 4 })
    expect(sent).toBe(30)
  })

  it('never overshoots, whatever fails, however long it takes, however many at once', async () => {
    const property = fc.asyncProperty(simulatedRun, async (run) => {
      expect(await overshoots(run)).toEqual([])
    })
    await fc.assert(property, { numRuns: 100 })
  })

  it('resumes from any stored append to the very same history', async () => {
    const options: StudyOptions = { baseline: 'p1', holdoutCount: 4, holdoutEvaluations: 8, budget: { calls: 33 } }
    const whole = start(options)
    const { conclusion, appends } = await run(whole, { holdoutExamples: 4 })
    for (let length = 1; length < appends.length; length++) {
      const resumed = restoreStudy(appends.slice(0, length).flat(), { policy: breadthFirst })
      const lost = resumed.state.ledger.openCalls().size
      resumed.setBudget({ calls: 33 + lost })
      const received = new Set(rows(resumed).map(([candidate, example]) => `${candidate}/${example}`))
      const sent: string[] = []
      const evaluate = oneCall((index, example) => sent.push(`${index}/${example}`))
      const again = await run(resumed, { holdoutExamples: 4, evaluate })
      expect(rows(resumed)).toEqual(rows(whole))
      expect(again.conclusion).toEqual(conclusion)
      if (resumed.state.holdout.length === 0) expect(sent.filter((cell) => received.has(cell))).toEqual([])
      expect(resumed.spent.calls).toBe(33 + lost)
    }
  })

  it('stops at once when the model can never work, and keeps the cell for later', async () => {
    const study = start()
    const evaluate: CellEvaluator = async () => ({ failure: failure('authentication', 'HTTP 401') })
    await expect(run(study, { evaluate })).rejects.toMatchObject({ code: 'model', message: 'HTTP 401' })
    expect(study.state.pending('search')).toHaveLength(1)
    expect(study.state.stopped).toBe('HTTP 401')
    expect(renderReport({ state: study.state })).toContain('The run was stopped by a failure: HTTP 401')
    expect(reportMarkdown(summarizeReport(study.state))).toContain('> The run was stopped by a failure: HTTP 401')
    await run(study)
    expect(study.state.stopped).toBeUndefined()
    expect(study.state.observations.length).toBe(30)
  })

  it('pauses when the model is down, gives the evaluations back, and forgives a passing failure', async () => {
    const study = start({ budget: { evaluations: 30 } })
    let down = true
    let count = 0
    const evaluate: CellEvaluator = async (request) =>
      down && ++count > 4 ? { failure: failure('connection', 'ECONNREFUSED') } : oneCall()(request)
    await expect(run(study, { evaluate, concurrency: 2 })).rejects.toThrow('8 evaluations in a row failed')
    expect(study.spent.evaluations).toBe(4)
    down = false
    await run(study, { evaluate })
    expect(study.state.observations.length).toBe(30)
    expect(study.state.failures.size).toBe(0)

    const hiccup = start()
    let turn = 0
    const sometimes: CellEvaluator = async (request) =>
      turn++ % 5 === 0 ? { failure: failure('connection', 'timeout') } : oneCall()(request)
    await run(hiccup, { evaluate: sometimes })
    expect(hiccup.state.observations.length).toBe(30)
    expect([...hiccup.state.failures.values()].reduce((sum, { count }) => sum + count, 0)).toBe(6)
  })

  it('pauses when nothing can be measured, also where a policy waits for every result', async () => {
    const oneByOne: PolicyFactory = (context) => {
      const policy = breadthFirst(context)
      return { ...policy, next: (state) => (state.pending.length > 0 ? { kind: 'wait' } : policy.next(state)) }
    }
    const study = start({ policy: oneByOne })
    const evaluate: CellEvaluator = async (request) => {
      await oneCall()(request)
      return { failure: failure('program', 'no end after 20 steps') }
    }
    await expect(run(study, { evaluate })).rejects.toThrow('8 evaluations in a row failed, the last with: no end')
    await expect(run(study, { evaluate }), 'at the first that fails again').rejects.toThrow('8 evaluations in a row')
    expect(study.spent.evaluations).toBe(7)
  })

  it('tells a passing failure at the very end of a search, too', async () => {
    const study = start()
    let turn = 0
    const evaluate: CellEvaluator = async (request) =>
      ++turn > 28 ? { failure: failure('connection', 'timeout') } : oneCall()(request)
    await run(study, { evaluate })
    expect(study.state.observations.length).toBe(30)
    expect(study.state.pending('search')).toEqual([])
  })

  it('is interrupted without losing what is in flight', async () => {
    const study = start()
    const abort = new AbortController()
    let sent = 0
    const evaluate: CellEvaluator = async (request) => {
      if (++sent === 7) abort.abort()
      if (request.signal.aborted) return { failure: failure('cancelled', 'stopped') }
      return oneCall()(request)
    }
    await expect(run(study, { evaluate, signal: abort.signal, concurrency: 3 })).rejects.toMatchObject({
      code: 'interrupted',
    })
    const told = study.state.observations.length
    expect(study.state.pending('search').length).toBeGreaterThan(0)
    await run(study)
    expect(study.state.observations.length).toBe(30)
    expect(told).toBeLessThan(30)
  })

  it('is interrupted, not at its end, also in its very last cells: a resume measures them', async () => {
    const options = { baseline: 'p0', holdoutCount: 4, holdoutEvaluations: 8 }
    for (let at = 1; at <= 38; at++) {
      const study = start(options)
      const abort = new AbortController()
      let sent = 0
      const evaluate: CellEvaluator = async (request) => {
        if (++sent === at) {
          // By then all others have ended, and nothing is left to ask for.
          await new Promise((resolve) => setTimeout(resolve, 5))
          abort.abort()
        }
        if (request.signal.aborted) return { failure: failure('cancelled', 'stopped') }
        return oneCall()(request)
      }
      const interrupted = run(study, { evaluate, signal: abort.signal, concurrency: 4, holdoutExamples: 4 })
      await expect(interrupted, `at cell ${at}`).rejects.toMatchObject({ code: 'interrupted' })
      expect(study.state.conclusion).toBeUndefined()
      await run(study, { holdoutExamples: 4 })
      expect([study.state.observations.length, study.state.holdout.length]).toEqual([30, 8])
    }
  })

  it('ends with the error of the store when the disk is full', async () => {
    const study = start()
    let appends = 0
    const lease = {
      append: async () => {
        if (++appends > 5) throw new Error('the disk is full')
      },
    }
    const journal = createJournal(study, lease)
    await expect(runSearch({ study, journal, evaluate: oneCall(), concurrency: 4 })).rejects.toThrow('the disk is full')
    await expect(journal.commit()).rejects.toThrow('the disk is full')
  })

  it('says that a budget is too small for anything', async () => {
    await expect(run(start({ budget: { tokens: 3 } }))).rejects.toMatchObject({ code: 'budget' })
  })

  it('is not down where the budget ends within its first cells', async () => {
    const evaluate: CellEvaluator = async ({ reserve }) => {
      const first = await reserve(COST)
      first?.settle(COST)
      const second = await reserve({ ...COST, inputTokens: 1000 })
      return second ? { score: 1 } : { failure: failure('budget', 'stage 2: the budget allows no further call') }
    }
    const study = start({ budget: { inputTokens: 200 } })
    await expect(run(study, { evaluate })).rejects.toMatchObject({ code: 'budget' })
    expect(study.state.observations.length).toBeGreaterThan(8)
  })

  it('warns of prompts that fail often', async () => {
    const evaluate: CellEvaluator = async (request) =>
      request.index === 2 ? { failure: failure('program', 'content filter') } : oneCall()(request)
    const { conclusion } = await run(start(), { evaluate })
    expect(conclusion.warnings).toEqual([expect.stringContaining('1 of 5 prompts failed')])
  })

  it('leaves the same log in a store', async () => {
    const store = createMemoryStore()
    const lease = await store.acquire('a')
    const study = start()
    await runSearch({ study, journal: createJournal(study, lease), evaluate: oneCall(), concurrency: 8 })
    const events: StudyEvent[] = []
    for await (const batches of store.read('a')) events.push(...batches.flatMap((batch) => batch.events))
    expect(events.map((event) => JSON.stringify(event)).join('\n')).toBe(study.serialize().trim())
  })
})
