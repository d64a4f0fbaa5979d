import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createObservationLog } from '../../src/history/observation-log.ts'
import { createJsBackend } from '../../src/numerics/linalg/index.ts'
import type { PendingCell, Policy, PolicyContext, PolicyFactory, PolicyState } from '../../src/policy/policy.ts'
import { createRandomPolicy } from '../../src/policy/random.ts'
import { createSobolPolicy } from '../../src/policy/sobol.ts'
import { createTpePolicy } from '../../src/policy/tpe.ts'
import type { Candidate, PoolEntry } from '../../src/prompt/candidate.ts'
import { defineSpace, isActive, type ParameterValue, type Space } from '../../src/space/parameter.ts'
import { samplerConformance } from '../../src/testing/sampler-conformance.ts'

const backend = createJsBackend()
const FACTORIES: readonly (readonly [string, PolicyFactory])[] = [
  ['random', createRandomPolicy],
  ['sobol', createSobolPolicy],
  ['tpe', createTpePolicy],
]

const MIXED = defineSpace({
  kind: { categorical: ['linear', 'tree', null] },
  rate: { float: [1e-6, 1e6], log: true },
  depth: { int: [1, 9], when: { parameter: 'kind', in: ['tree'] } },
  leaf: { float: [0, 1], step: 0.25, when: { parameter: 'kind', in: ['tree'] } },
  penalty: { float: [0, 2], when: { parameter: 'kind', in: ['linear'] } },
  fixed: { int: [3, 3] },
})

function contextOf(space: Space, extra: Partial<PolicyContext> = {}): PolicyContext {
  return {
    seed: 1,
    space,
    exampleCount: 1,
    evaluationBudget: 100,
    estimand: 'population',
    backend,
    ...extra,
  }
}

type Objective = (values: Readonly<Record<string, ParameterValue>>, asked: number) => number | null

interface Trial {
  readonly context: PolicyContext
  readonly pool: PoolEntry[]
  readonly observations: ReturnType<typeof createObservationLog>
  readonly pending: PendingCell[]
  readonly asked: number[]
  state(left?: number): PolicyState
  /** Asks once, without telling. */
  ask(policy: Policy, left?: number): { candidate: number; examples: readonly number[] } | string
  tell(candidate: number, examples: readonly number[], score: (example: number) => number | null): void
}

function startTrial(context: PolicyContext, prompts: readonly Candidate[] = []): Trial {
  const pool: PoolEntry[] = prompts.map((candidate) => ({ candidate }))
  const observations = createObservationLog()
  const pending: PendingCell[] = []
  const trial: Trial = {
    context,
    pool,
    observations,
    pending,
    asked: [],
    state: (left = 50) => ({ pool, observations, pending, evaluationsLeft: left, fits: [] }),
    ask(policy, left) {
      const decision = policy.next(trial.state(left))
      if (decision.kind === 'wait') return 'wait'
      if (decision.kind === 'done') return decision.reason
      if (decision.action.kind !== 'evaluate') throw new Error(`unexpected ${decision.action.kind}`)
      const { candidate, examples } = decision.action
      const index = typeof candidate === 'number' ? candidate : pool.push({ candidate }) - 1
      for (const example of examples) pending.push({ candidate: index, example, repeat: 0 })
      trial.asked.push(index)
      return { candidate: index, examples }
    },
    tell(candidate, examples, score) {
      for (const example of examples) {
        const at = pending.findIndex((cell) => cell.candidate === candidate && cell.example === example)
        if (at >= 0) pending.splice(at, 1)
        observations.append({ candidate, example, repeat: 0, score: score(example) })
      }
    },
  }
  return trial
}

function play(factory: PolicyFactory, space: Space, objective: Objective, rounds: number, extra = {}): Trial {
  const trial = startTrial(contextOf(space, extra))
  const policy = factory(trial.context)
  for (let round = 0; round < rounds; round++) {
    const asked = trial.ask(policy)
    if (typeof asked === 'string') return trial
    const values = trial.pool[asked.candidate]!.candidate.parameters!
    trial.tell(asked.candidate, asked.examples, () => objective(values, round))
  }
  return trial
}

describe.each(FACTORIES)('policy %s', (_, factory) => {
  for (const { name, run } of samplerConformance(factory, { backend })) it(name, run)
})

const valuesOf = (trial: Trial) => trial.pool.map(({ candidate }) => candidate.parameters!)

