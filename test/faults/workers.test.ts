import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import pg from 'pg'
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest'
import { loadStudy } from '../../src/store/load-study.ts'
import { openPostgresStore } from '../../src/store/postgres/postgres-store.ts'
import type { StudyEvent } from '../../src/study/events.ts'
import { defineTask } from '../../src/task/define-task.ts'
import { openLink } from '../../src/worker/link.ts'
import { openQueue, QUEUE_OPTIONS } from '../../src/worker/queue.ts'
import { type ChatServer, startChatServer, testTask } from '../support/chat-server.ts'
import { krige, type RunningCli, startKrige, taskFolder } from '../support/krige-cli.ts'
import { PASSWORD, type PostgresServer, startPostgres } from '../support/postgres.ts'

/** 24 in CI; `KRIGE_KILLS=100` for the long run. */
const KILLS = Number(process.env['KRIGE_KILLS'] ?? 24)

let postgres: PostgresServer
let chat: ChatServer
beforeAll(async () => {
  postgres = await startPostgres()
})
afterAll(() => postgres?.close())
const running = new Set<RunningCli>()
const folders: string[] = []
afterEach(async () => {
  for (const { child } of running) child.kill('SIGKILL')
  await Promise.all([...running].map(({ done }) => done))
  running.clear()
  await chat?.close()
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true })
})

const folderOf = (...given: Parameters<typeof taskFolder>) => {
  const folder = taskFolder(...given)
  folders.push(folder)
  return folder
}
const start = (folder: string, args: readonly string[], environment = {}): RunningCli => {
  const cli = startKrige(folder, args, environment)
  running.add(cli)
  void cli.done.then(() => running.delete(cli))
  return cli
}

async function readLog(address: string, study: string) {
  const store = await openPostgresStore(address)
  try {
    const batches: { at: number; event: StudyEvent }[] = []
    for await (const some of store.read(study)) {
      for (const { at, events } of some) batches.push(...events.map((event) => ({ at, event })))
    }
    return { log: batches, state: (await loadStudy(store, study))!.state }
  } finally {
    await store.close()
  }
}

const WORKER = ['worker', '--concurrency', '3', '--no-cache']
const RUN = ['run', 'task.yaml', '--json', '--no-cache']
const reached = async (condition: () => boolean, within = 60_000) => {
  const until = Date.now() + within
  while (!condition()) {
    if (Date.now() > until) throw new Error('what was waited for did not come')
    await new Promise((resolve) => setTimeout(resolve, 5))
  }
}

/** Every file below a folder. */
const filesIn = (folder: string) =>
  readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .map((file) => join(folder, file))
    .filter((file) => statSync(file).isFile())

