import { spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { expect, it } from 'vitest'
import { createBackend } from '../../src/numerics/linalg/index.ts'
import { DEFAULT_LIMITS } from '../../src/server/limits.ts'
import { serve } from '../../src/server/serve.ts'
import { createMemoryStore } from '../../src/store/index.ts'

const page = readFileSync(join(resolve(import.meta.dirname, '../..'), 'docs/http.md'), 'utf8')

it('docs/http.md works as it says', async () => {
  const token = 'a-token-of-sixteen-characters'
  const store = createMemoryStore()
  const server = await serve({ store, backend: createBackend(), version: '1', port: 0, logLevel: 'silent', token })
  try {
    const [, script] = [...page.matchAll(/```sh\n(.*?)```/gs)].map(([, code]) => code!)
    const shell = spawn('bash', ['-e', '-c', script!.replaceAll('http://127.0.0.1:8787', server.url)], {
      env: { ...process.env, KRIGE_SERVER_TOKEN: token },
    })
    let said = ''
    for await (const piece of shell.stdout) said += piece
    const [created, asked, again, told, pending, best, concluded] = said
      .replaceAll('}{', '}\n{')
      .split('\n')
      .map((line) => JSON.parse(line))
    expect(created).toMatchObject({ name: 'triage', evaluationsLeft: 8 })
    expect(asked.actions).toHaveLength(2)
    expect(again).toEqual(asked)
    expect([told, pending]).toEqual([{ told: 2, repeated: 0 }, { actions: [] }])
    expect(best.best.candidate).toEqual(asked.actions[0].candidate)
    expect(concluded.conclusion).toMatchObject({ verdict: 'undecided', winner: { candidate: best.best.candidate } })
  } finally {
    await server.close()
  }
})

it('docs/http.md names the limits that hold', () => {
  const { bodyBytes, requestsPerSecond, concurrency } = DEFAULT_LIMITS
  expect(page).toContain(`more than ${bodyBytes / 2 ** 20} MiB`)
  expect(page).toContain(`${requestsPerSecond.toLocaleString('en')} requests a second, or ${concurrency} at once`)
})
