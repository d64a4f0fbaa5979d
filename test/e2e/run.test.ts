import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { type ChatServer, startChatServer } from '../support/chat-server.ts'
import { startKrige, taskFolder } from '../support/krige-cli.ts'
import { krige, krigeWith } from '../support/krige-here.ts'

let server: ChatServer
beforeAll(async () => {
  server = await startChatServer()
})
afterAll(() => server.close())
beforeEach(() => {
  server.requests.length = 0
  server.fault = undefined
  server.delay = 0
})

const folders: string[] = []
const newFolder = (...[options, changes]: [Parameters<typeof taskFolder>[1]?, object?]) => {
  const folder = taskFolder(server.model, options, changes)
  folders.push(folder)
  return folder
}
afterAll(() => {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true })
})

// Child processes are slow to start where other work shares the machine.
describe('krige run', { timeout: 120_000 }, () => {
  it('finds a good prompt within the budget and prints the contract', async () => {
    const folder = newFolder()
    const { code, stdout, stderr } = await startKrige(folder, ['run', 'task.yaml', '--json']).done
    expect(code).toBe(0)
    const result = JSON.parse(stdout)
    expect(Object.keys(result)).toEqual(['study', 'verdict', 'winner', 'baseline', 'spent', 'warnings', 'report'])
    expect(Object.keys(result.winner)).toEqual(
      expect.arrayContaining(['id', 'text', 'mean', 'interval', 'probabilityBest', 'holdout']),
    )
    expect(Object.keys(result.spent)).toEqual(['evaluations', 'calls', 'inputTokens', 'outputTokens', 'usd'])
    expect(result.verdict).toBe('improved')
    expect(Number(/\d+/.exec(result.winner.text)![0])).toBeGreaterThanOrEqual(8)
    expect(result.spent.evaluations).toBeLessThanOrEqual(300)
    expect(result.spent.calls).toBe(server.requests.length)
    expect(new Set(server.requests).size).toBe(server.requests.length)
    expect(readFileSync(result.report, 'utf8')).toContain('badge improved')
    expect(stderr).toMatch(/Search: up to 220 evaluations/)
    expect(stderr).not.toContain('\u001b')
  })

  it('only plans with --dry-run', async () => {
    const folder = newFolder()
    const { code, stdout } = await krige(folder, 'run', 'task.yaml', '--dry-run')
    expect(code).toBe(0)
    expect(stdout).toMatch(/12 prompts, 40 search examples[\s\S]*Cost: at most 300 calls/)
    expect(server.requests).toEqual([])
    expect(existsSync(join(folder, '.krige'))).toBe(false)
    const unknown = await krige(folder, 'run', 'task.yaml', '--dry-run', '--warm-start', 'nothing')
    expect([unknown.code, unknown.stderr]).toEqual([2, expect.stringContaining('nothing')])
    const planned = JSON.parse((await krige(folder, 'run', 'task.yaml', '--dry-run', '--json')).stdout)
    expect(planned.plan).toMatchObject({ searchEvaluations: 220, holdoutEvaluations: 80 })
  })

  it('says in the plan which keys are missing, once each, and shows none that is there', async () => {
    const model = 'openai:gpt-5-mini'
    const judge = { name: 'judge', criteria: 'Is it right?', model }
    const plan = async (changes: object, key: string | undefined, ...flags: string[]) => {
      const folder = newFolder({}, { budget: { evaluations: 100 }, ...changes })
      const known = key === undefined ? {} : { OPENAI_API_KEY: key }
      const { code, stdout, stderr } = await krigeWith(known, folder, 'run', 'task.yaml', '--dry-run', ...flags)
      expect([code, stderr]).toEqual([0, ''])
      return stdout
    }
    const said = 'there is no API key for openai: set OPENAI_API_KEY in the environment.'
    const warnings = (text: string) =>
      text.split('\n').filter((line) => line.toLowerCase().includes(said.toLowerCase()))
    const { OPENAI_API_KEY: own } = process.env
    delete process.env['OPENAI_API_KEY']
    try {
      for (const changes of [{ model, generator: model }, { metric: judge }, { generator: model, proposers: 'auto' }]) {
        expect(warnings(await plan(changes, undefined)), JSON.stringify(changes)).toHaveLength(1)
        const text = await plan(changes, 'sk-planted-0123456789')
        expect([warnings(text), text.includes('planted')]).toEqual([[], false])
      }
      expect(JSON.parse(await plan({ model }, undefined, '--json')).plan.warnings.join()).toMatch(new RegExp(said, 'i'))
      const command = { name: model, apiKeyCommand: 'krige-no-such-program' }
      expect(warnings(await plan({ model: command }, undefined))).toEqual([])
    } finally {
      if (own !== undefined) process.env['OPENAI_API_KEY'] = own
    }
  })

  it('stops on Ctrl-C with 130, and resumes without asking anything twice', async () => {
    const folder = newFolder({ budget: { calls: 150 } })
    server.delay = 5
    const running = startKrige(folder, ['run', 'task.yaml', '--json'])
    await until(() => server.requests.length > 60)
    running.child.kill('SIGINT')
    const stopped = await running.done
    expect(stopped.code).toBe(130)
    expect(stopped.stderr).toContain('Run it again to resume')
    const sent = server.requests.length
    expect(sent).toBeLessThan(150)
    const resumed = await krige(folder, 'run', 'task.yaml', '--json')
    expect([resumed.code, resumed.stderr]).toEqual([0, expect.stringContaining('Resuming.')])
    expect(JSON.parse(resumed.stdout).spent.calls).toBeLessThanOrEqual(150)
    // Only calls that were cut off in flight may have been sent again.
    expect(server.requests.length - new Set(server.requests).size).toBeLessThanOrEqual(8)
    expect(server.requests.length).toBeLessThanOrEqual(150)
  })

  it('refuses a second run on a study that is being written, with the pid of the first', async () => {
    const folder = newFolder()
    server.delay = 20
    const first = startKrige(folder, ['run', 'task.yaml'])
    await until(() => server.requests.length > 5)
    const second = await krige(folder, 'run', 'task.yaml')
    expect(second.code).toBe(2)
    expect(second.stderr).toContain(`pid ${first.child.pid}`)
    first.child.kill('SIGKILL')
    await first.done
  })

  it('does what the other commands say with a finished study', async () => {
    const folder = newFolder({ budget: { evaluations: 100 } })
    expect((await krige(folder, 'run', 'task.yaml')).stdout).toMatch(/^Verdict: [a-z ]+\n$/m)
    const exported = await krige(folder, 'export', 'tickets')
    const lines = exported.stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line))
    expect(lines[0]).toMatchObject({ v: 1, type: 'created', at: expect.any(Number) })
    expect(lines.filter(({ type }) => type !== 'trace').at(-1)).toMatchObject({ type: 'concluded' })
    const csv = await krige(folder, 'export', 'tickets', '--format', 'csv')
    expect(csv.stdout.split('\r\n')).toHaveLength(14)
    expect((await krige(folder, 'export', 'tickets', '--format', 'prompt')).stdout).toMatch(
      /^Instruction \d+ of 12\.\n$/,
    )
    expect((await krige(folder, 'export', 'tickets', '--format', 'typescript')).stdout).toContain(
      'export const prompt = {',
    )
    const doctor = await krige(folder, 'doctor', 'tickets')
    expect([doctor.code, doctor.stdout]).toEqual([0, expect.stringContaining('it is complete')])
    const report = await krige(folder, 'report', 'tickets', '--out', 'again.html')
    const page = readFileSync(report.stdout.trim(), 'utf8')
    // The command is the one that ran it, not a guess.
    expect(page).toContain('<pre>krige run task.yaml --study tickets-again</pre>')
    expect(page).toMatch(/krige export tickets --format jsonl</)
    const again = await krige(folder, 'run', 'task.yaml', '--seed', '2', '--study', 'second', '--warm-start', 'tickets')
    expect(again.code).toBe(0)
    const cache = join(folder, 'cache', 'responses.sqlite')
    const answers = () =>
      ['', '-wal'].map((suffix) => (existsSync(cache + suffix) ? readFileSync(cache + suffix, 'latin1') : '')).join('')
    expect(answers()).toContain('billing')
    expect((await krige(folder, 'delete', 'second')).code).toBe(0)
    expect((await krige(folder, 'delete', 'tickets')).stderr).toMatch(
      /Deleted study tickets, its report and \d+ cached answers/,
    )
    expect(answers()).not.toContain('billing')
    expect((await krige(folder, 'export', 'tickets')).stderr).toContain('there is no study "tickets"')
    expect(existsSync(join(folder, '.krige', 'tickets.html'))).toBe(false)
  })

  it('says what is wrong with exit code 2, and stores nothing', async () => {
    const folder = newFolder()
    const refused = async (args: readonly string[], message: RegExp) => {
      const { code, stderr, stdout } = await krige(folder, ...args)
      expect([code, stdout, stderr]).toEqual([2, '', expect.any(String)])
      expect(stderr).toMatch(message)
    }
    writeFileSync(join(folder, 'bad.yaml'), 'name: x\nexampels: y\n')
    await Promise.all([
      refused(['run', 'nowhere.yaml'], /nowhere\.yaml/),
      refused(['run', 'bad.yaml'], /bad\.yaml:2: .*exampels/),
      refused(['run', 'task.yaml', '--policy', 'astrology'], /unknown policy "astrology"/),
      refused(['run', 'task.yaml', '--seed', 'x'], /--seed is "x"/),
      refused(
        ['run', 'task.yaml', '--model', 'openai-compatible:https://api.invalid/v1#new', '--usd', '1'],
        /the price of openai-compatible:https:\/\/api\.invalid\/v1#new is not known/,
      ),
      refused(['run', 'task.yaml', '--warm-start', 'nothing'], /there is no study "nothing"/),
      refused(['report', 'tickets', '--store', 'none.db'], /there is no store at none\.db/),
      refused(['export', 'tickets', '--format', 'pdf'], /Allowed choices are jsonl/),
    ])
    expect(server.requests).toEqual([])
  })

  it('takes settings of the policy that a study began with', async () => {
    const folder = newFolder()
    const settings = ['--policy-options', '{"eta":4}']
    const run = (...more: string[]) => krige(folder, 'run', 'task.yaml', ...settings, ...more)
    const early = await run()
    expect([early.code, early.stderr]).toEqual([2, expect.stringContaining('policy krige: options')])
    expect((await run('--policy', 'successive-halving', '--evaluations', '100')).code).toBe(0)
    expect((await run('--evaluations', '120')).code).toBe(0)
  })

  it('exits 3 when the budget is too small for anything', async () => {
    const folder = newFolder()
    const { code, stderr } = await krige(folder, 'run', 'task.yaml', '--evaluations', '1')
    expect(code).toBe(3)
    expect(stderr).toContain('Raise evaluations')
  })

  it('stops at a wrong key before it burns the budget, without showing the key', async () => {
    const folder = newFolder()
    server.fault = (response) => {
      response.writeHead(401, { 'content-type': 'application/json' }).end('{"error":{"message":"Incorrect API key"}}')
      return true
    }
    const key = { OPENAI_COMPATIBLE_API_KEY: 'sk-planted-secret' }
    const { code, stderr } = await krigeWith(key, folder, 'run', 'task.yaml')
    expect(code).toBe(1)
    expect(stderr).toMatch(/401|authentication|key/i)
    expect(stderr).not.toContain('sk-planted-secret')
    expect(server.requests.length).toBeLessThanOrEqual(16)
    server.fault = undefined
    expect((await krige(folder, 'run', 'task.yaml')).code).toBe(0)
  })

  it('writes an example task that runs', async () => {
    const folder = newFolder()
    expect((await krige(folder, 'init', 'example')).code).toBe(0)
    expect((await krige(folder, 'init', 'example')).code).toBe(2)
    const plan = await krige(folder, 'run', 'example/task.yaml', '--dry-run')
    expect([plan.code, plan.stdout]).toEqual([0, expect.stringContaining('6 prompts, 6 search examples')])
  })
})

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve, 5))
}