describe('workers', () => {
  it('measure what a run proposes, each cell once, and show no password', { timeout: 240_000 }, async () => {
    chat = await startChatServer()
    chat.delay = 5
    const store = postgres.database()
    const folder = folderOf(chat.model)
    const environment = { KRIGE_STORE: store }
    const workers = [0, 1].map(() => start(folder, WORKER.slice(0, 3), environment))
    const run = await start(folder, RUN.slice(0, 3), environment).done
    expect(run.code, run.stderr).toBe(0)
    const result = JSON.parse(run.stdout)
    expect(result.spent).toMatchObject({ evaluations: 300, calls: 300 })
    expect(result.verdict).toBe('improved')
    expect(new Set(chat.requests).size).toBe(300)
    expect(chat.requests).toHaveLength(300)
    for (const { child } of workers) child.kill('SIGTERM')
    const ended = await Promise.all(workers.map(({ done }) => done))
    const shares = ended.map(({ stderr }) => Number(/Measured (\d+)/.exec(stderr)?.[1]))
    expect(ended.map(({ code }) => code)).toEqual([0, 0])
    expect(shares[0]! + shares[1]!).toBe(300)
    expect(Math.min(...shares)).toBeGreaterThan(0)

    const commands = [
      'studies',
      'report tickets',
      'export tickets',
      'doctor tickets',
      'answers tickets',
      'diff tickets tickets',
    ]
    const shown = [run, ...ended]
    for (const command of commands) {
      const done = await start(folder, command.split(' '), environment).done
      expect(done.code, `${command}: ${done.stderr}`).toBe(0)
      shown.push(done)
    }
    // The queue is gone with what it held, and nothing is left to say.
    const client = new pg.Client({ connectionString: store })
    await client.connect()
    const { rows } = await client.query(
      `select (select count(*) from krige.messages) as messages, (select count(*) from krige.jobs) as jobs,
        (select count(*) from krige_jobs.job where name like 'cells-%' or name like 'dead-%') as cells`,
    )
    await client.end()
    expect(rows).toEqual([{ messages: '0', jobs: '0', cells: '0' }])
    const removed = await start(folder, ['delete', 'tickets'], environment).done
    expect(removed.stderr).toContain('300 cached answers')
    const texts = [
      ...shown.flatMap(({ stdout, stderr }) => [stdout, stderr]),
      ...filesIn(folder).map((file) => readFileSync(file, 'latin1')),
    ]
    for (const secret of [PASSWORD, encodeURIComponent(PASSWORD)]) {
      expect(texts.filter((text) => text.includes(secret))).toEqual([])
    }
  })

  it('and coordinators that are killed again and again lose nothing, and pay for nothing received twice', {
    timeout: 240_000 + 15_000 * KILLS,
  }, async () => {
    const store = postgres.database()
    const environment = { KRIGE_STORE: store }
    const random = createRandom(20261127)
    let kills = 0
    for (let round = 1; kills < KILLS; round++) {
      chat = await startChatServer()
      chat.delay = 15
      const arrivals: number[] = []
      chat.fault = () => {
        arrivals.push(Date.now())
        return false
      }
      const study = `round-${round}`
      const folder = folderOf(chat.model, {
        prompts: 12,
        search: 60,
        holdout: 40,
        budget: { evaluations: 500, calls: 5_000 },
      })
      const begin = (place: number) => start(folder, place === 0 ? [...RUN, '--study', study] : WORKER, environment)
      const processes = [0, 1, 2, 3].map(begin)
      let before = kills
      for (;;) {
        const target = chat.requests.length + Math.floor(random() * 25)
        const over = await Promise.race([
          processes[0]!.done.then(({ signal }) => signal !== 'SIGKILL'),
          reached(() => chat.requests.length > target, 120_000).then(() => false),
        ])
        if (over) break
        if (kills >= KILLS) {
          await processes[0]!.done
          break
        }
        await new Promise((resolve) => setTimeout(resolve, random() * 20))
        // The coordinator as often as a worker.
        const place = random() < 0.4 ? 0 : 1 + Math.floor(random() * 3)
        processes[place]!.child.kill('SIGKILL')
        if ((await processes[place]!.done).signal !== 'SIGKILL') break
        kills++
        processes[place] = begin(place)
      }
      const run = await processes[0]!.done
      expect(run.code, run.stderr).toBe(0)
      for (const { child } of processes) child.kill('SIGKILL')
      await Promise.all(processes.map(({ done }) => done))
      checkStudy(await readLog(store, study), chat, arrivals, kills - before)
      before = kills
      await chat.close()
    }
    expect(kills).toBe(KILLS)
  })

  it('that are thought dead and come back change nothing', { timeout: 240_000 }, async () => {
    chat = await startChatServer()
    chat.delay = 30
    const store = postgres.database()
    const environment = { KRIGE_STORE: store }
    const folder = folderOf(chat.model)
    const run = start(folder, RUN, environment)
    const first = start(folder, WORKER, environment)
    await reached(() => chat.requests.length > 20)
    first.child.kill('SIGSTOP')
    // Cut off from the database, as a machine that sleeps is after a while.
    const client = new pg.Client({ connectionString: store })
    await client.connect()
    await client.query(
      `select pg_terminate_backend(pid) from pg_locks where locktype = 'advisory' and classid = ${0x4b524957}`,
    )
    await client.end()
    const second = start(folder, WORKER, environment)
    const sofar = chat.requests.length
    await reached(() => chat.requests.length > sofar + 30)
    first.child.kill('SIGCONT')
    const done = await run.done
    expect(done.code, done.stderr).toBe(0)
    const { log, state } = await readLog(store, 'tickets')
    expect(state.ledger.spent.evaluations).toBe(300)
    expect(log.filter(({ event }) => event.type === 'told')).toHaveLength(300)
    expect(chat.requests.length).toBeLessThanOrEqual(state.ledger.spent.calls)
    expect(state.ledger.spent.calls).toBeLessThanOrEqual(360)
    second.child.kill('SIGTERM')
    first.child.kill('SIGTERM')
    expect([(await first.done).code, (await second.done).code]).toEqual([0, 0])
  })

  it('keep the limits of a server together', { timeout: 240_000 }, async () => {
    chat = await startChatServer()
    const times: number[] = []
    chat.fault = () => {
      times.push(Date.now())
      return false
    }
    const store = postgres.database()
    const environment = { KRIGE_STORE: store }
    const folder = folderOf(chat.model, { budget: { evaluations: 80, calls: 100 }, search: 30, holdout: 20 })
    for (let count = 0; count < 3; count++) start(folder, WORKER, environment)
    const run = await start(folder, [...RUN, '--requests-per-minute', '240'], environment).done
    expect(run.code, run.stderr).toBe(0)
    expect(times.length).toBe(80)
    // Four a second, and a second's worth at once.
    expect(times.at(-1)! - times[0]!).toBeGreaterThan(1_000 * ((80 - 4) / 4 - 2))
    for (let from = 0; from < times.length; from++) {
      const inTwoSeconds = times.filter((time) => time >= times[from]! && time < times[from]! + 2_000).length
      expect(inTwoSeconds).toBeLessThanOrEqual(16)
    }
  })

  it('leave alone what has code of its own, unless they have its file', { timeout: 240_000 }, async () => {
    chat = await startChatServer()
    const store = postgres.database()
    const environment = { KRIGE_STORE: store }
    const metric = 'export default (output, { expected }) => (output.trim() === expected ? 1 : 0)'
    const folder = folderOf(chat.model, { budget: { evaluations: 150, calls: 180 } }, { metric: './metric.mjs' })
    writeFileSync(join(folder, 'metric.mjs'), metric)
    const elsewhere = mkdtempSync(join(tmpdir(), 'krige-elsewhere-'))
    folders.push(elsewhere)
    const other = folderOf(chat.model, { budget: { evaluations: 150, calls: 180 } }, { metric: './metric.mjs' })
    writeFileSync(join(other, 'metric.mjs'), `${metric} // changed`)
    const run = start(folder, RUN, environment)
    const without = start(elsewhere, WORKER, environment)
    const changed = start(other, [...WORKER, 'task.yaml'], environment)
    await reached(
      () => /give its task file/.test(without.stderrSoFar()) && /left to others|Waiting/.test(changed.stderrSoFar()),
    )
    expect(chat.requests).toEqual([])
    const fit = start(folder, [...WORKER, 'task.yaml'], environment)
    const done = await run.done
    expect(done.code, done.stderr).toBe(0)
    for (const worker of [without, changed, fit]) worker.child.kill('SIGTERM')
    expect((await without.done).stderr).toContain('Measured 0 cells')
    expect((await changed.done).stderr).toContain('Measured 0 cells')
    expect((await fit.done).stderr).toContain('Measured 150 cells')
  })

  it('that one cell kills: the cell counts as missing, with the reason, and the others go on', {
    timeout: 300_000,
  }, async () => {
    chat = await startChatServer()
    const store = postgres.database()
    const environment = { KRIGE_STORE: store }
    const program = `export default async (candidate, { input, expected }, { generate }) => {
      if (input.startsWith('case number 3 ') && candidate.slots.instruction.startsWith('Instruction 5 ')) process.kill(process.ppid, 'SIGKILL')
      return (await generate(candidate.slots.instruction + '\\nTicket: ' + input + '\\nLabel:')).trim() === expected ? 1 : 0
    }`
    const options = { prompts: 6, search: 6, holdout: 4, budget: { evaluations: 40, calls: 200 } }
    const folder = folderOf(chat.model, options, { evaluate: './program.mjs', template: undefined, metric: undefined })
    writeFileSync(join(folder, 'program.mjs'), program)
    const run = start(folder, RUN, environment)
    let isOver = false
    const always = async () => {
      let lives = 0
      for (; !isOver; lives++) await start(folder, [...WORKER, 'task.yaml'], environment).done
      return lives
    }
    const keeping = Promise.all([always(), always()])
    const done = await run.done
    isOver = true
    for (const { child } of running) child.kill('SIGTERM')
    await keeping
    expect(done.code, done.stderr).toBe(0)
    const { state } = await readLog(store, 'tickets')
    const failures = [...state.failures.values()]
    expect(failures.map(({ latest }) => latest)).toEqual([
      '7 workers were lost while they measured it, the last of them with nothing else in hand',
    ])
    expect(state.ledger.spent.evaluations).toBeGreaterThan(30)
  })

  it('whose first word was never heard lose the cell to another, too', { timeout: 120_000 }, async () => {
    const address = postgres.database()
    const link = await openLink(address, 2)
    const boss = await openQueue(link, true)
    try {
      await boss.createQueue('cells', QUEUE_OPTIONS)
      await boss.insert('cells', [{ data: { key: '1/0' } }])
      // Killed between taking the cell and saying so: the coordinator knows of nobody to look after.
      expect(await boss.fetch('cells')).toHaveLength(1)
      const again = await vi.waitUntil(async () => (await boss.fetch('cells'))[0], { timeout: 60_000, interval: 500 })
      expect(again.retryCount).toBe(1)
    } finally {
      await boss.stop({ graceful: false, close: false })
      await link.close()
    }
  })

  it('are told of by help, and refuse a store on one machine', async () => {
    chat = await startChatServer()
    const folder = folderOf(chat.model)
    const refused = await krige(folder, 'worker')
    expect(refused.code).toBe(2)
    expect(refused.stderr).toContain('a worker needs a store that machines can share')
    expect((await krige(folder, 'worker', '--help')).stdout).toContain('krige worker triage/task.yaml')
  })
})

