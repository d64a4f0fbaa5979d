import { expect, it } from 'vitest'
import { createHold } from '../../src/engine/hold.ts'
import { serveRun } from '../../src/server/live/serve-run.ts'
import { createMemoryStore } from '../../src/store/index.ts'
import { createStudy } from '../../src/study/create-study.ts'

it('tells who watches that the run is over, however soon its server ends', async () => {
  const study = createStudy({ pool: ['Label it.'], exampleCount: 2, name: 'triage' })
  const log = study.drain()
  const waiting: (() => void)[] = []
  const journal = {
    committed: log.length,
    commit: async () => {},
    changed: () => new Promise<void>((resolve) => waiting.push(resolve)),
    wake: () => {
      for (const resolve of waiting.splice(0)) resolve()
    },
  }
  const live = { study, log, journal } as unknown as Parameters<typeof serveRun>[0]
  const view = await serveRun(live, { store: createMemoryStore(), hold: createHold(), onStop: () => {}, version: '1' })
  const { origin, hash } = new URL(view.url)
  const headers = { Authorization: `Bearer ${hash.replace('#token=', '')}` }
  const { body } = await fetch(`${origin}/studies/triage/events`, { headers })
  const reader = body!.pipeThrough(new TextDecoderStream()).getReader()
  let said = ''
  while (!said.includes('event: created')) said += (await reader.read()).value
  // Whoever has the whole report is not waited for.
  expect((await fetch(`${origin}/studies/triage/live/report`, { headers })).status).toBe(200)
  await view.close()
  for (let next = await reader.read(); !next.done; next = await reader.read()) said += next.value
  expect(said).toContain('{"state":"over"}')
})
