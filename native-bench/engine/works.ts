/**
 * What is timed of the engine around the model.
 *
 * @module
 */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { fsyncSync, mkdtempSync, openSync, rmSync, writeSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createJournal } from '../../src/engine/journal.ts'
import { runSearch } from '../../src/engine/search.ts'
import { callModel } from '../../src/evaluation/call-model.ts'
import { openRemoteModel } from '../../src/evaluation/models/remote-model.ts'
import { openEvaluator } from '../../src/evaluation/open-evaluator.ts'
import { openBackend } from '../../src/numerics/linalg/open-backend.ts'
import { createRandom } from '../../src/numerics/random/random.ts'
import { runTask } from '../../src/run/run-task.ts'
import { openSqliteStore } from '../../src/store/sqlite-store.ts'
import { createStudy } from '../../src/study/create-study.ts'
import { defineTask } from '../../src/task/define-task.ts'
import { writeLargeStudy } from '../../test/support/large-study.ts'

export interface EngineRow {
  readonly work: string
  readonly figures: Readonly<Record<string, number>>
}

const CONCURRENCY = 32
const EVALUATIONS = 5_000

/** In a folder of its own, removed afterwards. */
async function inFolder<Result>(work: (folder: string) => Promise<Result>): Promise<Result> {
  const folder = mkdtempSync(join(tmpdir(), 'krige-bench-'))
  try {
    return await work(folder)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

/** Wall and processor time of something, for each of so many. */
async function timed(work: () => Promise<number>) {
  const before = process.cpuUsage()
  const started = performance.now()
  const evaluations = await work()
  const milliseconds = performance.now() - started
  const { user, system } = process.cpuUsage(before)
  return {
    evaluations,
    perSecond: (1000 * evaluations) / milliseconds,
    processorMilliseconds: (user + system) / 1000 / evaluations,
  }
}

/** What a durable write costs here: milliseconds to bring 4 kB to the disk. */
export const disk = (): Promise<EngineRow> =>
  inFolder(async (folder) => {
    const file = openSync(join(folder, 'disk'), 'w')
    const page = Buffer.alloc(4096)
    const times = Array.from({ length: 100 }, () => {
      const started = performance.now()
      writeSync(file, page)
      fsyncSync(file)
      return performance.now() - started
    })
    return { work: 'disk', figures: { fsyncMilliseconds: times.sort((a, b) => a - b)[50]! } }
  })

/** Store, ledger, loop and policy around a model in this process that answers in a millisecond. */
export const bookkeeping = (policy: string): Promise<EngineRow> =>
  inFolder(async (folder) => {
    const study = createStudy({
      pool: Array.from({ length: 100 }, (_, index) => ({ id: `p${index}`, text: `Prompt ${index}.` })),
      policy,
      exampleCount: 100,
      budget: { evaluations: EVALUATIONS },
      keepLog: false,
    })
    const store = openSqliteStore(join(folder, 'studies.db'))
    const lease = await store.acquire('bench')
    const figures = await timed(async () => {
      await runSearch({
        study,
        journal: createJournal(study, lease),
        concurrency: CONCURRENCY,
        evaluate: async ({ index, example, reserve }) => {
          const call = await reserve({ inputTokens: 100, outputTokens: 8, usd: 0 })
          await new Promise((resolve) => setTimeout(resolve, 1))
          call!.settle({ inputTokens: 100, outputTokens: 2, usd: 0 })
          return { score: (index * 7 + example * 13) % 10 < 5 ? 1 : 0 }
        },
      })
      return study.spent.evaluations
    })
    await lease.release()
    await store.close()
    return { work: `bookkeeping-${policy}`, figures }
  })

/** The same with everything there is: template, AI SDK, HTTP, metric. */
export const wholePath = (policy: string): Promise<EngineRow> =>
  inFolder(async (folder) => {
    const server = await startServer()
    const task = defineTask({
      name: 'bench',
      examples: Array.from({ length: 120 }, (_, index) => ({
        input: `case ${index}`,
        expected: index % 2 ? 'bug' : 'bill',
      })),
      split: { search: 100, holdout: 20 },
      template: '{{prompt}}\nTicket: {{input}}\nLabel:',
      metric: 'label-match',
      model: server.model,
      prompts: Array.from({ length: 100 }, (_, index) => `Instruction ${index}.`),
      budget: { evaluations: EVALUATIONS },
      embedder: 'none',
    })
    const evaluator = await openEvaluator(task, { modelsFolder: folder, environment: {}, concurrency: CONCURRENCY })
    const store = openSqliteStore(join(folder, 'studies.db'))
    try {
      const figures = await timed(async () => {
        const result = await runTask({
          task,
          evaluator,
          store,
          policy,
          embedder: async () => undefined,
          backend: openBackend,
          priceOf: () => ({ input: 0, output: 0 }),
          concurrency: CONCURRENCY,
        })
        return result.spent.evaluations
      })
      return { work: `http-${policy}`, figures }
    } finally {
      await evaluator.close()
      await store.close()
      server.stop()
    }
  })

const CANDIDATES = 10_000
const EXAMPLES = 100

/** Opens a study of 10,000 candidates and 1,000,000 outcomes in a process of its own. */
export const openLarge = (): Promise<EngineRow> =>
  inFolder(async (folder) => {
    const file = join(folder, 'large.db')
    await writeLargeStudy(file, CANDIDATES, EXAMPLES)
    const child = join(import.meta.dirname, '../../test/support/open-large-study.ts')
    const opened: Record<string, number> = JSON.parse(
      execFileSync(process.execPath, [child, file], { encoding: 'utf8' }),
    )
    if (opened['outcomes'] !== CANDIDATES * EXAMPLES) throw new Error(`opened ${opened['outcomes']} outcomes`)
    return { work: 'open-large', figures: opened }
  })

/** What an optimizer waits for that writes prompts as it goes: the next ask after one more. */
export async function growingPool(): Promise<EngineRow> {
  const [prompts, rounds, examples, dimensions] = [1_000, 50, 100, 384]
  const random = createRandom(1)
  const centers = Array.from({ length: 20 }, () => Float64Array.from({ length: dimensions }, () => random.normal()))
  const entries = Array.from({ length: prompts + rounds }, (_, i) => {
    const embedding = centers[i % centers.length]!.map((x) => x + 0.5 * random.normal())
    const norm = Math.hypot(...embedding)
    const words = Array.from({ length: 20 + random.integer(30) }, () => WORDS[random.integer(WORDS.length)])
    return { candidate: { id: `p${i}`, text: `${words.join(' ')} ${i}.` }, embedding: embedding.map((x) => x / norm) }
  })
  const study = createStudy({
    pool: entries.slice(0, prompts),
    exampleCount: examples,
    budget: { evaluations: 5_000 },
    keepLog: false,
  })
  const step = () => {
    const started = performance.now()
    const action = study.ask()
    const milliseconds = performance.now() - started
    if (action.kind !== 'evaluate') throw new Error(`asked to ${action.kind}`)
    const chance = 0.3 + 0.02 * (action.index % centers.length)
    study.tell(
      action.id,
      action.examples.map(() => (random.uniform() < chance ? 1 : 0)),
    )
    return milliseconds
  }
  while (study.spent.evaluations < 2_500) step()
  const times = entries.slice(prompts).map((entry) => {
    study.add([entry])
    return step()
  })
  times.sort((a, b) => a - b)
  return { work: 'growing-pool', figures: { milliseconds: times[rounds / 2]!, slowest: times.at(-1)! } }
}

const WORDS =
  'answer label name classify the ticket folder one word only think step by rules careful short list choose'.split(' ')

/** The limit has to be found first: what counts is what comes after. */
const WARM_UP = 5_000
const MEASURED = 20_000

/** How much of a limit is used that the server keeps to itself, and whether anything fails. */
export async function hiddenLimit(limit: number): Promise<EngineRow> {
  const server = await startServer(limit)
  const model = await openRemoteModel(server.model, { environment: {}, concurrency: CONCURRENCY })
  const request = { prompt: 'Label it.', sampling: { temperature: 0, maxOutputTokens: 8 } }
  const started = performance.now()
  const end = started + WARM_UP + MEASURED
  let [answered, failed, refused] = [0, 0, 0]
  const reservation = {
    settle({ failure }: { failure?: unknown }) {
      if (failure !== undefined) refused++
    },
    release() {},
  }
  const worker = async () => {
    while (performance.now() < end) {
      const { result } = await callModel(model, request, { reserve: () => reservation })
      const now = performance.now()
      if (result.kind === 'failure') failed++
      else if (now >= started + WARM_UP && now < end) answered++
    }
  }
  await Promise.all(Array.from({ length: 2 * CONCURRENCY }, worker))
  await model.close()
  server.stop()
  return {
    work: `limit-${limit}`,
    figures: { share: (1000 * answered) / MEASURED / limit, failed, refusedPerAnswer: refused / answered },
  }
}

async function startServer(limit?: number): Promise<{ readonly model: string; stop(): void }> {
  const file = join(import.meta.dirname, 'server.ts')
  const child: ChildProcess = spawn(process.execPath, [file, ...(limit === undefined ? [] : [String(limit)])], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const [port] = await once(child.stdout!, 'data')
  return { model: `openai-compatible:http://127.0.0.1:${String(port).trim()}/v1#bench`, stop: () => void child.kill() }
}