/** What the promise is about, read off the log and the server. */
function checkStudy(
  { log, state }: Awaited<ReturnType<typeof readLog>>,
  { requests }: ChatServer,
  arrivals: readonly number[],
  kills: number,
): void {
  expect(state.conclusion?.verdict).toBeDefined()
  expect(state.pendingCount).toBe(0)
  expect(state.ledger.openCalls().size).toBe(0)
  const { spent } = state.ledger
  const of = (type: StudyEvent['type']) => log.filter(({ event }) => event.type === type)
  expect(spent.evaluations).toBeLessThanOrEqual(500)
  expect(spent.evaluations).toBe(of('told').length)
  expect(state.failures.size, 'results that were lost').toBe(0)
  // Every request was reserved before it was sent, and charged.
  expect(requests.length).toBeLessThanOrEqual(spent.calls)
  expect(spent.calls).toBeLessThanOrEqual(5_000)

  const { split } = defineTask(
    testTask('openai-compatible:http://127.0.0.1:1/v1#t', { prompts: 12, search: 60, holdout: 40 }),
  )
  const sent = new Map<string, number[]>()
  for (const [index, message] of requests.entries()) {
    const [, prompt] = /Instruction (\d+) of/.exec(message)!
    const [, ticket] = /case number (\d+)/.exec(message)!
    const cell = `${prompt}|${ticket}`
    sent.set(cell, [...(sent.get(cell) ?? []), arrivals[index]!])
  }
  const asked = new Map<number, { candidate: number; examples: readonly number[]; split?: 'search' | 'holdout' }>()
  const pool = state.candidates.map(
    ({ slots, text }) => /Instruction (\d+) of/.exec(slots?.['instruction'] ?? text ?? '')![1],
  )
  const told = new Set<string>()
  for (const { at, event } of log) {
    if (event.type === 'asked' && event.kind === 'evaluate') asked.set(event.action, event as never)
    if (event.type !== 'told') continue
    const { candidate, examples, ...rest } = asked.get(event.action)!
    const stage = ('stage' in rest ? rest['stage'] : rest.split) === 'holdout' ? 'holdout' : 'search'
    const cell = `${pool[candidate]}|${split[stage][examples[event.position]!]}`
    expect(told.has(cell), `${cell} told twice`).toBe(false)
    told.add(cell)
    const times = sent.get(cell)
    expect(times, `${cell} told, and never sent`).toBeDefined()
    expect(
      times!.filter((time) => time > at + 50),
      `${cell} sent after it was received`,
    ).toEqual([])
  }
  // Sent twice is what was in flight when its worker was killed.
  const again = [...sent.values()].reduce((sum, times) => sum + times.length - 1, 0)
  expect(again).toBeLessThanOrEqual(3 * kills)
}

/** Park and Miller; the test is repeatable up to the machine's timing. */
function createRandom(seed: number): () => number {
  let state = seed
  return () => {
    state = (state * 16807) % 2147483647
    return state / 2147483647
  }
}
