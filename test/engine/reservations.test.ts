import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import type { CellEvaluator } from '../../src/engine/cell.ts'
import { createJournal } from '../../src/engine/journal.ts'
import { runSearch } from '../../src/engine/search.ts'
import { createProgramEvaluator } from '../../src/evaluation/program-evaluator.ts'
import { evaluateTaskCell } from '../../src/run/evaluate-task-cell.ts'
import { createPriceList } from '../../src/run/prices.ts'
import { createStudy, type StudyOptions } from '../../src/study/create-study.ts'
import type { StudyEvent } from '../../src/study/events.ts'
import type { Study } from '../../src/study/study.ts'
import { defineTask } from '../../src/task/define-task.ts'
import { breadthFirst, pool } from '../study/breadth-first.ts'
import { testTask } from '../support/chat-server.ts'
import { createScriptedModel } from '../support/scripted-model.ts'

const scratch = mkdtempSync(join(tmpdir(), 'krige-reservations-'))
afterAll(() => rmSync(scratch, { recursive: true, force: true }))

const start = (options: StudyOptions = {}) =>
  createStudy({ pool: pool(1), policy: breadthFirst, exampleCount: 1, seed: 1, ...options })

async function run(study: Study, evaluate: CellEvaluator): Promise<StudyEvent[]> {
  const log: StudyEvent[] = []
  const append = async (events: readonly StudyEvent[]) => void log.push(...events)
  await runSearch({ study, journal: createJournal(study, { append }), evaluate })
  return log
}

const NONE = { inputTokens: 0, outputTokens: 0, usd: 0 }

describe('the calls of one cell', () => {
  it('are settled each against its own reservation, in whatever order a program has them answered', async () => {
    const file = join(scratch, 'program.mjs')
    writeFileSync(
      file,
      `export default async (candidate, example, { generate }) => {
        const ask = (stage, length) => generate({ stage, prompt: 'x'.repeat(length) })
        await Promise.all([ask('short', 10), ask('long', 1000)])
        return 1
      }`,
    )
    const model = createScriptedModel(() => 'yes')
    const slowFirst = {
      ...model,
      async generate(request: Parameters<typeof model.generate>[0]) {
        if (request.prompt.length === 10) await new Promise((resolve) => setTimeout(resolve, 60))
        return model.generate(request)
      },
    }
    const evaluator = await createProgramEvaluator({
      file,
      model: slowFirst,
      sampling: { temperature: 0, maxOutputTokens: 8 },
    })
    // 1,036 tokens: what both take at worst. Half-settled crosswise, a third call would not fit.
    const study = start({ budget: { evaluations: 1, calls: 2 } })
    const task = defineTask(testTask('gguf:any', { prompts: 1 }) as Parameters<typeof defineTask>[0])
    const log = await run(study, evaluateTaskCell(task, evaluator, createPriceList(), 1))
    await evaluator.close()
    expect(study.state.ledger.exceeded).toEqual(NONE)
    expect(study.spent).toMatchObject({ calls: 2, inputTokens: 1_010 })
    const settled = log.flatMap((event) => (event.type === 'settled' ? [[event.call, event.inputTokens]] : []))
    expect(settled).toEqual([
      [2, 1_000],
      [1, 10],
    ])
    expect(log.flatMap((event) => (event.type === 'reserved' ? [event.for] : []))).toEqual([
      { action: 1, position: 0, role: 'task', stage: 'short' },
      { action: 1, position: 0, role: 'task', stage: 'long' },
    ])
  })

  it('say what they are for, and what each role took', async () => {
    const study = start()
    await run(study, async ({ reserve }) => {
      for (const [role, usd] of [
        ['task', 1],
        ['judge', 2],
        ['judge', 3],
      ] as const) {
        const call = await reserve({ ...NONE, usd }, { role })
        call!.settle({ ...NONE, usd })
      }
      return { score: 1 }
    })
    expect([...study.state.ledger.byRole]).toEqual([
      ['task', { ...NONE, calls: 1, usd: 1 }],
      ['judge', { ...NONE, calls: 2, usd: 5 }],
    ])
  })

  it('are charged in full when the evaluator forgets them, and not at all when it releases them', async () => {
    const study = start()
    let late: (() => void) | undefined
    await run(study, async ({ reserve }) => {
      const forgotten = await reserve({ ...NONE, inputTokens: 7 })
      late = () => forgotten!.settle({ ...NONE, inputTokens: 1 })
      const unsent = await reserve({ ...NONE, inputTokens: 100 })
      unsent!.release()
      unsent!.release()
      return { score: 1 }
    })
    expect(study.spent).toMatchObject({ calls: 1, inputTokens: 7 })
    expect(study.state.ledger.reserved).toMatchObject({ calls: 0, inputTokens: 0 })
    late!()
    expect(study.spent).toMatchObject({ calls: 1, inputTokens: 7 })
  })

  it('give the evaluation back when the first of them is refused, and fail the cell when a later one is', async () => {
    const cell =
      (...counts: readonly number[]): CellEvaluator =>
      async ({ index, reserve }) => {
        for (let call = 0; call < counts[index]!; call++) {
          const held = await reserve(NONE)
          if (!held) return { failure: { kind: 'budget', retryable: false, message: 'no further call' } }
          held.settle(NONE)
        }
        return { score: 1 }
      }
    const two = start({ pool: pool(2), budget: { calls: 3, evaluations: 2 } })
    await run(two, cell(1, 3))
    expect(two.spent).toMatchObject({ evaluations: 2, calls: 3 })
    expect([...two.state.failures.values()]).toEqual([{ count: 1, latest: 'no further call' }])
    const one = start({ pool: pool(2), budget: { calls: 2, evaluations: 2 } })
    await run(one, cell(2, 2))
    expect(one.spent).toMatchObject({ evaluations: 1, calls: 2 })
    expect(one.state.failures.size).toBe(0)
  })
})
