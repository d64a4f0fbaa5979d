import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { openEvaluator } from '../../src/evaluation/open-evaluator.ts'
import { openSqliteResponseCache } from '../../src/evaluation/sqlite-response-cache.ts'
import { createBackend } from '../../src/numerics/linalg/create-backend.ts'
import { renderReport } from '../../src/report/render-report.ts'
import { createPriceList } from '../../src/run/prices.ts'
import { runTask } from '../../src/run/run-task.ts'
import { loadStudy } from '../../src/store/load-study.ts'
import { createMemoryStore } from '../../src/store/memory-store.ts'
import { defineTask } from '../../src/task/define-task.ts'
import type { TaskInput } from '../../src/task/schema.ts'
import { answerOf, testTask } from '../support/chat-server.ts'
import { createScriptedModel } from '../support/scripted-model.ts'

const scratch = mkdtempSync(join(tmpdir(), 'krige-constraints-'))
afterAll(() => rmSync(scratch, { recursive: true, force: true }))

/** Prompt k answers better and longer the larger k is: a token is a character, ten for each k. */
const model = () =>
  createScriptedModel(({ prompt }) => {
    const [, number = '0'] = /Instruction (\d+)/.exec(prompt) ?? []
    return `${answerOf(prompt)} ${'.'.repeat(10 * Number(number))}`
  })

const define = (extra: Partial<TaskInput>, budget = { evaluations: 300 }) =>
  defineTask({ ...testTask('gguf:any', { budget }), sampling: { maxOutputTokens: 200 }, ...extra } as TaskInput, {
    folder: scratch,
  })

async function run(task: ReturnType<typeof define>, store = createMemoryStore()) {
  const evaluator = await openEvaluator(task, { modelsFolder: scratch, environment: {}, textModel: model() })
  const result = await runTask({
    task,
    evaluator,
    embedder: async () => undefined,
    backend: async () => createBackend('js'),
    store,
    priceOf: createPriceList({ input: 1, output: 10 }),
    seed: 2,
  })
  const fold = await loadStudy(store, task.name)
  return { result, state: fold!.state, store }
}

const instruction = (text: string) => Number(/\d+/.exec(text)![0])

