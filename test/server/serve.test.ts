import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it } from 'vitest'
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
