import { describe, expect, it } from 'vitest'
import { comparisonKey } from '../../src/history/comparison.ts'
import { createRandom } from '../../src/numerics/random/random.ts'
import { lastRefit } from '../../src/policy/comparison/comparison-model.ts'
import type { Policy } from '../../src/policy/policy.ts'
import { createStudy, parseLog, restoreStudy } from '../../src/study/create-study.ts'
import type { AskedComparison, Study } from '../../src/study/study.ts'

const PROMPTS = 8
const pool = Array.from({ length: PROMPTS }, (_, index) => ({
  id: `p${index}`,
  text: `Prompt ${'x'.repeat(index * 3)}`,
}))
const create = (options: Partial<Parameters<typeof createStudy>[0]> = {}) =>
  createStudy({
    pool,
    policy: 'comparison',
    baseline: 'p0',
    exampleCount: 30,
    budget: { evaluations: 120 },
    seed: 4,
    ...options,
  })

/** Prompt 6 is best; the judge errs by the size of the difference. */
const quality = [0.2, 0.1, 0.4, 0.5, 0.7, 0.9, 1.4, 0.3]
function outcomeOf({ index, rival, examples }: AskedComparison): number {
  const random = createRandom(11).split(comparisonKey(index, rival.index, examples[0]!))
  const noise = random.normal() * 0.6
  const difference = quality[index]! - quality[rival.index]! + (index < rival.index ? noise : -noise)
  return Math.abs(difference) < 0.05 ? 0.5 : difference > 0 ? 1 : 0
}

function play(study: Study, until = Number.POSITIVE_INFINITY) {
  const asked: string[] = []
  for (let next = study.next(); next.kind === 'act' && asked.length < until; next = study.next()) {
    const { action } = next
    if (action.kind !== 'compare') throw new Error('expected a comparison')
    asked.push(`${action.index}/${action.rival.index}/${action.examples.join()}`)
    study.tell(action.id, [outcomeOf(action)])
  }
  return asked
}

describe('comparisons', () => {
  it('meet the baseline first, then the best meet, within the budget and never twice', () => {
    const study = create()
    const asked = play(study)
    expect(asked).toHaveLength(120)
    const keys = study.state.comparisons.map(({ candidates, example }) => comparisonKey(...candidates, example))
    expect(new Set(keys).size).toBe(120)
    expect(asked.slice(0, PROMPTS - 1).every((comparison) => comparison.split('/')[1] === '0')).toBe(true)
    const counts = new Array(PROMPTS).fill(0)
    for (const { candidates } of study.state.comparisons.slice(60))
      for (const candidate of candidates) counts[candidate]++
    expect(counts.indexOf(Math.max(...counts))).toBe(6)
    const recommendation = study.recommend()!
    expect(recommendation.candidate).toBe(6)
    expect(recommendation.mean).toBeGreaterThan(0.6)
    expect(recommendation.interval[0]).toBeGreaterThan(0.4)
    expect(recommendation.interval[1]).toBeLessThanOrEqual(1)
    expect(recommendation.means[0]).toBe(0.5)
    expect(recommendation.probabilityBest).toBeGreaterThan(0.3)
    expect(study.spent.evaluations).toBe(120)
  })

  it('are the same from any prefix of the log', () => {
    const whole = create({ budget: { evaluations: 40 } })
    const asked = play(whole)
    for (const cut of [1, 9, 20, 33]) {
      const first = create({ budget: { evaluations: 40 } })
      play(first, cut)
      // The last action was asked and not told: it is released as never sent.
      const log = parseLog(first.serialize())
      const restored = restoreStudy(log.slice(0, -1))
      expect(restored.state.comparisons).toHaveLength(cut)
      expect(play(restored)).toEqual(asked.slice(cut))
      expect(restored.recommend()).toEqual(whole.recommend())
    }
  })

  it('do not ask for what is pending, and wait or end when nothing is free', () => {
    const study = create({ pool: pool.slice(0, 2), exampleCount: 3, budget: { evaluations: 50 } })
    const actions = [study.next(), study.next(), study.next()]
    expect(actions.map(({ kind }) => kind)).toEqual(['act', 'act', 'act'])
    expect(study.next().kind).toBe('wait')
    expect(study.state.pendingComparisons('search')).toHaveLength(3)
    expect(study.state.pending('search')).toEqual([])
    for (const next of actions) if (next.kind === 'act') study.tell(next.action.id, [1])
    expect(study.next()).toMatchObject({ kind: 'done' })
    expect(study.state.ledger.spent.evaluations).toBe(3)
  })

  it('that fail cost budget and say nothing', () => {
    const study = create({ budget: { evaluations: 10 } })
    const action = study.ask()
    study.tell(action.id, [null])
    expect(study.recommend()).toBeUndefined()
    expect(study.spent.evaluations).toBe(1)
    const next = study.ask()
    expect(() => study.tell(next.id, [1.5])).toThrow(/expected 1 for a win/)
    study.release(next.id, 'not sent')
    expect(study.state.ledger.left().evaluations).toBe(9)
    const again = study.ask()
    expect(again).toMatchObject({ kind: 'compare', index: (next as AskedComparison).index })
  })

  it('join measured scores on one scale', () => {
    const study = create({ budget: { evaluations: 12 } })
    play(study)
    const before = study.recommend()!
    for (const [index, mean] of quality.entries()) {
      study.observe({ candidate: index, score: index === 3 ? 5 : mean, count: 30, standardError: 0.05 })
    }
    const after = study.recommend()!
    expect(after.candidate).toBe(3)
    expect(after.means[3]).toBeGreaterThan(before.means[3]!)
  })

  it('go on in a log of before, which said so by the name of its policy', () => {
    const study = create({ budget: { evaluations: 20 } })
    play(study, 12)
    const [created, ...later] = parseLog(study.serialize())
    if (created?.type !== 'created') throw new Error('expected created first')
    const { response, ...config } = created.config
    expect(response).toBe('comparison')
    const old = restoreStudy([{ ...created, config: { ...config, policy: 'duels' } }, ...later])
    expect(old.state.config).toEqual(study.state.config)
    expect(play(old)).toEqual(play(study))
    expect(old.recommend()).toEqual(study.recommend())
  })

  it('go by their former name, too', () => {
    expect(create({ policy: 'duels' }).serialize()).toBe(create().serialize())
  })

  it('are proposed by a policy of your own, where the study says so', () => {
    const policy = (): Policy => ({
      name: 'mine',
      next: ({ comparisons = [] }) => ({
        kind: 'act',
        action: { kind: 'compare', candidates: [0, 1], examples: [comparisons.length] },
      }),
      recommend: () => undefined,
    })
    expect(() => create({ policy }).ask()).toThrow('the study expects scores')
    const study = create({ policy, response: 'comparison' })
    study.tell(study.ask().id, [1])
    expect(study.ask()).toMatchObject({ examples: [1], rival: { index: 1 } })
    expect(() => create({ response: 'score' })).toThrow('policy comparison asks for comparisons')
    expect(() => create({ policy: 'krige', response: 'comparison' })).toThrow('policy krige asks for scores')
  })

  it('cannot be minimized', () => {
    expect(() => create({ direction: 'minimize' })).toThrow(/expected maximize/)
  })

  it('choose hyper-parameters at few and fixed moments', () => {
    expect([0, 5, 6, 7, 8, 10, 11, 200].map(lastRefit)).toEqual([0, 0, 6, 6, 8, 8, 11, 172])
  })
})
