import { type ChildProcess, spawn } from 'node:child_process'
import { readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { loadStudy } from '../../src/store/load-study.ts'
import { openPostgresStore } from '../../src/store/postgres/postgres-store.ts'
import type { StudyEvent } from '../../src/study/events.ts'
import { type RunningCli, startKrige, taskFolder } from '../support/krige-cli.ts'
import { type Machine, type Network, openNetwork } from '../support/network.ts'
import { type PostgresServer, startPostgres } from '../support/postgres.ts'

const PAGE = readFileSync(join(import.meta.dirname, '../../docs/scale.md'), 'utf8')
/** What the page tells to type, by the machine its block begins with. */
const COMMANDS = new Map(
  [...PAGE.matchAll(/```sh\n# on (.*)\n([\s\S]*?)```/g)].map(([, machine, block]) => [
    machine!,
    [...block!.matchAll(/^npx krige (.*)$/gm)].map(([, words]) => words!.split(' ')),
  ]),
)
const [DECIDE] = COMMANDS.get('the one that decides')!
const [MEASURE] = COMMANDS.get('each that measures')!

const NAMES = ['decider', 'first', 'second', 'model', 'spare', 'asker'] as const
type Name = (typeof NAMES)[number]

/** Here and not in a hook: whether it can be had decides which tests there are. */
const network = ((): Network<Name> | string => {
  try {
    return openNetwork(NAMES)
  } catch (error) {
    return (error as Error).message
  }
})()
if (typeof network === 'string') {
  process.stderr.write(
    `\n*** NOT RUN: the walk-through of docs/scale.md on several machines.\n*** It needs Linux and the right to make network namespaces. ${network}\n\n`,
  )
}

interface Request {
  readonly at: number
  readonly from: string
  readonly asked: string
}

const running = new Set<ChildProcess>()
let postgres: PostgresServer | undefined
const folders: string[] = []
afterAll(() => {
  for (const child of running) child.kill('SIGKILL')
  postgres?.close()
  if (typeof network === 'object') network.close()
  for (const folder of folders) rmSync(folder, { recursive: true, force: true })
})

async function database({ address, range }: Network<Name>): Promise<string> {
  const access = /^host studies krige (\S+) scram-sha-256$/m.exec(PAGE)!
  postgres ??= await startPostgres({
    host: address,
    access: access[0].replace('studies', 'all').replace(access[1]!, range),
  })
  return postgres.database()
}

const PATIENCE = 90_000
const reached = async (what: string, condition: () => boolean, said = () => '') => {
  const until = Date.now() + PATIENCE
  while (!condition()) {
    if (Date.now() > until) throw new Error(`${what}: not within ${PATIENCE / 1000} s. ${said()}`)
    await new Promise((resolve) => setTimeout(resolve, 10))
  }
}
const pause = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds))

describe.skipIf(typeof network === 'string')('an answer of PostgreSQL that is lost on its way', () => {
  it('is not waited for: the server gives the connection up, and nobody would ever say so', async () => {
    const { asker } = (network as Network<Name>).machines
    const [program, ...words] = [
      ...asker.within,
      process.execPath,
      join(import.meta.dirname, '../support/ask-postgres.ts'),
      await database(network as Network<Name>),
    ]
    const child = spawn(program!, words, { stdio: ['ignore', 'pipe', 'inherit'] })
    running.add(child)
    let said = ''
    child.stdout.setEncoding('utf8').on('data', (piece) => {
      said += piece
    })
    await reached('it asks', () => said.startsWith('asked'))
    // The question is with the server; its answer takes four seconds.
    await pause(1_000)
    asker.link('down')
    await reached('the answer is given up', () => child.exitCode !== null)
    asker.link('up')
    expect(said).toMatch(/^asked\nrejected: /)
  })
})

