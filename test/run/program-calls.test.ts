import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openEvaluator } from '../../src/evaluation/open-evaluator.ts'
import { createBackend } from '../../src/numerics/linalg/create-backend.ts'
import { makePlan } from '../../src/run/plan.ts'
import { createPriceList } from '../../src/run/prices.ts'
import { runTask } from '../../src/run/run-task.ts'
import { createMemoryStore } from '../../src/store/memory-store.ts'
import { defineTask } from '../../src/task/define-task.ts'
import type { TaskInput } from '../../src/task/schema.ts'
import type { Task } from '../../src/task/task.ts'
import { createScriptedModel } from '../support/scripted-model.ts'

/** Three calls, of which none is as before for another prompt. */
const PROGRAM = `
export default async ({ text }, { input }, { generate }) => {
  const thought = await generate({ stage: 'think', prompt: text + ' Think: ' + input })
  const draft = await generate({ stage: 'draft', prompt: text + ' Draft: ' + input + thought })
  const label = await generate({ stage: 'say', prompt: text + ' Say: ' + input + draft })
  return label.length % 3 === 0 ? 1 : 0
}`

let folder = ''
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'krige-program-calls-'))
  writeFileSync(join(folder, 'program.mjs'), PROGRAM)
})
afterAll(() => rmSync(folder, { recursive: true }))

const define = (more: Partial<TaskInput> = {}) =>
  defineTask(
    {
      name: 'three-calls',
      examples: Array.from({ length: 80 }, (_, index) => ({ input: `question ${index}` })),
      split: { search: 0.5, holdout: 0.5, seed: 1 },
      evaluate: 'program.mjs',
      model: 'gguf:any',
      prompts: ['Be brief.', 'Be kind.', 'Be exact.', 'Be warm.', 'Be quick.'],
      baseline: 'Be brief.',
      proposers: 'none',
      budget: { calls: 300 },
      ...more,
    } as TaskInput,
    { folder },
  )

/** Only the kind prompt is answered with the three letters that score, so that another than the baseline wins. */
const open = (task: Task) =>
  openEvaluator(task, {
    modelsFolder: '.',
    environment: {},
    textModel: createScriptedModel(({ prompt }) => (prompt.startsWith('Be kind') ? 'yes' : 'oops')),
  })

async function run(more: Partial<TaskInput> = {}) {
  const task = define(more)
  const evaluator = await open(task)
  try {
    return await runTask({
      task,
      evaluator,
      embedder: async () => undefined,
      backend: async () => createBackend('js'),
      store: createMemoryStore(),
      priceOf: createPriceList(),
    })
  } finally {
    await evaluator.close()
  }
}

describe('a program that makes several calls per evaluation', () => {
  it('is planned by what limits.calls says, and what it saves may go to further evaluations', async () => {
    const task = define({ limits: { calls: 3 } })
    const evaluator = await open(task)
    const plan = makePlan(task, evaluator, createPriceList())
    await evaluator.close()
    expect(plan).toMatchObject({ searchEvaluations: 80, holdoutExamples: 10, callsPerEvaluation: 3 })
    expect(plan.cost.calls).toBe(300)
    expect(plan.budget).toEqual({ calls: 300 })
    expect(plan.warnings.join()).not.toContain('One call per evaluation')
  })

  it('measures at least the planned holdout', async () => {
    const { winner, baseline, spent, warnings } = await run({ limits: { calls: 3 } })
    expect(winner.id).toBe('2')
    expect(baseline?.difference?.count).toBeGreaterThanOrEqual(10)
    expect(spent.calls).toBeLessThanOrEqual(300)
    expect(warnings.join()).not.toMatch(/planned|failed|ended before/)
  })

  it('leaves the holdout its share also where nobody said so, and tells what to state', async () => {
    const { baseline, spent, warnings } = await run()
    // Three eighths of 300 calls pay for 37 evaluations, 18 of each prompt.
    expect(baseline?.difference?.count).toBeGreaterThanOrEqual(16)
    expect(spent.calls).toBeLessThanOrEqual(300)
    expect(warnings.join()).toContain('One call per evaluation is planned.')
    expect(warnings.join()).toContain(
      'made up to 3 calls per evaluation, and 1 was planned. State limits: { calls: 3 }',
    )
  })

  it('fails a cell that asks for more', async () => {
    await expect(run({ limits: { calls: 2 } })).rejects.toThrow(
      'the program asked for a call beyond limits.calls, which is 2',
    )
  })

  it('is what limits.calls is for', () => {
    const other = { evaluate: undefined, metric: 'exact-match', limits: { calls: 2 } } as const
    expect(() => define(other as never)).toThrow('limits.calls is for the module that evaluate names')
    expect(() => define({ limits: { calls: 0 } })).toThrow(/calls/)
  })
})
