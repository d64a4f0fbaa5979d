import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { openEvaluator } from '../../src/evaluation/open-evaluator.ts'
import { comparisonKey } from '../../src/history/comparison.ts'
import { failure } from '../../src/history/failure.ts'
import { createBackend } from '../../src/numerics/linalg/create-backend.ts'
import { renderReport } from '../../src/report/render-report.ts'
import { optimize } from '../../src/run/optimize.ts'
import { createPriceList } from '../../src/run/prices.ts'
import { type RunTaskOptions, runTask } from '../../src/run/run-task.ts'
import { examineStudy } from '../../src/store/doctor.ts'
import { loadStudy } from '../../src/store/load-study.ts'
import { createMemoryStore } from '../../src/store/memory-store.ts'
import { defineTask } from '../../src/task/define-task.ts'
import { type ComparisonServer, comparisonTask, startComparisonServer } from '../support/comparison-server.ts'

let server: ComparisonServer
beforeEach(async () => {
  server = await startComparisonServer()
})
afterEach(() => server.close())

async function setUp(budget: Readonly<Record<string, number>>, extra: Partial<RunTaskOptions> = {}) {
  const task = defineTask(comparisonTask(server.url, budget))
  const evaluator = await openEvaluator(task, { modelsFolder: '/nowhere', environment: {} })
  return {
    task,
    evaluator,
    embedder: async () => undefined,
    backend: async () => createBackend('js'),
    store: createMemoryStore(),
    priceOf: createPriceList(),
    seed: 1,
    concurrency: 4,
    ...extra,
  } satisfies RunTaskOptions
}

describe('a task with a pairwise judge', () => {
  it('finds a prompt that beats the baseline, with its probability, and never overshoots', async () => {
    const options = await setUp({ evaluations: 150, calls: 500 })
    const result = await runTask(options)
    expect(Number(/\d/.exec(result.winner.text)![0])).toBeGreaterThanOrEqual(5)
    expect(result.verdict).toBe('improved')
    expect(result.winner.mean).toBeGreaterThan(0.6)
    expect(result.winner.interval[0]).toBeGreaterThan(0.5)
    expect(result.winner.holdout).toBeGreaterThan(0.6)
    const { comparisons, difference } = result.baseline!
    expect(comparisons!.wins).toBeGreaterThan(comparisons!.losses)
    expect(difference!.count).toBeGreaterThanOrEqual(20)
    expect(result.winner.holdout! + result.baseline!.holdout!).toBeCloseTo(1, 12)
    expect(result.spent.calls).toBe(server.requests.length)
    expect(result.spent.calls).toBeLessThanOrEqual(500)
    expect(result.spent.evaluations).toBeLessThanOrEqual(150)
    const { state } = (await loadStudy(options.store, 'duels'))!
    expect(state.observations.length).toBe(0)
    expect(state.comparisons.length + state.holdoutComparisons.length).toBe(result.spent.evaluations)
    expect(renderReport({ state })).toContain('compared, not scored')
    expect((await examineStudy(options.store, 'duels')).map(({ message }) => message).join()).toMatch(/\d+ comparisons/)
    await options.evaluator.close()
  })

  it('that never names a winner ends with how often and why, not with advice about the budget', async () => {
    const options = await setUp({ evaluations: 150, calls: 500 })
    const compare = async () => ({ failure: failure('metric', 'the judge named nobody') })
    const undecided = { ...options.evaluator, compare: compare as never }
    const run = runTask({ ...options, evaluator: undecided })
    await expect(run).rejects.toThrow('8 evaluations in a row failed, the last with: the judge named nobody')
    const few = await setUp({ evaluations: 6, calls: 500 })
    const error = await runTask({ ...few, evaluator: undecided }).catch((problem) => problem)
    expect(error).toMatchObject({
      code: 'model',
      message: expect.stringMatching(/^nothing was measured: all \d+ comparisons failed, .*named nobody/),
    })
    expect(error.remedy).not.toMatch(/raise/i)
    await options.evaluator.close()
    await few.evaluator.close()
  })

  it('resumes after an interruption to what it would have found, and asks for no comparison twice', async () => {
    const whole = await runTask(await setUp({ evaluations: 60 }, { concurrency: 1 }))
    const options = await setUp({ evaluations: 60 }, { concurrency: 1 })
    for (const stop of [7, 25]) {
      const abort = new AbortController()
      let results = 0
      const part = runTask({ ...options, signal: abort.signal, onProgress: () => ++results === stop && abort.abort() })
      await expect(part).rejects.toMatchObject({ code: 'interrupted' })
    }
    const resumed = await runTask(options)
    const { spent: _, ...rest } = resumed
    expect(rest).toEqual({ ...rest, winner: whole.winner, verdict: whole.verdict, baseline: whole.baseline })
    const { state } = (await loadStudy(options.store, 'duels'))!
    const keys = state.comparisons.map(({ candidates, example }) => comparisonKey(...candidates, example))
    expect(new Set(keys).size).toBe(keys.length)
  })

  it('keeps to a budget of calls alone', async () => {
    const result = await runTask(await setUp({ calls: 120 }))
    expect(server.requests.length).toBeLessThanOrEqual(120)
    expect(result.spent.calls).toBe(server.requests.length)
  })

  it('is nothing that optimize can do, whose evaluate scores one prompt', async () => {
    const options = { prompts: ['a', 'b'], examples: [1, 2, 3], evaluate: () => 1, budget: { evaluations: 6 } }
    await expect(optimize({ ...options, policy: 'duels' })).rejects.toThrow('policy comparison compares prompts')
  })

  it('has a policy of its own', async () => {
    const options = await setUp({ evaluations: 60 })
    await expect(runTask({ ...options, policy: 'krige' })).rejects.toThrow(/policy krige needs scores/)
    const task = defineTask({ ...comparisonTask(server.url, {}), metric: { name: 'regex', pattern: 'x' } })
    const evaluator = await openEvaluator(task, { modelsFolder: '/nowhere', environment: {} })
    await expect(runTask({ ...options, task, evaluator, policy: 'comparison' })).rejects.toThrow(
      /needs a metric that compares/,
    )
  })
})
