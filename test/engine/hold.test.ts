import { expect, it } from 'vitest'
import { createHold } from '../../src/engine/hold.ts'
import { createJournal } from '../../src/engine/journal.ts'
import { runSearch } from '../../src/engine/search.ts'
import { createStudy } from '../../src/study/create-study.ts'
import { breadthFirst, pool } from '../study/breadth-first.ts'

const later = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds))

function start(signal?: AbortSignal) {
  const study = createStudy({ pool: pool(3), policy: breadthFirst, exampleCount: 4 })
  const hold = createHold()
  let measured = 0
  const done = runSearch({
    study,
    journal: createJournal(study, { append: async () => {} }),
    hold,
    ...(signal ? { signal } : {}),
    evaluate: async () => {
      measured++
      if (measured === 3) hold.pause()
      return { score: 1 }
    },
  })
  return { hold, done, measured: () => measured }
}

it('starts nothing while it is held, and goes on to the end', async () => {
  const { hold, done, measured } = start()
  await later(50)
  expect(measured()).toBe(3)
  hold.resume()
  await done
  expect(measured()).toBe(12)
})

it('is interrupted while it is held', async () => {
  const controller = new AbortController()
  const { done, measured } = start(controller.signal)
  await later(50)
  controller.abort()
  await expect(done).rejects.toMatchObject({ code: 'interrupted' })
  expect(measured()).toBe(3)
})
