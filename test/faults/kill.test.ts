import { rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { loadStudy } from '../../src/store/load-study.ts'
import { openSqliteStore } from '../../src/store/sqlite-store.ts'
import { restoreStudy } from '../../src/study/create-study.ts'
import type { StudyEvent } from '../../src/study/events.ts'
import { defineTask } from '../../src/task/define-task.ts'
import { type ChatServer, startChatServer, testTask } from '../support/chat-server.ts'
import { startKrige, taskFolder } from '../support/krige-cli.ts'

/** 100 in CI; `KRIGE_KILLS=500` for the long run. */
const KILLS = Number(process.env['KRIGE_KILLS'] ?? 100)
const PROMPTS = 12
const SEARCH = 60
const CALLS = 5_000
const TASK = { prompts: PROMPTS, search: SEARCH, holdout: 40, budget: { evaluations: 400, calls: CALLS } }
/** Which examples the task searches with and holds out. */
const { split: SPLIT } = defineTask(testTask('openai-compatible:http://127.0.0.1:1/v1#test', TASK))

/**
 * What the promise is about, read off the log and the server:
 *
 * - a result in the log is never lost, and its cell never sent again;
 * - every request the server saw is covered by a reservation that was stored before;
 * - every call ends up charged, those cut off in flight at their reservation.
 */
async function readLog(folder: string): Promise<StudyEvent[]> {
  const store = openSqliteStore(join(folder, '.krige', 'studies.db'))
  try {
    const events: StudyEvent[] = []
    if (!(await store.find('tickets'))) return events
    for await (const batches of store.read('tickets')) events.push(...batches.flatMap((batch) => batch.events))
    return events
  } finally {
    await store.close()
  }
}

/** The cells that are received, as "prompt|ticket" the way the server sees them. */
function receivedCells(events: readonly StudyEvent[], texts: ReadonlyMap<string, string>): Set<string> {
  const asked = new Map<number, { candidate: number; examples: readonly number[]; stage: string }>()
  const received = new Set<string>()
  for (const event of events) {
    if (event.type === 'asked' && event.kind === 'evaluate') {
      asked.set(event.action, { ...event, stage: event.stage ?? 'search' })
    }
    if (event.type === 'told') {
      const { candidate, examples, stage } = asked.get(event.action)!
      received.add(
        texts.get(`${stage}/${candidate}/${examples[event.position]}`) ?? `${stage}/${candidate}/${event.position}`,
      )
    }
  }
  return received
}

/** Studies that are killed at the same time, each with a server of its own. */
const LANES = 2

interface Variant {
  readonly name: string
  /** Of all kills. */
  readonly share: number
  readonly task?: object
  readonly files?: Readonly<Record<string, string>>
  /** Whether answers are kept beside the log. */
  readonly cache?: boolean
}

const VARIANTS: readonly Variant[] = [
  { name: 'as it is', share: 0.4 },
  { name: 'with the response cache on', share: 0.2, cache: true },
  {
    name: 'with a metric module',
    share: 0.2,
    task: { metric: './metric.mjs' },
    files: { 'metric.mjs': 'export default (output, { expected }) => (output.trim() === expected ? 1 : 0)' },
  },
  {
    name: 'with a program and the cache on',
    share: 0.2,
    cache: true,
    task: { evaluate: './program.mjs', template: undefined, metric: undefined },
    files: {
      'program.mjs': `export default async (candidate, { input, expected }, { generate }) => {
        const output = await generate(candidate.slots.instruction + '\\nTicket: ' + input + '\\nLabel:')
        return output.trim() === expected ? 1 : 0
      }`,
    },
  },
]

describe('a run that is killed again and again', () => {
  it.each(VARIANTS)(
    'loses nothing and sends nothing received twice: $name',
    {
      timeout: 600_000 + 12_000 * KILLS,
    },
    async (variant) => {
      const folders: string[] = []
      const total = Math.max(LANES, Math.round(KILLS * variant.share))
      const lane = async (seed: number, share: number) => {
        const server = await startChatServer()
        const random = createRandom(seed)
        let kills = 0
        try {
          while (kills < share) {
            const folder = taskFolder(server.model, TASK, variant.task)
            folders.push(folder)
            for (const [name, text] of Object.entries(variant.files ?? {})) writeFileSync(join(folder, name), text)
            kills += await killUntilDone(folder, server, random, share - kills, variant)
            // The long run takes its time: how far it came is worth knowing, also when it is cut short.
            if (KILLS > 100) {
              process.stderr.write(
                `${variant.name}, lane ${seed}: ${kills} of ${share} kills, nothing lost or sent again\n`,
              )
            }
          }
          return kills
        } finally {
          await server.close()
        }
      }
      try {
        const shares = Array.from({ length: LANES }, (_, index) => Math.floor((total + index) / LANES))
        const kills = await Promise.all(shares.map((share, index) => lane(20261122 + index, share)))
        expect(kills.reduce((sum, count) => sum + count, 0)).toBe(total)
      } finally {
        for (const folder of folders) rmSync(folder, { recursive: true, force: true })
      }
    },
  )
})

const CONCURRENCY = 6
const RUN = ['run', 'task.yaml', '--json', '--concurrency', String(CONCURRENCY)]

async function killUntilDone(
  folder: string,
  server: ChatServer,
  random: () => number,
  atMost: number,
  variant: Variant,
): Promise<number> {
  let kills = 0
  server.requests.length = 0
  server.delay = 3
  for (;;) {
    const before = await readLog(folder)
    const texts = cellTexts(before)
    const received = receivedCells(before, texts)
    const sentBefore = server.requests.length
    const running = startKrige(folder, [...RUN, ...(variant.cache ? [] : ['--no-cache'])])
    const finished = running.done.then(() => true)
    if (kills < atMost) {
      // A random number of requests, then a random moment: between sending and receiving, while committing, anywhere.
      const target = sentBefore + Math.floor(random() * 12)
      const started = Date.now()
      const over = await Promise.race([
        finished,
        reached(() => server.requests.length > target || Date.now() - started > 8_000),
      ])
      if (over !== true) {
        await new Promise((resolve) => setTimeout(resolve, random() * 12))
        running.child.kill('SIGKILL')
      }
    }
    const result = await running.done
    const after = await readLog(folder)
    expect(JSON.stringify(after.slice(0, before.length)), 'the log only grows').toBe(JSON.stringify(before))
    const sentNow = server.requests.slice(sentBefore).map(cellOfRequest)
    expect(
      sentNow.filter((cell) => received.has(cell)),
      'received cells sent again',
    ).toEqual([])
    expect(new Set(sentNow).size, 'cells sent twice within one life').toBe(sentNow.length)
    const reserved = after.filter((event) => event.type === 'reserved').length
    expect(server.requests.length, 'requests without a stored reservation').toBeLessThanOrEqual(reserved)
    expect(reserved).toBeLessThanOrEqual(CALLS)
    if (result.signal === 'SIGKILL') {
      kills++
      continue
    }
    expect(result.code, result.stderr).toBe(0)
    await checkFinished(folder, after, server, variant, kills)
    return kills
  }
}

async function checkFinished(
  folder: string,
  events: readonly StudyEvent[],
  server: ChatServer,
  variant: Variant,
  kills: number,
): Promise<void> {
  const store = openSqliteStore(join(folder, '.krige', 'studies.db'))
  const { state } = (await loadStudy(store, 'tickets'))!
  await store.close()
  expect(state.conclusion?.verdict).toBeDefined()
  expect(state.pendingCount).toBe(0)
  expect(state.ledger.openCalls().size).toBe(0)
  expect(state.ledger.spent.evaluations).toBeLessThanOrEqual(400)
  expect(state.ledger.spent.evaluations).toBe(events.filter((event) => event.type === 'told').length)
  // Every request was charged; calls reserved but cut off before they were sent are charged, too.
  expect(state.ledger.spent.calls).toBeGreaterThanOrEqual(server.requests.length)
  expect(state.ledger.spent.calls).toBe(events.filter((event) => event.type === 'reserved').length)
  replayDecisions(events)
  const lost = events.filter((event) => event.type === 'settled' && event.lost).length
  const paid = state.ledger.spent.calls - lost
  // An answer whose score was not there yet is asked for again, unless the cache has it.
  if (variant.cache) expect(paid).toBeLessThanOrEqual(state.ledger.spent.evaluations)
  else if (variant.task) expect(paid).toBeLessThanOrEqual(state.ledger.spent.evaluations + kills * CONCURRENCY)
  else expect(paid).toBe(state.ledger.spent.evaluations)
}

/** Every this many decisions one is asked for again, by a policy that knows nothing but the log before it. */
const REPLAYED = 12

/** A study that was killed proposes what one that was not, given the same events, proposes. */
function replayDecisions(events: readonly StudyEvent[]): void {
  const asked = events.flatMap((event, index) =>
    event.type === 'asked' && event.kind === 'evaluate' && !event.stage ? [index] : [],
  )
  for (let at = 0; at < asked.length; at += REPLAYED) {
    const index = asked[at]!
    // A fit belongs to the decision that follows it.
    const from = events[index - 1]?.type === 'fit' ? index - 1 : index
    const restored = restoreStudy(events.slice(0, from))
    restored.next()
    expect(restored.drain(), `decision at event ${index}`).toEqual(events.slice(from, index + 1))
  }
}

const cellOfRequest = (message: string) => {
  const [, prompt] = /Instruction (\d+) of/.exec(message)!
  const [, ticket] = /case number (\d+)/.exec(message)!
  return `${prompt}|${ticket}`
}

/** Which request each cell is: the split of the task tells which example a position stands for. */
function cellTexts(events: readonly StudyEvent[]): ReadonlyMap<string, string> {
  const texts = new Map<string, string>()
  const pool = events.flatMap((event) => (event.type === 'candidates' ? event.candidates : []))
  pool.forEach((candidate, index) => {
    const [, prompt] = /Instruction (\d+) of/.exec(candidate.slots?.['instruction'] ?? candidate.text ?? '')!
    for (const stage of ['search', 'holdout'] as const) {
      for (const [position, example] of SPLIT[stage].entries()) {
        texts.set(`${stage}/${index}/${position}`, `${prompt}|${example}`)
      }
    }
  })
  return texts
}

async function reached(condition: () => boolean): Promise<false> {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve, 2))
  return false
}

/** Park and Miller; the test is repeatable up to the machine's timing. */
function createRandom(seed: number): () => number {
  let state = seed
  return () => {
    state = (state * 16807) % 2147483647
    return state / 2147483647
  }
}
