import { describe, expect, it } from 'vitest'
import { createStudy } from '../../src/study/create-study.ts'

describe('a study in batches', () => {
  it('is asked round by round, as docs/scale.md tells, and spends all of its budget', () => {
    const prompts = Array.from({ length: 20 }, (_, i) => `Name the label, way ${i}.`)
    const study = createStudy({
      pool: prompts,
      exampleCount: 40,
      budget: { evaluations: 120 },
      policyOptions: { batch: 50 },
    })
    const rounds: number[] = []
    for (;;) {
      const round = []
      let next = study.next()
      for (; next.kind === 'act'; next = study.next()) round.push(next.action)
      if (round.length === 0) break
      let cells = 0
      for (const action of round) {
        if (action.kind !== 'evaluate') throw new Error(`unexpected ${action.kind}`)
        cells += action.examples.length
        study.tell(
          action.id,
          action.examples.map((example) => ((action.index + example) % 20 < action.index ? 1 : 0)),
        )
      }
      rounds.push(cells)
    }
    expect(rounds.reduce((sum, cells) => sum + cells, 0)).toBe(120)
    expect(rounds.length).toBe(12)
    expect(Math.max(...rounds)).toBeLessThanOrEqual(50)
    expect(study.recommend()!.candidate).toBeGreaterThan(9)
  })

  it('takes no batch of no cells', () => {
    expect(() => createStudy({ pool: ['a', 'b'], policyOptions: { batch: 0 } }).next()).toThrow(/batch/)
  })
})
