import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createRandom } from '../../src/numerics/random/random.ts'
import { createStudy, restoreStudy } from '../../src/study/create-study.ts'
import { createFeasibility, FEASIBLE } from '../../src/study/feasibility.ts'
import { createMeasurementLog } from '../../src/study/measurements.ts'

const atMost = (limit: number) => [{ metric: 'tokens', atMost: limit }]

describe('feasibility', () => {
  it('is sure of what was measured often, and unsure near the limit', () => {
    const log = createMeasurementLog()
    const random = createRandom(1)
    for (let i = 0; i < 50; i++) {
      log.add(0, { tokens: 100 + 5 * random.normal() })
      log.add(1, { tokens: 300 + 5 * random.normal() })
      log.add(2, { tokens: 200 + 5 * random.normal() })
    }
    const feasibility = createFeasibility(atMost(200), log)
    expect(feasibility.of(0).probability).toBeGreaterThan(0.999)
    expect(feasibility.of(1).probability).toBeLessThan(0.001)
    expect(feasibility.of(2).probability).toBeGreaterThan(0.02)
    expect(feasibility.of(2).probability).toBeLessThan(0.98)
    // Never measured: like the others, of which half keep the limit.
    expect(feasibility.of(3).probability).toBeGreaterThan(0.2)
    expect(feasibility.of(3).constraints[0]!.count).toBe(0)
  })

  it('sees that a count meets its limit exactly, where those of others exceed it', () => {
    const log = createMeasurementLog()
    for (let i = 0; i < 20; i++) {
      log.add(0, { tokens: 3 })
      log.add(1, { tokens: i % 2 === 0 ? 3 : 8 })
      log.add(2, { tokens: 4 })
    }
    log.add(3, { tokens: 3 })
    const { of } = createFeasibility(atMost(3), log)
    expect(of(0).probability).toBeCloseTo(20 / 22)
    expect(of(1).probability).toBeLessThan(0.02)
    expect(of(2).probability).toBeLessThan(FEASIBLE)
    expect(of(3).probability, 'one value says nothing').toBeLessThan(FEASIBLE)
  })

  it('covers the true mean about as often as it says', () => {
    const random = createRandom(7)
    let covered = 0
    let total = 0
    for (let run = 0; run < 60; run++) {
      const log = createMeasurementLog()
      const truth = Array.from({ length: 12 }, () => 100 + 20 * random.normal())
      truth.forEach((mean, candidate) => {
        for (let n = 0; n <= candidate % 6; n++) log.add(candidate, { tokens: mean + 30 * random.normal() })
      })
      const feasibility = createFeasibility(atMost(0), log)
      truth.forEach((mean, candidate) => {
        const [low, high] = feasibility.of(candidate).constraints[0]!.interval
        total++
        if (low <= mean && mean <= high) covered++
      })
    }
    expect(covered / total).toBeGreaterThan(0.88)
    expect(covered / total).toBeLessThan(0.99)
  })

  it('multiplies constraints, knows both sides, and says what nobody measured', () => {
    const log = createMeasurementLog()
    for (let i = 0; i < 9; i++) log.add(0, { tokens: 10, calls: 2 })
    const both = createFeasibility(
      [
        { metric: 'tokens', atLeast: 10, atMost: 10 },
        { metric: 'calls', atLeast: 3 },
      ],
      log,
    )
    expect(both.of(0)).toMatchObject({
      probability: 0,
      constraints: [{ probability: 1, mean: 10 }, { probability: 0 }],
    })
    const unknown = createFeasibility([{ metric: 'cost', atMost: 1 }], log)
    expect([unknown.unknown, unknown.of(0).probability]).toEqual([['cost'], 1])
  })

  it('gives probabilities whatever is measured', () => {
    const value = fc.double({ min: -1e6, max: 1e6, noNaN: true })
    const rows = fc.array(fc.tuple(fc.nat(4), value), { minLength: 1, maxLength: 30 })
    fc.assert(
      fc.property(rows, value, (measured, limit) => {
        const log = createMeasurementLog()
        for (const [candidate, tokens] of measured) log.add(candidate, { tokens })
        const { probability } = createFeasibility(atMost(limit), log).of(measured[0]![0])
        expect(probability).toBeGreaterThanOrEqual(0)
        expect(probability).toBeLessThanOrEqual(1)
      }),
    )
  })
})

describe('a study with constraints', () => {
  const pool = Array.from({ length: 6 }, (_, index) => ({ id: `p${index}`, text: `Prompt number ${index}` }))
  /** Better prompts are longer; from the fourth on they are too long. */
  const play = (constraints: { metric: string; atMost: number }[], policy = 'krige', evaluations = 120) => {
    const study = createStudy({ pool, exampleCount: 30, policy, budget: { evaluations }, seed: 3, constraints })
    const random = createRandom(5)
    for (let next = study.next(); next.kind === 'act'; next = study.next()) {
      const { action } = next
      if (action.kind !== 'evaluate') throw new Error('expected evaluations')
      const told = action.examples.map(() => ({
        score: random.uniform() < 0.2 + 0.14 * action.index ? 1 : 0,
        metrics: { outputTokens: 50 * action.index + 10 * random.normal() },
      }))
      study.tell(action.id, told)
    }
    return study
  }

  it.each(['krige', 'successive-halving', 'random'])('%s recommends the best prompt that keeps them', (policy) => {
    const free = play([], policy, 180).recommend()!
    const bound = play([{ metric: 'outputTokens', atMost: 170 }], policy, 180)
    const kept = bound.recommend()!
    expect(free.candidate).toBeGreaterThanOrEqual(4)
    expect(kept.candidate).toBeLessThanOrEqual(3)
    expect(kept.candidate).toBeGreaterThanOrEqual(1)
    expect(kept.interval[0]).toBeLessThan(kept.mean)
    expect(kept.probabilityBest).toBeGreaterThan(0)
    const feasibility = createFeasibility(bound.state.config.constraints!, bound.state.measurements)
    expect(feasibility.of(kept.candidate).probability).toBeGreaterThanOrEqual(FEASIBLE)
  })

  it('stops paying for prompts that break them', () => {
    const { observations } = play([{ metric: 'outputTokens', atMost: 120 }]).state
    const counts = [0, 0, 0, 0, 0, 0]
    for (let at = 0; at < observations.length; at++) counts[observations.candidate(at)]!++
    expect(counts[4]! + counts[5]!).toBeLessThanOrEqual(8)
    expect(counts[2]).toBeGreaterThan(8)
  })

  it('recommends the one that breaks them least where none keeps them', () => {
    const least = play([{ metric: 'outputTokens', atMost: -200 }], 'random', 180).recommend()!
    expect(least.candidate).toBe(0)
    expect(least.probabilityBest, 'of the best score, not of breaking them least').toBeLessThan(0.05)
  })

  it('restores measurements from its log', () => {
    const study = play([{ metric: 'outputTokens', atMost: 170 }])
    const again = restoreStudy(study.serialize())
    expect(again.recommend()).toEqual(study.recommend())
    expect(again.state.measurements.of('outputTokens')).toEqual(study.state.measurements.of('outputTokens'))
  })

  it('refuses measurements that are no numbers', () => {
    const study = createStudy({ pool, exampleCount: 3, budget: { evaluations: 9 } })
    const action = study.ask()
    if (action.kind !== 'evaluate') throw new Error('expected an evaluation')
    const metrics = { tokens: Number.NaN }
    expect(() =>
      study.tell(
        action.id,
        action.examples.map(() => ({ score: 1, metrics })),
      ),
    ).toThrow(/metrics\.tokens is NaN/)
  })
})
