import { rmSync, writeFileSync } from 'node:fs'
import type { ServerResponse } from 'node:http'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { type ChatServer, startChatServer } from '../support/chat-server.ts'
import { taskFolder } from '../support/krige-cli.ts'
import { krige } from '../support/krige-here.ts'

let server: ChatServer
const folders: string[] = []
beforeAll(async () => {
  server = await startChatServer()
})
beforeEach(() => {
  server.requests.length = 0
  server.fault = undefined
})
afterAll(async () => {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true })
  await server.close()
})

const newFolder = (options: Parameters<typeof taskFolder>[1], changes: object = {}) => {
  const folder = taskFolder(server.model, options, changes)
  folders.push(folder)
  return folder
}
const answerWith = (code: number, message: string) => (response: ServerResponse) => {
  response.writeHead(code, { 'content-type': 'application/json' }).end(JSON.stringify({ error: { message } }))
  return true
}

describe('krige run, where nothing can be measured', { timeout: 120_000 }, () => {
  it('exits 1 with count and reason, nothing on stdout, and little spent', async () => {
    server.fault = answerWith(400, 'unsupported parameter: top_k')
    const folder = newFolder({ budget: { evaluations: 200 } })
    for (const flags of [[], ['--json']]) {
      const { code, stdout, stderr } = await krige(folder, 'run', 'task.yaml', ...flags)
      expect([code, stdout]).toEqual([1, ''])
      expect(stderr).toMatch(
        /\d+ evaluations in a row failed, the last with: HTTP 400[^\n]*unsupported parameter: top_k/,
      )
      expect(stderr).toMatch(
        /once that is put right; under another name where the task, its metric or its program had to change, past the response cache/,
      )
      expect(stderr).not.toMatch(/Winner|probability/)
    }
    expect(server.requests.length).toBeLessThan(40)
    const why = /stopped by a failure: \d+ evaluations in a row failed, the last with: HTTP 400/
    expect((await krige(folder, 'report', 'tickets', '--format', 'md')).stdout).toMatch(why)
    const { stdout: listed } = await krige(folder, 'studies')
    expect(listed).toMatch(/tickets .* stopped /)
    expect(listed).toMatch(/\ntickets: \d+ evaluations in a row failed/)
  })

  it('says so where a metric gives nothing, be the examples as few as two', async () => {
    const folder = newFolder({ prompts: 2, search: 2, holdout: 0, budget: { evaluations: 4 } }, { metric: './m.mjs' })
    writeFileSync(join(folder, 'm.mjs'), 'export default () => Number.NaN\n')
    const { code, stdout, stderr } = await krige(folder, 'run', 'task.yaml')
    expect([code, stdout]).toEqual([1, ''])
    expect(stderr).toMatch(/nothing was measured: all 4 evaluations failed|4 evaluations in a row failed/)
    expect(stderr).toContain('m.mjs')
  })

  it('keeps most of a small budget of calls where a server refuses all of them', async () => {
    server.fault = (response) => {
      response.writeHead(429, { 'retry-after-ms': '1' }).end('{"error":{"message":"slow down"}}')
      return true
    }
    const folder = newFolder({ budget: { calls: 80 } })
    const { code, stdout, stderr } = await krige(folder, 'run', 'task.yaml')
    expect([code, stdout]).toEqual([1, ''])
    expect(stderr).toMatch(/20 calls in a row failed, the last with: HTTP 429/)
    expect(server.requests.length).toBeLessThan(30)
    server.fault = undefined
    const again = await krige(folder, 'run', 'task.yaml', '--json')
    expect(again.code).toBe(0)
    expect(JSON.parse(again.stdout).spent.calls).toBeLessThanOrEqual(80)
  })
})
