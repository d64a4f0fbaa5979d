import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { createJournal } from '../../src/engine/journal.ts'
import { runSearch } from '../../src/engine/search.ts'
import { openEvaluator } from '../../src/evaluation/open-evaluator.ts'
import { createBackend } from '../../src/numerics/linalg/create-backend.ts'
import { optimize } from '../../src/run/optimize.ts'
import { createPriceList } from '../../src/run/prices.ts'
import { type RunTaskOptions, runTask } from '../../src/run/run-task.ts'
import { examineStudy } from '../../src/store/doctor.ts'
import { exportJsonLines, importJsonLines } from '../../src/store/jsonl.ts'
import { loadStudy } from '../../src/store/load-study.ts'
import { createMemoryStore } from '../../src/store/memory-store.ts'
import { openSqliteStore } from '../../src/store/sqlite-store.ts'
import type { Store } from '../../src/store/store.ts'
import { createStudy, restoreStudy } from '../../src/study/create-study.ts'
import { defineTask } from '../../src/task/define-task.ts'
import { breadthFirst, pool } from '../study/breadth-first.ts'
import { answerOf, testTask } from '../support/chat-server.ts'
import { createScriptedModel } from '../support/scripted-model.ts'

const scratch = mkdtempSync(join(tmpdir(), 'krige-traces-'))
afterAll(() => rmSync(scratch, { recursive: true, force: true }))

const tracesOf = async (store: Store, name: string) => {
  const found = []
  for await (const records of store.traces(name)) found.push(...records)
  return found
}

async function run(store: Store, extra: Partial<RunTaskOptions> = {}) {
  const task = defineTask(testTask('gguf:any', { prompts: 4, budget: { evaluations: 60 } }) as never, {
    folder: scratch,
  })
  const textModel = createScriptedModel(({ prompt }) => answerOf(prompt))
  const evaluator = await openEvaluator(task, { modelsFolder: scratch, environment: {}, textModel })
  await runTask({
    task,
    evaluator,
    embedder: async () => undefined,
    backend: async () => createBackend('js'),
    store,
    priceOf: createPriceList(),
    policy: 'successive-halving',
    ...extra,
  })
}

describe('traces', () => {
  it('hold what every prompt was asked and answered, search and holdout apart', async () => {
    const store = openSqliteStore(join(scratch, 'kept.db'))
    await run(store)
    const { state } = (await loadStudy(store, 'tickets'))!
    const traces = await tracesOf(store, 'tickets')
    expect(traces).toHaveLength(state.ledger.spent.evaluations)
    expect(traces.filter(({ holdout }) => holdout)).toHaveLength(state.holdout.length)
    for (const { candidate, trace } of traces) {
      const [call] = trace.calls
      expect(call).toMatchObject({ role: 'task', model: 'scripted:model', cached: false })
      expect(call!.prompt).toContain(state.candidates[candidate!]!.slots!['instruction'])
      expect(trace.output).toBe(call!.text)
    }
    await store.close()
  })

  it('are not kept, nor said to be, where texts are not', async () => {
    const store = createMemoryStore()
    await run(store, { storeText: false })
    expect(await tracesOf(store, 'tickets')).toEqual([])
    let log = ''
    for await (const piece of exportJsonLines(store, 'tickets')) log += piece
    expect(log).not.toContain('traced')
    expect(log).not.toContain('Instruction')
  })

  it('go out with an export and come back, and a study restored from it leaves them aside', async () => {
    const store = createMemoryStore()
    await run(store)
    let log = ''
    for await (const piece of exportJsonLines(store, 'tickets')) log += piece
    await importJsonLines(store, 'copy', [log])
    expect(await tracesOf(store, 'copy')).toEqual(await tracesOf(store, 'tickets'))
    expect(restoreStudy(log, { policy: breadthFirst }).state.observations.length).toBeGreaterThan(0)
    const stray = '{"type":"trace","action":99999,"position":0,"trace":{"calls":[]}}'
    await expect(importJsonLines(store, 'stray', [`${log}${stray}\n`])).rejects.toThrow('is a trace of no result')
  })

  it('go into the store in the very append that holds their result, and never before', async () => {
    const study = createStudy({ pool: pool(3), policy: breadthFirst, exampleCount: 4, seed: 1 })
    const appended: string[] = []
    const append = async (events: readonly { type: string }[], traces: readonly object[] = []) => {
      const told = events.filter((event) => event.type === 'told')
      appended.push(`${told.length}/${traces.length}`)
    }
    await runSearch({
      study,
      journal: createJournal(study, { append }),
      evaluate: async ({ example }) => ({ score: 1, output: 'x', feedback: [{ text: `${example}`, from: 'test' }] }),
      concurrency: 3,
    })
    expect(appended.every((counts) => counts.split('/')[0] === counts.split('/')[1])).toBe(true)
    expect(appended.some((counts) => counts !== '0/0')).toBe(true)
  })

  it('keep of an endless text its beginning and its end', async () => {
    const store = createMemoryStore()
    await optimize({
      prompts: ['one', 'two'],
      examples: ['a', 'b'],
      evaluate: (prompt) => ({ score: 1, output: `begin ${prompt}${'x'.repeat(1e6)} end`, feedback: 'long' }),
      budget: { evaluations: 4 },
      store,
    })
    const [first] = await tracesOf(store, 'optimize')
    expect(first!.trace.output!.length).toBeLessThan(21_000)
    expect(first!.trace.output).toMatch(/^begin one[\s\S]*characters left out[\s\S]* end$/)
    expect(first!.trace.feedback).toEqual([{ text: 'long', from: 'evaluate' }])
  })

  it('that were changed on the disk are refused by name', async () => {
    const path = join(scratch, 'damaged.db')
    const store = openSqliteStore(path)
    await run(store)
    await store.close()
    const { DatabaseSync } = await import('node:sqlite')
    const database = new DatabaseSync(path)
    database.exec(`update traces set payload = replace(payload, 'bug', 'bag')`)
    database.close()
    const again = openSqliteStore(path)
    await expect(tracesOf(again, 'tickets')).rejects.toThrow(
      /trace of action \d+, position \d+, is not what was written/,
    )
    const problems = async (examined: Store) =>
      (await examineStudy(examined, 'tickets')).filter(({ level }) => level === 'problem').map(({ message }) => message)
    expect(await problems(again)).toEqual([expect.stringContaining('is not what was written')])
    await again.close()
    const cut = new DatabaseSync(path)
    cut.exec('delete from traces where action > 10')
    cut.exec(`update traces set payload = replace(payload, 'bag', 'bug')`)
    cut.close()
    const last = openSqliteStore(path)
    expect(await problems(last)).toEqual([expect.stringMatching(/answers behind \d+ of 60 results are missing/)])
    await last.close()
  })

  it('leave nothing in the file when their study is deleted', async () => {
    const path = join(scratch, 'deleted.db')
    const store = openSqliteStore(path)
    await run(store)
    expect(readFileSync(path).includes('case number') || readFileSync(`${path}-wal`).includes('case number')).toBe(true)
    await store.delete('tickets')
    await store.close()
    expect(readFileSync(path).includes('case number')).toBe(false)
  })
})
