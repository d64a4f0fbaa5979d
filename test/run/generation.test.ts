import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import type { GenerateCandidates } from '../../src/engine/generation.ts'
import { openEvaluator } from '../../src/evaluation/open-evaluator.ts'
import { failure } from '../../src/history/failure.ts'
import { createBackend } from '../../src/numerics/linalg/create-backend.ts'
import type { PolicyFactory, PolicyState } from '../../src/policy/policy.ts'
import { readEarlierStudy } from '../../src/run/earlier-study.ts'
import { createPriceList } from '../../src/run/prices.ts'
import { type RunTaskOptions, runTask } from '../../src/run/run-task.ts'
import { exportJsonLines } from '../../src/store/jsonl.ts'
import { createMemoryStore } from '../../src/store/memory-store.ts'
import { defineTask } from '../../src/task/define-task.ts'
import { breadthFirst } from '../study/breadth-first.ts'
import { answerOf, testTask } from '../support/chat-server.ts'
import { createScriptedModel } from '../support/scripted-model.ts'

const scratch = mkdtempSync(join(tmpdir(), 'krige-generation-'))
afterAll(() => rmSync(scratch, { recursive: true, force: true }))

const seen: PolicyState[] = []
const asksOnce: PolicyFactory = (context) => ({
  ...breadthFirst(context),
  next(state) {
    seen.push({ ...state, pool: [...state.pool] })
    if (state.pendingGenerations! > 0) return { kind: 'wait' }
    if (state.generations!.length > 0) return breadthFirst(context).next(state)
    return { kind: 'act', action: { kind: 'generate', proposer: 'reflect', parents: [0], count: 1 } }
  },
})

async function run(options: Partial<RunTaskOptions>, generate: GenerateCandidates) {
  const task = defineTask(testTask('gguf:any', { prompts: 2, budget: { evaluations: 40 } }) as never, {
    folder: scratch,
  })
  const textModel = createScriptedModel(({ prompt }) => answerOf(prompt))
  return runTask({
    task,
    evaluator: await openEvaluator(task, { modelsFolder: scratch, environment: {}, textModel }),
    embedder: async () => undefined,
    backend: async () => createBackend('js'),
    store: createMemoryStore(),
    priceOf: createPriceList(),
    policy: asksOnce,
    generation: { proposers: [{ name: 'reflect', calls: () => 1 }], generate },
    ...options,
  })
}

const better = {
  slots: { instruction: 'Instruction 9 of 10.' },
  origin: { by: 'proposer', hypothesis: 'More is better.' },
} as const

describe('a task whose policy asks for prompts', () => {
  it('measures what was proposed, embedded before the policy sees it', async () => {
    const embedder = {
      id: 'length',
      dimensions: 2,
      embed: async (texts: readonly string[]) =>
        texts.map(({ length }) => Float64Array.of(Math.cos(length), Math.sin(length))),
      close: async () => {},
    }
    const result = await run({ embedder: async () => embedder }, async () => ({ candidates: [better] }))
    expect(result.winner.text).toBe('Instruction 9 of 10.')
    const { pool } = seen.at(-1)!
    const { length } = 'Instruction 9 of 10.'
    expect(pool.at(-1)!.embedding).toEqual(Float64Array.of(Math.cos(length), Math.sin(length)))
  })

  it('goes on with what was proposed before it was interrupted', async () => {
    const store = createMemoryStore()
    const abort = new AbortController()
    const once: GenerateCandidates = async () => {
      abort.abort()
      return { candidates: [better] }
    }
    await expect(run({ store, signal: abort.signal }, once)).rejects.toMatchObject({ code: 'interrupted' })
    const result = await run({ store }, async () => ({ candidates: [], failure: failure('program', 'asked again') }))
    expect(result.winner.text).toBe('Instruction 9 of 10.')
  })

  it('that keeps no texts says beforehand that it cannot be resumed, writes none, and refuses by name', async () => {
    const store = createMemoryStore()
    const abort = new AbortController()
    const notices: string[] = []
    const once: GenerateCandidates = async () => {
      abort.abort()
      return { candidates: [better] }
    }
    const hiding = { store, storeText: false, onNotice: (notice: string) => notices.push(notice) }
    await expect(run({ ...hiding, signal: abort.signal }, once)).rejects.toMatchObject({ code: 'interrupted' })
    expect(notices).toEqual([expect.stringContaining('cannot be resumed')])
    let log = ''
    for await (const piece of exportJsonLines(store, 'tickets')) log += piece
    expect(log).not.toMatch(/Instruction 9|More is better/)
    expect(log).toContain('"by":"proposer"')
    await expect(readEarlierStudy(store, 'tickets'), 'hashes are no prompts to learn from').rejects.toThrow(
      /study "tickets" keeps no texts; nothing can be learned/,
    )
    await expect(run(hiding, once)).rejects.toMatchObject({
      code: 'conflict',
      message: expect.stringMatching(/made by proposer reflect, and the study keeps no texts/),
    })
  })
})
