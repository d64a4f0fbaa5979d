import { describe, expect, it } from 'vitest'
import { createRandom } from '../../src/numerics/random/random.ts'
import { createStudy, restoreStudy, type StudyOptions } from '../../src/study/create-study.ts'

const space = { a: { categorical: ['x', 'y', 'z'] }, b: { int: [0, 2] } } as NonNullable<StudyOptions['space']>
const truth = (parameters: Readonly<Record<string, unknown>> = {}) =>
  ['x', 'y', 'z'].indexOf(String(parameters['a'])) * 0.3 + Number(parameters['b']) * 0.2

function play(policy: string, noise: number, options: StudyOptions = {}) {
  const random = createRandom(3)
  const study = createStudy({ space, policy, budget: { evaluations: 60 }, seed: 1, ...options })
  for (let next = study.next(); ; next = study.next()) {
    if (next.kind !== 'act' || next.action.kind !== 'evaluate') return { study, end: next }
    const { id, examples, candidate } = next.action
    study.tell(
      id,
      examples.map(() => truth(candidate.parameters) + noise * random.normal()),
    )
  }
}

describe.each(['gp', 'tpe', 'random', 'sobol'])('a small space under noise, with policy %s', (policy) => {
  it('is looked at again until the budget is spent, most where it matters', () => {
    const { study, end } = play(policy, 0.3)
    expect(end).toMatchObject({ kind: 'done' })
    expect(study.spent.evaluations).toBe(60)
    expect(study.state.candidates).toHaveLength(9)
    expect(truth(study.recommend()!.winner.parameters)).toBeGreaterThan(0.75)
  })

  it('ends soon where looks do not differ, and goes on after a restart as before', () => {
    const { study, end } = play(policy, 0)
    expect(end).toMatchObject({ reason: expect.stringContaining('second looks gave the same') })
    expect(study.spent.evaluations).toBe(12)
    expect(study.recommend()!.winner.parameters).toEqual({ a: 'z', b: 2 })
    const half = restoreStudy(study.serialize())
    expect(half.next()).toEqual(study.next())
  })

  it('waits while all of its points are pending, and looks again at what is told beside the rest', () => {
    const study = createStudy({ space, policy, budget: { evaluations: 60 }, seed: 1 })
    const asked = Array.from({ length: 9 }, () => study.ask())
    expect(study.next().kind).toBe('wait')
    study.tell(asked[4]!.id, [0.5])
    expect(study.next()).toMatchObject({ kind: 'act', action: { index: 4, repeat: 1 } })
  })

  it('overshoots no budget with several examples', () => {
    expect(play(policy, 0.3, { exampleCount: 2, budget: { evaluations: 31 } }).study.spent.evaluations).toBe(31)
  })
})
