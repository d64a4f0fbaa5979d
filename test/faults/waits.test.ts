import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { loadStudy } from '../../src/store/load-study.ts'
import { openSqliteStore } from '../../src/store/sqlite-store.ts'
import { type ChatServer, startChatServer } from '../support/chat-server.ts'
import { krige, taskFolder } from '../support/krige-cli.ts'

let server: ChatServer
const folders: string[] = []
beforeAll(async () => {
  server = await startChatServer()
})
afterAll(async () => {
  await server.close()
  for (const folder of folders) rmSync(folder, { recursive: true, force: true })
})

const CALLS = 120
const newFolder = () => {
  const options = { prompts: 4, search: 16, holdout: 8, budget: { evaluations: 60, calls: CALLS } }
  const folder = taskFolder(server.model, options)
  folders.push(folder)
  return folder
}

async function stored(folder: string) {
  const store = openSqliteStore(join(folder, '.krige', 'studies.db'), { readOnly: true })
  const fold = await loadStudy(store, 'tickets')
  await store.close()
  return fold!.state
}

describe('a server that sends a run away', { timeout: 120_000 }, () => {
  it.each(['31536000', '3600', '99999999999999999999', new Date(Date.now() + 86_400_000).toUTCString()])(
    'for a long time (Retry-After: %s): the run pauses, says until when, and goes on later',
    async (wait) => {
      const folder = newFolder()
      const before = server.requests.length
      server.fault = (response, _, index) => {
        if (index < before + 12) return false
        response.writeHead(429, { 'retry-after': wait }).end('{"error":{"message":"slow down"}}')
        return true
      }
      const started = Date.now()
      const paused = await krige(folder, 'run', 'task.yaml', '--no-cache')
      expect(paused.code).toBe(1)
      expect(Date.now() - started).toBeLessThan(30_000)
      expect(paused.stderr).toMatch(/it asks to wait (.*until \d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC|for good)/)
      expect(paused.stderr).toContain('run it again')
      expect(paused.stderr.length).toBeLessThan(4000)
      expect(paused.stderr).not.toContain('TimeoutOverflowWarning')
      server.fault = undefined
      const finished = await krige(folder, 'run', 'task.yaml', '--no-cache')
      expect(finished.code, finished.stderr).toBe(0)
      const sent = server.requests.length - before
      const { ledger } = await stored(folder)
      // A call that was cancelled before it was sent is charged all the same.
      expect(ledger.spent.calls).toBeGreaterThanOrEqual(sent)
      expect(ledger.spent.calls).toBeLessThanOrEqual(sent + 8)
      expect(sent).toBeLessThanOrEqual(CALLS)
    },
  )

  it('somewhere else (307): nothing goes there, every request is a counted call, and the run says where to', async () => {
    const other = await startChatServer()
    try {
      const folder = newFolder()
      const before = server.requests.length
      const [, address] = /(http:.*)#/.exec(other.model)!
      server.fault = (response, _, index) => {
        if (index < before + 12) return false
        response.writeHead(307, { location: `${address}/chat/completions?key=hidden-0123456789` }).end()
        return true
      }
      const refused = await krige(folder, 'run', 'task.yaml', '--no-cache')
      server.fault = undefined
      expect(refused.code).toBe(1)
      expect(refused.stderr).toContain(`redirects to ${new URL(address!).origin}, which the task does not name`)
      expect(refused.stderr).not.toContain('hidden-0123456789')
      expect(other.requests).toEqual([])
      expect((await stored(folder)).ledger.spent.calls).toBeGreaterThanOrEqual(server.requests.length - before)
    } finally {
      await other.close()
    }
  })
})
