import { describe, expect, it, onTestFinished } from 'vitest'
import { createBackend } from '../../src/numerics/linalg/index.ts'
import { createServedStudies } from '../../src/server/served-studies.ts'
import { createMemoryStore } from '../../src/store/index.ts'

const IDLE = 100

async function start() {
  const store = createMemoryStore()
  const studies = createServedStudies(store, createBackend(), IDLE)
  onTestFinished(() => studies.close())
  const { served } = await studies.create({ name: 'triage', pool: ['a', 'b'], exampleCount: 4, seed: 1 })
  const isFree = async () => {
    try {
      await (await store.acquire('triage')).release()
      return true
    } catch {
      return false
    }
  }
  return { studies, served, isFree }
}

const pass = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds))

describe('a study that nobody asks about', () => {
  it('is closed, free for others, and opened again as it was', async () => {
    const { studies, served, isFree } = await start()
    const action = served.study.ask()
    await served.commit()
    expect(await isFree()).toBe(false)
    await expect.poll(isFree).toBe(true)
    expect(served.closed).toBe(true)
    const again = await studies.open('triage')
    expect(again.study.state.actions.has(action.kind === 'evaluate' ? action.id : -1)).toBe(true)
    expect(await isFree()).toBe(false)
  })

  it('is kept while somebody follows it, or asks, or where it is paused', async () => {
    const { studies, served } = await start()
    for (const use of [() => void served.changed(), () => void studies.open('triage')]) {
      const started = performance.now()
      while (performance.now() - started < 3 * IDLE) {
        use()
        await pass(IDLE / 20)
      }
      expect(served.closed).toBe(false)
    }
    served.control.apply('pause')
    await pass(3 * IDLE)
    expect(served.closed).toBe(false)
  })

  it('is there for who asks while it is being closed', async () => {
    const { studies, served } = await start()
    while (!served.closed) await pass(1)
    expect((await studies.open('triage')).closed).toBe(false)
  })
})
