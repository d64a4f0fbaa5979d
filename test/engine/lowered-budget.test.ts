import { expect, it } from 'vitest'
import type { CellEvaluator } from '../../src/engine/cell.ts'
import { createJournal } from '../../src/engine/journal.ts'
import { runSearch } from '../../src/engine/search.ts'
import { failure } from '../../src/history/failure.ts'
import { examineStudy } from '../../src/store/doctor.ts'
import { createMemoryStore, importJsonLines } from '../../src/store/index.ts'
import { createStudy, restoreStudy } from '../../src/study/create-study.ts'

const evaluate: CellEvaluator = async ({ index }) => ({ score: index / 3 })
const run = (study: ReturnType<typeof createStudy>, measure = evaluate) =>
  runSearch({ study, journal: createJournal(study, { append: async () => {} }), evaluate: measure, concurrency: 8 })

it.each([5, 8, 12])('keeps a limit of %i that was lowered while cells were open', async (limit) => {
  const study = createStudy({
    pool: ['a', 'b', 'c', 'd'],
    exampleCount: 20,
    policy: 'random',
    budget: { evaluations: 60 },
  })
  const action = study.ask()
  if (action.kind !== 'evaluate') throw new Error('expected an evaluation')
  for (let position = 0; position < 6; position++) study.tellCell(action.id, position, 1)
  const resumed = restoreStudy(study.serialize())
  resumed.setBudget({ evaluations: limit })
  await run(resumed)
  expect(resumed.spent.evaluations).toBe(Math.max(6, limit))
  const findings = await examined(resumed)
  expect(findings.filter(({ level }) => level === 'problem')).toEqual([])
  const lowered = findings.map(({ message }) => message).filter((message) => message.startsWith('evaluations'))
  expect(lowered).toEqual(
    limit < 6 ? ['evaluations: the limit was lowered to 5 when 6 were spent, and none was since'] : [],
  )
})

async function examined(study: ReturnType<typeof createStudy>) {
  const store = createMemoryStore()
  await importJsonLines(store, 'lowered', [study.serialize()])
  return examineStudy(store, 'lowered')
}

it('a limit that was exceeded is a problem, also where it was lowered before', async () => {
  const study = createStudy({ pool: ['a', 'b'], exampleCount: 9, policy: 'random', budget: { evaluations: 9 } })
  study.enqueue(0, [0, 1, 2, 3])
  const action = study.ask()
  if (action.kind !== 'evaluate') throw new Error('expected an evaluation')
  study.setBudget({ evaluations: 0 })
  for (const position of action.examples.keys()) study.tellCell(action.id, position, 1)
  expect((await examined(study)).map(({ message }) => message)).toContain(
    `evaluations: spent ${action.examples.length}, more than the limit of 0`,
  )
})

it('says why nothing was measured, and how often', async () => {
  const study = createStudy({ pool: ['a', 'b'], exampleCount: 2, policy: 'random', budget: { evaluations: 4 } })
  const failing: CellEvaluator = async () => ({ failure: failure('bad-request', 'HTTP 400: unsupported parameter') })
  await expect(run(study, failing)).rejects.toThrow(
    'nothing was measured: all 4 evaluations failed, the last with: HTTP 400: unsupported parameter',
  )
  expect(study.recommend()).toBeUndefined()
  expect(study.state.conclusion).toBeUndefined()
})