describe.each(FACTORIES)('policy %s over a space', (_, factory) => {
  it('proposes points of the space: in range, on the grid, conditions kept, each once', () => {
    const trial = play(factory, MIXED, (_values, round) => Math.sin(round * 7), 60)
    expect(trial.pool.length).toBe(60)
    for (const values of valuesOf(trial)) {
      for (const [name, parameter] of Object.entries(MIXED)) {
        expect(name in values, `${name} in ${JSON.stringify(values)}`).toBe(isActive(parameter, values))
      }
      expect(values['rate']).toBeGreaterThanOrEqual(1e-6)
      expect(values['rate']).toBeLessThanOrEqual(1e6)
      expect(values['fixed']).toBe(3)
      if (values['kind'] !== 'tree') continue
      expect([1, 2, 3, 4, 5, 6, 7, 8, 9]).toContain(values['depth'])
      expect([0, 0.25, 0.5, 0.75, 1]).toContain(values['leaf'])
    }
    const kinds = new Set(valuesOf(trial).map((values) => values['kind']))
    expect(kinds).toEqual(new Set(['linear', 'tree', null]))
    expect(new Set(valuesOf(trial).map((values) => JSON.stringify(values))).size).toBe(60)
    expect(new Set(trial.pool.map(({ candidate }) => candidate.id)).size).toBe(60)
  })

  it('visits every point of a small space exactly once, then is done', () => {
    const space = defineSpace({
      a: { int: [0, 3] },
      b: { categorical: ['x', 'y'] },
      c: { int: [1, 3], when: { parameter: 'b', in: ['y'] } },
    })
    const trial = play(factory, space, (values) => Number(values['a']), 100)
    const seen = new Set(valuesOf(trial).map((values) => JSON.stringify(values)))
    expect(seen.size).toBe(4 + 4 * 3)
    expect(trial.pool.length).toBe(16)
    expect(trial.ask(factory(trial.context))).toBe('every point of the space has been tried')
  })

  it('decides the same from the same state, fresh or experienced, and otherwise with another seed', () => {
    const objective: Objective = (values) => -Math.abs(Math.log10(Number(values['rate'])) - 2)
    const trial = play(factory, MIXED, objective, 30)
    const policy = factory(trial.context)
    const log = createObservationLog()
    for (let round = 0; round <= 30; round++) {
      const state: PolicyState = {
        ...trial.state(),
        pool: trial.pool.slice(0, round),
        observations: log,
      }
      const fresh = factory(trial.context).next({
        ...state,
        observations: createObservationLog(entriesOf(trial, round)),
      })
      expect(policy.next(state)).toEqual(fresh)
      if (round < 30) log.append({ ...entriesOf(trial, 30)[round]! })
    }
    const other = play(factory, MIXED, objective, 5, { seed: 2 })
    expect(valuesOf(other)).not.toEqual(valuesOf(trial).slice(0, 5))
  })

  it('keeps away from pending points, and goes on when results fail or never come', () => {
    const space = defineSpace({ a: { int: [0, 9] }, b: { categorical: [true, false] } })
    const trial = startTrial(contextOf(space))
    const policy = factory(trial.context)
    for (let batch = 0; batch < 20; batch++) {
      const asked = trial.ask(policy)
      if (typeof asked === 'string') throw new Error(asked)
      if (batch % 3 === 1) trial.tell(asked.candidate, asked.examples, () => null)
      if (batch % 3 === 2) trial.tell(asked.candidate, asked.examples, () => batch)
    }
    expect(new Set(valuesOf(trial).map((values) => JSON.stringify(values))).size).toBe(20)
  })

  it('survives what an objective can throw at it', () => {
    const objectives: Objective[] = [
      () => null,
      () => 0.5,
      (_values, round) => (round === 3 ? 1 : null),
      (_values, round) => 1e-12 * round,
      (_values, round) => -1e12 * round,
    ]
    for (const objective of objectives) {
      const trial = play(factory, MIXED, objective, 40)
      expect(trial.pool.length).toBe(40)
    }
    const wide = defineSpace({
      c: { categorical: Array.from({ length: 500 }, (_, i) => i) },
      one: { categorical: ['only'] },
    })
    expect(play(factory, wide, (values) => Number(values['c']), 60).pool.length).toBe(60)
  })

  it('measures on all examples, or on as many as are left, and stops at none', () => {
    const space = defineSpace({ x: { float: [0, 1] } })
    const trial = startTrial(contextOf(space, { exampleCount: 6 }))
    const policy = factory(trial.context)
    expect(trial.ask(policy, 10)).toEqual({ candidate: 0, examples: [0, 1, 2, 3, 4, 5] })
    expect(trial.ask(policy, 4)).toEqual({ candidate: 1, examples: [0, 1, 2, 3] })
    expect(trial.ask(policy, 0)).toBe('the budget is spent')
  })

  it('combines parameters with the prompts of the pool', () => {
    const space = defineSpace({ temperature: { float: [0, 1] } })
    const prompts = [
      { id: 'a', text: 'Answer.' },
      { id: 'b', slots: { instruction: 'Think.', shots: '' } },
    ]
    const trial = startTrial(contextOf(space), prompts)
    const policy = factory(trial.context)
    for (let round = 0; round < 24; round++) {
      const asked = trial.ask(policy)
      if (typeof asked === 'string') throw new Error(asked)
      const { text } = trial.pool[asked.candidate]!.candidate
      trial.tell(asked.candidate, asked.examples, () => (text === 'Answer.' ? 0 : 1))
    }
    const made = trial.pool.slice(2).map(({ candidate }) => candidate)
    expect(made.every(({ parameters }) => typeof parameters?.['temperature'] === 'number')).toBe(true)
    expect(new Set(made.map(({ text, slots }) => text ?? slots?.['instruction']))).toEqual(
      new Set(['Answer.', 'Think.']),
    )
    expect(made.every(({ parameters }) => Object.keys(parameters!).join() === 'temperature')).toBe(true)
  })

  it('ignores candidates that are no points of the space', () => {
    const space = defineSpace({ x: { float: [0, 1] } })
    const trial = startTrial(contextOf(space), [{ id: 'odd', parameters: { x: 7 } }, { id: 'none' }])
    trial.tell(0, [0], () => 100)
    trial.tell(1, [0], () => 50)
    const policy = factory(trial.context)
    for (let round = 0; round < 15; round++) {
      const asked = trial.ask(policy)
      if (typeof asked === 'string') throw new Error(asked)
      trial.tell(asked.candidate, asked.examples, () => round)
    }
    expect(trial.pool.length).toBe(17)
    expect(policy.recommend(trial.state())?.candidate).toBeGreaterThan(1)
  })

  it('measures first what a user put into the pool, and again what came back unsent', () => {
    const space = defineSpace({ x: { float: [0, 1] } })
    const trial = startTrial(contextOf(space), [{ id: 'mine', parameters: { x: 0.25 } }])
    const policy = factory(trial.context)
    expect(trial.ask(policy)).toEqual({ candidate: 0, examples: [0] })
    expect(trial.ask(policy)).toEqual({ candidate: 1, examples: [0] })
    trial.tell(0, [0], () => 1)
    trial.pending.length = 0
    expect(trial.ask(policy)).toEqual({ candidate: 1, examples: [0] })
  })

  it('recommends nothing before and the best after', () => {
    const policy = factory(contextOf(MIXED))
    expect(policy.recommend(startTrial(contextOf(MIXED)).state())).toBeUndefined()
    const bowl: Objective = ({ rate }) => -((Math.log10(Number(rate)) - 1) ** 2)
    const trial = play(factory, MIXED, bowl, 30)
    const scores = trial.pool.map(({ candidate }) => bowl(candidate.parameters!, 0)!)
    const recommended = factory(trial.context).recommend(trial.state())!
    expect(scores[recommended.candidate]).toBeGreaterThan(Math.max(...scores) - 0.1)
    expect(recommended.interval[0]).toBeLessThanOrEqual(recommended.mean)
    expect(recommended.interval[1]).toBeGreaterThanOrEqual(recommended.mean)
  })

  it('does not recommend the luckiest of noisy scores', () => {
    const space = defineSpace({ x: { float: [0, 1] } })
    const slope: Objective = ({ x }) => 3 * Number(x)
    // One score far too good, in the worst place.
    const trial = play(
      factory,
      space,
      (values, round) => (round === 6 ? 4 : slope(values, 0)! + Math.sin(37 * round)),
      40,
    )
    const lucky = 6
    const values = trial.pool.map(({ candidate }) => Number(candidate.parameters!['x']))
    const recommended = factory(trial.context).recommend(trial.state())!.candidate
    expect(values[lucky]).toBeLessThan(0.9)
    expect(recommended).not.toBe(lucky)
    expect(values[recommended]).toBeGreaterThan(0.6)
  })
})

