import { describe, expect, it } from 'vitest'
import { leadersOf } from '../../src/engine/leaders.ts'
import { createStudy } from '../../src/study/create-study.ts'

function measured(direction: 'maximize' | 'minimize') {
  const pool = ['a', 'b', 'c', 'd', 'e'].map((id) => ({ id, text: id }))
  const study = createStudy({
    pool,
    exampleCount: 4,
    baseline: 'b',
    policy: 'random',
    budget: { evaluations: 20 },
    direction,
  })
  for (let next = study.next(); next.kind === 'act'; next = study.next()) {
    const { action } = next
    if (action.kind !== 'evaluate') continue
    const score = study.state.indexById.get(action.candidate.id)! / 4
    study.tell(
      action.id,
      action.examples.map((example) => (action.candidate.id === 'e' && example === 0 ? null : score)),
    )
  }
  return study
}

describe('leading prompts', () => {
  it('come best first, the baseline among them', () => {
    const study = measured('maximize')
    const leaders = leadersOf(study.state, study.recommend()!, 3)
    expect(leaders.map(({ id }) => id)).toEqual(['e', 'd', 'b'])
    expect(leaders.map(({ isBaseline }) => isBaseline)).toEqual([false, false, true])
    // A failure is no measurement.
    expect(leaders.map(({ evaluations }) => evaluations)).toEqual([3, 4, 4])
  })

  it('are the lowest where the study minimizes', () => {
    const study = measured('minimize')
    expect(leadersOf(study.state, study.recommend()!, 3).map(({ id }) => id)).toEqual(['a', 'b', 'c'])
  })
})
