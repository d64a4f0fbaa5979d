import { rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { type BatchServer, startBatchServer } from '../support/batch-server.ts'
import { testTask } from '../support/chat-server.ts'
import { type RunningCli, startKrige, taskFolder } from '../support/krige-cli.ts'

/** `krige run` through a provider's batch interface: the real package of the provider, a server on the loopback. */
describe('batches', () => {
  let server: BatchServer
  let folder: string
  const model = (batch?: number) => ({ name: 'openai:gpt-test', ...(batch === undefined ? {} : { batch }) })
  const task = { prompts: 12, search: 40, holdout: 40, budget: { evaluations: 160, calls: 200 } }
  const start = (...args: readonly string[]): RunningCli =>
    startKrige(folder, ['run', 'task.yaml', '--json', '--no-cache', ...args], {
      OPENAI_BASE_URL: server.url,
      OPENAI_API_KEY: 'sk-batch-0123456789',
    })
  const resultOf = async (run: RunningCli) => {
    const { code, stdout, stderr } = await run.done
    expect(code, stderr).toBe(0)
    return JSON.parse(stdout)
  }
  const messages = () => [...server.sent.map(({ message }) => message), ...server.alone]

  beforeEach(async () => {
    server = await startBatchServer()
    folder = taskFolder('openai:gpt-test', task, { model: model(60) })
  })
  afterEach(async () => {
    await server.close()
    rmSync(folder, { recursive: true, force: true })
  })

  it('carry a whole search, in few rounds, at half the price', async () => {
    const run = start('--price', '1,1')
    const result = await resultOf(run)
    const { stderr } = await run.done
    expect(result.verdict).toBe('improved')
    expect(server.alone).toEqual([])
    expect(result.spent.calls).toBe(server.sent.length)
    expect(result.spent.evaluations).toBe(160)
    const { inputTokens, outputTokens, usd } = result.spent
    expect(usd).toBeCloseTo((0.5 * (inputTokens + outputTokens)) / 1e6, 9)
    const sizes = [...server.batches.values()].map(({ requests }) => requests.length)
    expect(Math.max(...sizes)).toBeLessThanOrEqual(60)
    expect(stderr).toContain('Batches: up to 60 calls in each.')
    // Two thirds of the budget go to the search, in some ten rounds; then the holdout.
    expect(sizes.length).toBeLessThan(20)
  })

  it('lose nothing and pay nothing twice when the process is killed while they are out', async () => {
    server.delay = 1500
    const killed = start()
    await expect.poll(killed.stderrSoFar, { timeout: 20_000 }).toContain('Batch batch_1 of')
    killed.child.kill('SIGKILL')
    await killed.done
    server.delay = 0
    const run = start()
    const result = await resultOf(run)
    expect(run.stderrSoFar()).toContain('Fetching the answers of batch batch_1')
    expect(new Set(messages()).size).toBe(messages().length)
    expect(result.spent.calls).toBe(messages().length)
    expect(result.spent.evaluations).toBe(160)
  })

  it('are left out by Ctrl-C, and fetched also where calls are sent alone from then on', async () => {
    server.delay = 60_000
    const stopped = start()
    await expect.poll(stopped.stderrSoFar, { timeout: 20_000 }).toContain('Batch batch_1 of')
    stopped.child.kill('SIGINT')
    expect((await stopped.done).code).toBe(130)
    server.delay = 0
    writeFileSync(join(folder, 'task.yaml'), JSON.stringify({ ...testTask('', task), model: model() }))
    const result = await resultOf(start())
    expect(server.alone.length).toBeGreaterThan(0)
    expect(new Set(messages()).size).toBe(messages().length)
    expect(result.spent.calls).toBe(messages().length)
  })

  it('that end early bring what they have, and the rest is asked for again', async () => {
    let count = 0
    const expired = new Set<string>()
    server.outcome = ({ batch, id }) => {
      if (batch !== 'batch_1') return undefined
      if (!expired.has(id) && count++ % 4 === 0) expired.add(id)
      return expired.has(id) ? 'expired' : undefined
    }
    const result = await resultOf(start())
    expect(expired.size).toBeGreaterThan(0)
    expect(result.spent.calls).toBe(server.sent.length)
    expect(result.spent.evaluations).toBe(160)
    // Those of the first batch that expired, and no other, were sent twice.
    expect(server.sent.length - new Set(messages()).size).toBe(expired.size)
  })
})