describe.skipIf(typeof network === 'string')('the walk-through of docs/scale.md', () => {
  it('goes to its end over cables that are pulled and processes that are killed, and pays for nothing twice', {
    timeout: 360_000,
  }, async () => {
    const { machines } = network as Network<Name>
    const store = await database(network as Network<Name>)
    const { model, requests } = await serveModel(machines.model)
    const folder = taskFolder(model, { search: 100, holdout: 40, budget: { evaluations: 1_000, calls: 1_400 } })
    folders.push(folder)
    const start = (machine: Machine, words: readonly string[]): RunningCli => {
      const cli = startKrige(
        folder,
        words,
        { KRIGE_STORE: store, KRIGE_CACHE: join(folder, machine.address) },
        machine.within,
      )
      running.add(cli.child)
      void cli.done.then(() => running.delete(cli.child))
      return cli
    }
    const { decider, first, second, spare } = machines
    /** Requests that came from a machine so far. */
    const from = ({ address }: Machine) => requests.filter((request) => request.from === address).length
    /** The machine measures so many more. */
    const measures = (machine: Machine, more: number) => {
      const goal = from(machine) + more
      return reached(
        `${machine.address} measures ${more} more`,
        () => from(machine) >= goal,
        () => run.stderrSoFar(),
      )
    }

    let run = start(decider, DECIDE!)
    await reached(
      'it waits for workers',
      () => run.child.exitCode !== null || run.stderrSoFar().includes('Waiting for workers'),
      () => run.stderrSoFar(),
    )
    expect(run.child.exitCode, run.stderrSoFar()).toBe(null)
    expect(requests).toEqual([])
    start(first, MEASURE!)
    let other = start(second, MEASURE!)
    await Promise.all([measures(first, 30), measures(second, 30)])

    first.link('down')
    const cut = from(first)
    await measures(second, 40)
    expect(from(first) - cut, 'what still came over the cut cable').toBeLessThanOrEqual(4)
    first.link('up')
    await measures(first, 20)

    other.child.kill('SIGKILL')
    await measures(first, 20)
    other = start(second, MEASURE!)
    await measures(second, 20)

    decider.link('down')
    await pause(3_000)
    const waiting = requests.length
    await pause(2_000)
    expect(requests.length - waiting, 'calls that nobody granted').toBe(0)
    decider.link('up')
    await Promise.all([measures(first, 10), measures(second, 10)])

    run.child.kill('SIGKILL')
    await run.done
    run = start(decider, DECIDE!)
    await Promise.all([measures(first, 10), measures(second, 10)])
    expect(run.stderrSoFar()).toContain('Resuming')

    decider.link('down')
    const gone = Date.now()
    const before = run
    do {
      run = start(spare, DECIDE!)
      const { stderrSoFar } = run
      const isRefused = () => stderrSoFar().includes('is being written')
      await reached('another takes over', () => isRefused() || stderrSoFar().includes('Resuming'), stderrSoFar)
      if (!isRefused()) break
      await run.done
    } while (Date.now() - gone < PATIENCE)
    decider.link('up')
    const late = await before.done
    expect(late.code, late.stderr).toBe(1)
    const { code, stdout, stderr } = await run.done
    expect(code, stderr).toBe(0)
    const result = JSON.parse(stdout)
    expect(result.verdict).toBe('improved')
    const [studies, prompt] = await Promise.all(COMMANDS.get('any')!.map((words) => start(second, words).done))
    expect(studies!.stdout).toContain('tickets')
    expect(prompt!.stdout).toContain(result.winner.text ?? 'Instruction')

    const log = await openPostgresStore(store)
    const told: StudyEvent[] = []
    for await (const batches of log.read('tickets')) {
      for (const { events } of batches) told.push(...events.filter(({ type }) => type === 'told'))
    }
    const { state } = (await loadStudy(log, 'tickets'))!
    await log.close()
    const cells = told.map((event) => event.type === 'told' && `${event.action}/${event.position}`)
    expect(new Set(cells).size, 'a result was kept twice').toBe(cells.length)
    expect(cells.length).toBe(state.ledger.spent.evaluations)
    expect(state.ledger.spent.evaluations).toBeLessThanOrEqual(1_000)
    expect(state.failures.size).toBe(0)
    expect(requests.length).toBeLessThanOrEqual(state.ledger.spent.calls)
    expect(state.ledger.spent.calls).toBeLessThanOrEqual(1_400)
    // Four cells at a worker that was cut off, four at one that was killed, eight each time the one that decides was gone.
    const again = requests.length - new Set(requests.map(({ asked }) => asked)).size
    expect(again).toBeLessThanOrEqual(4 + 4 + 8 + 8)
  })
})

/** The chat server on a machine of its own. */
async function serveModel(machine: Machine): Promise<{ model: string; requests: Request[] }> {
  const [program, ...words] = [
    ...machine.within,
    process.execPath,
    join(import.meta.dirname, '../support/serve-chat.ts'),
    machine.address,
    '50',
  ]
  const child = spawn(program!, words, { stdio: ['ignore', 'pipe', 'inherit'] })
  running.add(child)
  const requests: Request[] = []
  let rest = ''
  return new Promise((resolve, reject) => {
    child.on('error', reject).on('exit', (code) => reject(new Error(`the model server ended with ${code}`)))
    child.stdout.setEncoding('utf8').on('data', (piece) => {
      const lines = (rest + piece).split('\n')
      rest = lines.pop()!
      for (const line of lines) {
        if (line.startsWith('{')) requests.push(JSON.parse(line))
        else resolve({ model: line, requests })
      }
    })
  })
}