describe('constraints of a task', () => {
  it('bound the winner, and are shown with their probability', async () => {
    const free = await run(define({}))
    const { result, state } = await run(define({ constraints: [{ metric: 'outputTokens', atMost: 62 }] }))
    expect(instruction(free.result.winner.text)).toBeGreaterThan(6)
    expect(instruction(result.winner.text)).toBeLessThanOrEqual(6)
    expect(result.winner.feasibility!.probability).toBeGreaterThanOrEqual(0.5)
    const [belief] = result.winner.feasibility!.constraints
    expect(belief).toMatchObject({ metric: 'outputTokens', atMost: 62, count: expect.any(Number) })
    expect(belief!.mean).toBeLessThanOrEqual(62)
    expect(result.baseline!.feasibility!.probability).toBeGreaterThan(0.9)
    expect(free.result.winner).not.toHaveProperty('feasibility')
    const report = renderReport({ state })
    expect(report).toContain('outputTokens at most 62')
    expect(state.measurements.metrics).toEqual(['outputTokens'])
  })

  it('that nothing keeps leave the verdict undecided, with a warning', async () => {
    const { result } = await run(define({ constraints: [{ metric: 'tokens', atMost: 5 }] }, { evaluations: 150 }))
    expect(result.verdict).toBe('undecided')
    expect(result.warnings.join()).toMatch(/No measured prompt is likely to keep tokens at most 5/)
  })

  it('may be about money, which needs a price', async () => {
    const task = define({ model: 'openai:priced', constraints: [{ metric: 'usd', atMost: 0.0007 }] })
    const { result } = await run(task)
    const [belief] = result.winner.feasibility!.constraints
    expect(belief!.mean).toBeGreaterThan(1e-5)
    expect(belief!.mean).toBeLessThanOrEqual(0.0007)
    const unpriced = { ...task, model: 'openai:unheard-of' }
    const evaluator = await openEvaluator(unpriced, { modelsFolder: scratch, environment: {}, textModel: model() })
    const refused = runTask({
      task: unpriced,
      evaluator,
      embedder: async () => undefined,
      backend: async () => createBackend('js'),
      store: createMemoryStore(),
      priceOf: createPriceList(),
    })
    await expect(refused).rejects.toThrow(/a constraint limits usd, but the price of openai:unheard-of is not known/)
  })

  it('may be about what a metric or a program measures', async () => {
    const metric = join(scratch, 'metric.mjs')
    writeFileSync(
      metric,
      'export default (output, example) => ({ score: output.includes(example.expected) ? 1 : 0, metrics: { dots: output.length - 5 } })',
    )
    const own = await run(define({ metric, constraints: [{ metric: 'dots', atMost: 60 }] }))
    expect(instruction(own.result.winner.text)).toBeLessThanOrEqual(6)
    const program = join(scratch, 'program.mjs')
    writeFileSync(
      program,
      `export default async (candidate, example, { generate }) => {
        const output = await generate(candidate.text + '\\nTicket: ' + example.input)
        return { score: output.includes(example.expected) ? 1 : 0, metrics: { dots: output.length - 5 } }
      }`,
    )
    const input = { ...testTask('gguf:any', { budget: { evaluations: 200 } }), sampling: { maxOutputTokens: 200 } }
    const { template: _, metric: __, ...rest } = input
    const task = defineTask(
      { ...rest, evaluate: program, constraints: [{ metric: 'dots', atMost: 60 }] },
      { folder: scratch },
    )
    const ran = await run(task)
    expect(instruction(ran.result.winner.text)).toBeLessThanOrEqual(6)
    expect(ran.state.measurements.metrics).toEqual(['dots'])
  })

  it('that nothing measures are said to be unused', async () => {
    const metric = join(scratch, 'plain.mjs')
    writeFileSync(metric, 'export default (output, example) => (output.includes(example.expected) ? 1 : 0)')
    const { result } = await run(define({ metric, constraints: [{ metric: 'dots', atMost: 1 }] }, { evaluations: 60 }))
    expect(result.warnings.join()).toMatch(/Nothing measured dots/)
  })

  it('belong to the study: it is not resumed with others', async () => {
    const { store } = await run(define({ constraints: [{ metric: 'tokens', atMost: 500 }] }, { evaluations: 60 }))
    const other = define({ constraints: [{ metric: 'tokens', atMost: 400 }] }, { evaluations: 80 })
    await expect(run(other, store)).rejects.toThrow(/constraints was tokens at most 500, is tokens at most 400/)
    await expect(run(define({}, { evaluations: 80 }), store)).rejects.toThrow(/constraints was .*, is absent/)
  })

  it('see what a cached answer took when it was paid for', async () => {
    const task = define({ constraints: [{ metric: 'outputTokens', atMost: 62 }] }, { evaluations: 60 })
    const cache = await openSqliteResponseCache({ file: join(scratch, 'cache.sqlite') })
    const evaluator = await openEvaluator(task, { modelsFolder: scratch, environment: {}, textModel: model(), cache })
    const cell = { candidate: task.pool[3]!, example: task.examples[0]!, repeat: 0, seed: 1 }
    const first = await evaluator.evaluate(cell)
    const again = await evaluator.evaluate(cell)
    expect(again).toMatchObject({ cached: true, calls: 0 })
    if (first.failure || again.failure) throw new Error('expected scores')
    expect(again.metrics!['outputTokens']).toBe(first.metrics!['outputTokens'])
    expect([first.metrics!['latency'], again.metrics!['latency']]).toEqual([expect.any(Number), undefined])
    await evaluator.close()
  })

  it.each<[TaskInput['constraints'], RegExp]>([
    [[{ metric: 'toolCalls', atMost: 3 }], /toolCalls", which label-match does not measure/],
    [[{ metric: 'tokens' }], /expected atMost, atLeast or both/],
    [[{ metric: 'tokens', atLeast: 3, atMost: 2 }], /expected atLeast below atMost/],
  ])('%j is refused', (constraints, message) => {
    expect(() => define({ constraints })).toThrow(message)
  })
})
