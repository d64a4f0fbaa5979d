import { describe, expect, it } from 'vitest'
import type { Evaluator } from '../../src/evaluation/evaluator.ts'
import { createObservationLog } from '../../src/history/observation-log.ts'
import { checkSameStudy, fingerprintOf } from '../../src/run/same-task.ts'
import { configOf } from '../../src/study/create-study.ts'
import { defineTask } from '../../src/task/define-task.ts'

const examples = Array.from({ length: 8 }, (_, index) => ({ input: `${index}`, expected: 'a' }))
const given = { name: 'own', prompts: ['A.', 'B.'], examples, budget: { evaluations: 8 } }
const evaluator = { id: 'e' } as Evaluator
const wanted = { policy: 'krige', seed: 1, space: {} }

describe('the study of a task that is scored by its own program', () => {
  const fingerprint = fingerprintOf(
    defineTask({ ...given, evaluate: './test/run/same-task.test.ts' }),
    evaluator,
    undefined,
  )

  it('names no metric that is not asked', () => {
    expect(fingerprint).toMatchObject({ model: 'program', metric: 'program' })
  })

  it('goes on where an earlier version named one, and not with another program', () => {
    const stored = (changes: object) =>
      configOf({ ...wanted, fingerprint: { ...fingerprint, metric: 'exact-match', ...changes } }, 'js')
    expect(() => checkSameStudy(stored({}), fingerprint, wanted)).not.toThrow()
    expect(() => checkSameStudy(stored({ scoring: 'another' }), fingerprint, wanted)).toThrow(
      'what a prompt is scored by',
    )
  })
})

it.each([
  [{ sampling: '{"temperature":1}' }, 'sampling was {"temperature":1}, is {"temperature":0}'],
  [{}, 'the code of the metric or program, or the file of the model (evaluator) changed'],
])('names what changed, not what follows from it: %j', (changes, detail) => {
  const fingerprint = { sampling: '{"temperature":0}', scoring: 'a', evaluator: 'b' }
  const before = configOf({ ...wanted, fingerprint: { ...fingerprint, ...changes, evaluator: 'c' } }, 'js')
  const message = expect.stringMatching(/^study \S+ was started differently: [^;]+$/)
  expect(() => checkSameStudy(before, fingerprint, wanted)).toThrow(expect.objectContaining({ message }))
  expect(() => checkSameStudy(before, fingerprint, wanted)).toThrow(detail)
})

it('refuses to go on with another warm start, where it is known', () => {
  const task = defineTask({ ...given, evaluate: './test/run/same-task.test.ts' })
  const earlier = { name: 'ok', candidates: [], observations: createObservationLog(), exampleCount: 8 }
  const fingerprint = fingerprintOf(task, evaluator, undefined, [earlier])
  const { warmStart, ...older } = fingerprint
  expect(warmStart).toBe('ok')
  const plain = fingerprintOf(task, evaluator, undefined)
  const check = (before: typeof fingerprint) => () =>
    checkSameStudy(configOf({ ...wanted, fingerprint: before }, 'js'), plain, wanted)
  expect(check(fingerprint)).toThrow('warmStart was ok, is none')
  expect(check(older)).not.toThrow()
})