describe.each(FACTORIES)('policy %s over a pool', (_, factory) => {
  const prompts = Array.from({ length: 30 }, (_, i) => ({
    id: `p${i}`,
    slots: { instruction: `instruction ${i % 6}`, demonstrations: `set ${Math.floor(i / 6)}` },
  }))
  const context = contextOf({}, { exampleCount: 8, estimand: 'set' })

  it('evaluates prompts in full, each once, within the budget', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 300 }), fc.integer({ min: 0, max: 50 }), (budget, seed) => {
        const trial = startTrial({ ...context, seed }, prompts)
        const policy = factory({ ...context, seed })
        let left = budget
        const seen = new Set<string>()
        while (left > 0) {
          const asked = trial.ask(policy, left)
          if (typeof asked === 'string') break
          for (const example of asked.examples) {
            expect(seen.has(`${asked.candidate} ${example}`)).toBe(false)
            seen.add(`${asked.candidate} ${example}`)
          }
          left -= asked.examples.length
          trial.tell(asked.candidate, asked.examples, (example) => (asked.candidate * 7 + example) % 2)
        }
        expect(seen.size).toBe(Math.min(budget, 30 * 8))
        expect(trial.pool.length).toBe(30)
        const recommendation = policy.recommend(trial.state())!
        expect(recommendation.mean).toBeGreaterThanOrEqual(0)
        expect(recommendation.interval[0]).toBeLessThanOrEqual(recommendation.interval[1])
      }),
      { numRuns: 25 },
    )
  })

  it('works on with pending cells, growing pools and texts without slots', () => {
    const trial = startTrial(context, [
      { id: 't0', text: 'a' },
      { id: 't1', text: 'b' },
    ])
    const policy = factory(context)
    const first = trial.ask(policy)
    const second = trial.ask(policy)
    expect(trial.ask(policy)).toBe('wait')
    trial.pool.push({ candidate: { id: 't2', text: 'c' } })
    expect(trial.ask(policy)).toEqual({ candidate: 2, examples: [0, 1, 2, 3, 4, 5, 6, 7] })
    expect(new Set([first, second].map((asked) => (typeof asked === 'string' ? -1 : asked.candidate)))).toEqual(
      new Set([0, 1]),
    )
    expect(startTrial(context).ask(policy)).toBe('every prompt has been measured on every example')
  })
})

