import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type ChatServer, startChatServer } from '../support/chat-server.ts'
import { krige } from '../support/krige-here.ts'

const FIXTURES = join(import.meta.dirname, '../interop/fixtures/promptfoo')
const config = (name: string) => join(FIXTURES, name, 'promptfooconfig.yaml')
let server: ChatServer
let folder: string
beforeAll(async () => {
  server = await startChatServer()
  folder = mkdtempSync(join(tmpdir(), 'krige-import-cli-'))
})
afterAll(async () => {
  await server.close()
  rmSync(folder, { recursive: true, force: true })
})

describe('krige import promptfoo', { timeout: 120_000 }, () => {
  it('writes a task that plans and runs, and lists what was left out', async () => {
    const made = await krige(
      folder,
      'import',
      'promptfoo',
      config('labels'),
      '--out',
      'my labels',
      '--model',
      server.model,
      '--json',
    )
    expect(made.code).toBe(0)
    expect(JSON.parse(made.stdout)).toMatchObject({
      task: join('my labels', 'task.yaml'),
      prompts: 2,
      examples: 2,
      assertions: { icontains: 2 },
      findings: expect.arrayContaining([expect.objectContaining({ kind: 'changed', where: 'providers' })]),
    })
    expect(made.stderr).toMatch(/^changed: providers: /m)
    expect(made.stderr).toMatch(/Next: .* run 'my labels\/task\.yaml' --dry-run$/m)
    const plan = await krige(folder, 'run', join('my labels', 'task.yaml'), '--dry-run')
    expect([plan.code, plan.stdout]).toEqual([0, expect.stringContaining('2 prompts, 2 search examples')])
    const run = await krige(folder, 'run', join('my labels', 'task.yaml'), '--json', '--policy', 'random')
    expect([run.code, run.stderr]).toEqual([0, expect.any(String)])
    // The server says "none", which is not what the check forbids.
    expect(JSON.parse(run.stdout).spent.calls).toBe(4)
    expect(server.requests).toContain('Answer briefly. Hello!')
  })

  it('exits 2 with the list when nothing usable remains', async () => {
    const { code, stdout, stderr } = await krige(folder, 'import', 'promptfoo', config('jsonl'))
    expect([code, stdout]).toEqual([2, ''])
    expect(stderr).toMatch(/nothing usable remains[\s\S]*unsupported: providers\[0\]: provider echo has no counterpart/)
    expect((await krige(folder, 'import', 'promptfoo', 'nowhere.yaml')).code).toBe(2)
  })

  it('explains itself', async () => {
    const { stdout } = await krige(folder, 'import', 'promptfoo', '--help')
    expect(stdout).toMatch(/Examples:\n {2}\$ krige import promptfoo promptfooconfig\.yaml/)
  })
})
