import { describe, expect, it } from 'vitest'
import { rankCandidates } from '../../src/report/ranking.ts'
import { createStudy, restoreStudy } from '../../src/study/create-study.ts'

const pool = ['Alpha label.', 'Beta name.', 'Gamma say.', 'Delta do.', 'Epsilon think.']
const POLICIES = ['krige', 'gp', 'tpe', 'random', 'sobol', 'successive-halving', 'hyperband']

describe('actions that are told as one mean', () => {
  it.each(POLICIES)('lead policy %s on, each cell asked for once', (policy) => {
    const study = createStudy({ pool, policy, exampleCount: 4, budget: { evaluations: 20 } })
    const cells = new Set<string>()
    for (let next = study.next(); next.kind === 'act'; next = study.next()) {
      if (next.action.kind !== 'evaluate') throw new Error(next.action.kind)
      const { id, index, examples } = next.action
      for (const example of examples) cells.add(`${index} ${example}`)
      study.tell(id, { mean: index / 5, standardError: 0.1, count: examples.length })
    }
    expect(cells.size).toBe(study.spent.evaluations)
    expect(study.recommend()?.candidate).toBe(4)
    const restored = restoreStudy(study.serialize())
    expect(restored.recommend()).toEqual(study.recommend())
    expect(restored.next()).toEqual(study.next())
    // Nothing failed: the cells have no score of their own.
    const rows = rankCandidates(study.state)
    expect(rows.map(({ failed }) => failed)).toEqual([0, 0, 0, 0, 0])
    expect(rows.reduce((sum, { measured }) => sum + measured, 0)).toBe(study.spent.evaluations)
  })

  it.each(['gp', 'tpe', 'random', 'sobol'])('lead policy %s on over a space', (policy) => {
    const study = createStudy({ space: { x: { int: [0, 2] } }, policy, budget: { evaluations: 9 } })
    for (let next = study.next(); next.kind === 'act'; next = study.next()) {
      if (next.action.kind !== 'evaluate') throw new Error(next.action.kind)
      const x = Number(next.action.candidate.parameters?.['x'])
      study.tell(next.action.id, { mean: x + study.spent.evaluations / 100, standardError: 0.1, count: 5 })
    }
    expect(study.spent.evaluations).toBe(9)
    expect(study.recommend()?.winner.parameters).toEqual({ x: 2 })
  })
})