describe('policy tpe', () => {
  const quadratic: Objective = (values) =>
    -['x', 'y', 'z'].reduce((sum, name) => sum + (Number(values[name]) - 0.3) ** 2, 0)
  const cube = defineSpace({ x: { float: [0, 1] }, y: { float: [0, 1] }, z: { float: [0, 1] } })

  it('finds better points than random search', () => {
    const best = (factory: PolicyFactory, seed: number) => {
      const trial = play(factory, cube, quadratic, 60, { seed })
      return Math.max(...valuesOf(trial).map((values) => quadratic(values, 0)!))
    }
    const wins = Array.from({ length: 12 }, (_, seed) => best(createTpePolicy, seed) > best(createRandomPolicy, seed))
    expect(wins.filter(Boolean).length).toBeGreaterThanOrEqual(10)
  })

  it('settles on the good branch of a conditional space', () => {
    const trial = play(
      createTpePolicy,
      MIXED,
      (values) => (values['kind'] === 'tree' ? 10 - Math.abs(Number(values['depth']) - 7) : 0),
      80,
    )
    const late = valuesOf(trial).slice(50)
    expect(late.filter((values) => values['kind'] === 'tree').length).toBeGreaterThan(15)
    expect(late.filter((values) => Math.abs(Number(values['depth']) - 7) <= 1).length).toBeGreaterThan(10)
  })

  it('takes each of its options', () => {
    for (const options of [
      { multivariate: false },
      { candidates: 1 },
      { startup: 1 },
      { good: 'root' },
      { endpoints: true, magicClip: false },
    ]) {
      expect(play(createTpePolicy, MIXED, (_values, round) => round, 30, { options }).pool.length).toBe(30)
    }
    expect(() => createTpePolicy(contextOf(MIXED, { options: { gamma: 3 } }))).toThrow('gamma')
  })

  it('ranks the prompts of a pool by their slots', () => {
    const prompts = Array.from({ length: 120 }, (_, i) => ({
      id: `p${i}`,
      slots: { a: `a${i % 12}`, b: `b${Math.floor(i / 12)}` },
    }))
    const context = contextOf({}, { exampleCount: 1 })
    const trial = startTrial(context, prompts)
    const policy = createTpePolicy(context)
    const value = (index: number) => (index % 12 === 5 ? 2 : 0) + (Math.floor(index / 12) === 3 ? 1 : 0)
    for (let round = 0; round < 40; round++) {
      const asked = trial.ask(policy)
      if (typeof asked === 'string') throw new Error(asked)
      trial.tell(asked.candidate, asked.examples, () => value(asked.candidate))
    }
    const bySlot = trial.asked.slice(10).filter((index) => index % 12 === 5).length
    // By chance 2.5 of 30 would have the good value.
    expect(bySlot).toBeGreaterThanOrEqual(7)
  })
})

function entriesOf(trial: Trial, count: number) {
  return Array.from({ length: count }, (_, index) => ({
    candidate: trial.observations.candidate(index),
    example: trial.observations.example(index),
    repeat: 0,
    score: trial.observations.score(index),
  }))
}
