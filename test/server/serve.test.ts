import { mkdtempSync, rmSync } from 'node:fs'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { createBackend } from '../../src/numerics/linalg/index.ts'
import { serve } from '../../src/server/serve.ts'
import { createMemoryStore } from '../../src/store/index.ts'
import { startKrige } from '../support/krige-cli.ts'

it('stops at once though a stream of events is open', { timeout: 60_000 }, async () => {
  const folder = mkdtempSync(join(tmpdir(), 'krige-serve-'))
  const cli = startKrige(folder, ['serve', '--port', '0', '--store', 'memory:', '--quiet'])
  try {
    let said = ''
    for await (const piece of cli.child.stdout!.iterator({ destroyOnReturn: false })) {
      said += piece
      if (said.includes(';')) break
    }
    const url = / at (\S+);/.exec(said)![1]!
    const headers = { 'Content-Type': 'application/json' }
    await fetch(`${url}/studies`, { method: 'POST', headers, body: '{"name": "triage", "pool": ["a", "b"]}' })
    const events = (await fetch(`${url}/studies/triage/events`)).body!.getReader()
    await events.read()
    const started = performance.now()
    cli.child.kill('SIGTERM')
    for (let end = false; !end; ) end = (await events.read()).done
    expect((await cli.done).code).toBe(0)
    expect(performance.now() - started).toBeLessThan(5_000)
  } finally {
    cli.child.kill('SIGKILL')
    rmSync(folder, { recursive: true, force: true })
  }
})

it('stops at once though a browser has opened a connection ahead', async () => {
  const store = createMemoryStore()
  const server = await serve({ store, backend: createBackend(), version: '1', port: 0, logLevel: 'silent' })
  const socket = connect(Number(new URL(server.url).port), '127.0.0.1')
  await new Promise((resolve) => socket.once('connect', resolve))
  await fetch(`${server.url}/health`)
  const started = performance.now()
  await server.close()
  expect(performance.now() - started).toBeLessThan(5_000)
  socket.destroy()
})
