import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type ComparisonServer, comparisonTask, startComparisonServer } from '../support/comparison-server.ts'
import { krige, startKrige } from '../support/krige-cli.ts'

let server: ComparisonServer
let folder: string
beforeAll(async () => {
  server = await startComparisonServer()
  folder = mkdtempSync(join(tmpdir(), 'krige-duels-'))
  writeFileSync(join(folder, 'task.yaml'), JSON.stringify(comparisonTask(server.url, { calls: 300 }), undefined, 1))
})
afterAll(async () => {
  await server.close()
  rmSync(folder, { recursive: true, force: true })
})

describe('krige run with comparisons', { timeout: 120_000 }, () => {
  it('survives kills: no comparison is told twice, every call is charged, the budget holds', async () => {
    server.delay = 5
    for (const calls of [40, 110]) {
      const running = startKrige(folder, ['run', 'task.yaml', '--json', '--no-cache'])
      const started = server.requests.length
      while (server.requests.length < started + calls - 30 && running.child.exitCode === null) {
        await new Promise((resolve) => setTimeout(resolve, 5))
      }
      running.child.kill('SIGKILL')
      expect((await running.done).signal).toBe('SIGKILL')
    }
    server.delay = 0
    const last = await krige(folder, 'run', 'task.yaml', '--json', '--no-cache')
    expect([last.code, last.stderr]).toEqual([0, expect.stringContaining('Resuming.')])
    const result = JSON.parse(last.stdout)
    expect(Number(/\d/.exec(result.winner.text)![0])).toBeGreaterThanOrEqual(4)
    expect(result.baseline.comparisons).toMatchObject({ wins: expect.any(Number) })
    expect(server.requests.length).toBeLessThanOrEqual(300)
    expect(result.spent.calls).toBeGreaterThanOrEqual(server.requests.length)
    expect(result.spent.calls).toBeLessThanOrEqual(300)
    expect(readFileSync(result.report, 'utf8')).toContain('compared, not scored')

    const log = (await krige(folder, 'export', 'duels')).stdout.trim().split('\n')
    const events: {
      type: string
      kind?: string
      candidate: number
      rival: number
      examples: number[]
      stage?: string
    }[] = log.map((line) => JSON.parse(line))
    const asked = events.filter(({ type }) => type === 'asked')
    expect(asked.every(({ kind }) => kind === 'compare')).toBe(true)
    const released = events.filter(({ type }) => type === 'released').length
    const keys = asked.map(({ candidate, rival, examples, stage = 'search' }) =>
      [stage, ...[candidate, rival].sort(), ...examples].join('/'),
    )
    expect(keys.length - new Set(keys).size).toBeLessThanOrEqual(released)
    const text = (await krige(folder, 'run', 'task.yaml')).stdout
    expect(text).toMatch(/Probability that the winner beats the baseline in a comparison: 0\.\d+ \[/)
  })
})
