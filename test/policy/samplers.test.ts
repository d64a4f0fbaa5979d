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

interface Game {
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

function startGame(context: PolicyContext, prompts: readonly Candidate[] = []): Game {
  const pool: PoolEntry[] = prompts.map((candidate) => ({ candidate }))
  const observations = createObservationLog()
  const pending: PendingCell[] = []
  const game: Game = {
    context,
    pool,
    observations,
    pending,
    asked: [],
    state: (left = 50) => ({ pool, observations, pending, evaluationsLeft: left, fits: [] }),
    ask(policy, left) {
      const decision = policy.next(game.state(left))
      if (decision.kind === 'wait') return 'wait'
      if (decision.kind === 'done') return decision.reason
      if (decision.action.kind !== 'evaluate') throw new Error(`unexpected ${decision.action.kind}`)
      const { candidate, examples } = decision.action
      const index = typeof candidate === 'number' ? candidate : pool.push({ candidate }) - 1
      for (const example of examples) pending.push({ candidate: index, example, repeat: 0 })
      game.asked.push(index)
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
  return game
}

function play(factory: PolicyFactory, space: Space, objective: Objective, rounds: number, extra = {}): Game {
  const game = startGame(contextOf(space, extra))
  const policy = factory(game.context)
  for (let round = 0; round < rounds; round++) {
    const asked = game.ask(policy)
    if (typeof asked === 'string') return game
    const values = game.pool[asked.candidate]!.candidate.parameters!
    game.tell(asked.candidate, asked.examples, () => objective(values, round))
  }
  return game
}

describe.each(FACTORIES)('policy %s', (_, factory) => {
  for (const { name, run } of samplerConformance(factory, { backend })) it(name, run)
})

const valuesOf = (game: Game) => game.pool.map(({ candidate }) => candidate.parameters!)

describe.each(FACTORIES)('policy %s over a space', (_, factory) => {
  it('proposes points of the space: in range, on the grid, conditions kept, each once', () => {
    const game = play(factory, MIXED, (_values, round) => Math.sin(round * 7), 60)
    expect(game.pool.length).toBe(60)
    for (const values of valuesOf(game)) {
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
    const kinds = new Set(valuesOf(game).map((values) => values['kind']))
    expect(kinds).toEqual(new Set(['linear', 'tree', null]))
    expect(new Set(valuesOf(game).map((values) => JSON.stringify(values))).size).toBe(60)
    expect(new Set(game.pool.map(({ candidate }) => candidate.id)).size).toBe(60)
  })

  it('visits every point of a small space exactly once, then is done', () => {
    const space = defineSpace({
      a: { int: [0, 3] },
      b: { categorical: ['x', 'y'] },
      c: { int: [1, 3], when: { parameter: 'b', in: ['y'] } },
    })
    const game = play(factory, space, (values) => Number(values['a']), 100)
    const seen = new Set(valuesOf(game).map((values) => JSON.stringify(values)))
    expect(seen.size).toBe(4 + 4 * 3)
    expect(game.pool.length).toBe(16)
    expect(game.ask(factory(game.context))).toBe('every point of the space has been tried')
  })

  it('decides the same from the same state, fresh or experienced, and otherwise with another seed', () => {
    const objective: Objective = (values) => -Math.abs(Math.log10(Number(values['rate'])) - 2)
    const game = play(factory, MIXED, objective, 30)
    const policy = factory(game.context)
    const log = createObservationLog()
    for (let round = 0; round <= 30; round++) {
      const state: PolicyState = {
        ...game.state(),
        pool: game.pool.slice(0, round),
        observations: log,
      }
      const fresh = factory(game.context).next({ ...state, observations: createObservationLog(entriesOf(game, round)) })
      expect(policy.next(state)).toEqual(fresh)
      if (round < 30) log.append({ ...entriesOf(game, 30)[round]! })
    }
    const other = play(factory, MIXED, objective, 5, { seed: 2 })
    expect(valuesOf(other)).not.toEqual(valuesOf(game).slice(0, 5))
  })

  it('keeps away from pending points, and goes on when results fail or never come', () => {
    const space = defineSpace({ a: { int: [0, 9] }, b: { categorical: [true, false] } })
    const game = startGame(contextOf(space))
    const policy = factory(game.context)
    for (let batch = 0; batch < 20; batch++) {
      const asked = game.ask(policy)
      if (typeof asked === 'string') throw new Error(asked)
      if (batch % 3 === 1) game.tell(asked.candidate, asked.examples, () => null)
      if (batch % 3 === 2) game.tell(asked.candidate, asked.examples, () => batch)
    }
    expect(new Set(valuesOf(game).map((values) => JSON.stringify(values))).size).toBe(20)
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
      const game = play(factory, MIXED, objective, 40)
      expect(game.pool.length).toBe(40)
    }
    const wide = defineSpace({
      c: { categorical: Array.from({ length: 500 }, (_, i) => i) },
      one: { categorical: ['only'] },
    })
    expect(play(factory, wide, (values) => Number(values['c']), 60).pool.length).toBe(60)
  })

  it('measures on all examples, or on as many as are left, and stops at none', () => {
    const space = defineSpace({ x: { float: [0, 1] } })
    const game = startGame(contextOf(space, { exampleCount: 6 }))
    const policy = factory(game.context)
    expect(game.ask(policy, 10)).toEqual({ candidate: 0, examples: [0, 1, 2, 3, 4, 5] })
    expect(game.ask(policy, 4)).toEqual({ candidate: 1, examples: [0, 1, 2, 3] })
    expect(game.ask(policy, 0)).toBe('the budget is spent')
  })

  it('combines parameters with the prompts of the pool', () => {
    const space = defineSpace({ temperature: { float: [0, 1] } })
    const prompts = [
      { id: 'a', text: 'Answer.' },
      { id: 'b', slots: { instruction: 'Think.', shots: '' } },
    ]
    const game = startGame(contextOf(space), prompts)
    const policy = factory(game.context)
    for (let round = 0; round < 24; round++) {
      const asked = game.ask(policy)
      if (typeof asked === 'string') throw new Error(asked)
      const { text } = game.pool[asked.candidate]!.candidate
      game.tell(asked.candidate, asked.examples, () => (text === 'Answer.' ? 0 : 1))
    }
    const made = game.pool.slice(2).map(({ candidate }) => candidate)
    expect(made.every(({ parameters }) => typeof parameters?.['temperature'] === 'number')).toBe(true)
    expect(new Set(made.map(({ text, slots }) => text ?? slots?.['instruction']))).toEqual(
      new Set(['Answer.', 'Think.']),
    )
    expect(made.every(({ parameters }) => Object.keys(parameters!).join() === 'temperature')).toBe(true)
  })

  it('ignores candidates that are no points of the space', () => {
    const space = defineSpace({ x: { float: [0, 1] } })
    const game = startGame(contextOf(space), [{ id: 'odd', parameters: { x: 7 } }, { id: 'none' }])
    game.tell(0, [0], () => 100)
    game.tell(1, [0], () => 50)
    const policy = factory(game.context)
    for (let round = 0; round < 15; round++) {
      const asked = game.ask(policy)
      if (typeof asked === 'string') throw new Error(asked)
      game.tell(asked.candidate, asked.examples, () => round)
    }
    expect(game.pool.length).toBe(17)
    expect(policy.recommend(game.state())?.candidate).toBeGreaterThan(1)
  })

  it('measures first what a user put into the pool, and again what came back unsent', () => {
    const space = defineSpace({ x: { float: [0, 1] } })
    const game = startGame(contextOf(space), [{ id: 'mine', parameters: { x: 0.25 } }])
    const policy = factory(game.context)
    expect(game.ask(policy)).toEqual({ candidate: 0, examples: [0] })
    expect(game.ask(policy)).toEqual({ candidate: 1, examples: [0] })
    game.tell(0, [0], () => 1)
    game.pending.length = 0
    expect(game.ask(policy)).toEqual({ candidate: 1, examples: [0] })
  })

  it('recommends nothing before and the best after', () => {
    const policy = factory(contextOf(MIXED))
    expect(policy.recommend(startGame(contextOf(MIXED)).state())).toBeUndefined()
    const bowl: Objective = ({ rate }) => -((Math.log10(Number(rate)) - 1) ** 2)
    const game = play(factory, MIXED, bowl, 30)
    const scores = game.pool.map(({ candidate }) => bowl(candidate.parameters!, 0)!)
    const recommended = factory(game.context).recommend(game.state())!
    expect(scores[recommended.candidate]).toBeGreaterThan(Math.max(...scores) - 0.1)
    expect(recommended.interval[0]).toBeLessThanOrEqual(recommended.mean)
    expect(recommended.interval[1]).toBeGreaterThanOrEqual(recommended.mean)
  })

  it('does not recommend the luckiest of noisy scores', () => {
    const space = defineSpace({ x: { float: [0, 1] } })
    const slope: Objective = ({ x }) => 3 * Number(x)
    // One score far too good, in the worst place.
    const game = play(
      factory,
      space,
      (values, round) => (round === 6 ? 4 : slope(values, 0)! + Math.sin(37 * round)),
      40,
    )
    const lucky = 6
    const values = game.pool.map(({ candidate }) => Number(candidate.parameters!['x']))
    const recommended = factory(game.context).recommend(game.state())!.candidate
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
        const game = startGame({ ...context, seed }, prompts)
        const policy = factory({ ...context, seed })
        let left = budget
        const seen = new Set<string>()
        while (left > 0) {
          const asked = game.ask(policy, left)
          if (typeof asked === 'string') break
          for (const example of asked.examples) {
            expect(seen.has(`${asked.candidate} ${example}`)).toBe(false)
            seen.add(`${asked.candidate} ${example}`)
          }
          left -= asked.examples.length
          game.tell(asked.candidate, asked.examples, (example) => (asked.candidate * 7 + example) % 2)
        }
        expect(seen.size).toBe(Math.min(budget, 30 * 8))
        expect(game.pool.length).toBe(30)
        const recommendation = policy.recommend(game.state())!
        expect(recommendation.mean).toBeGreaterThanOrEqual(0)
        expect(recommendation.interval[0]).toBeLessThanOrEqual(recommendation.interval[1])
      }),
      { numRuns: 25 },
    )
  })

  it('works on with pending cells, growing pools and texts without slots', () => {
    const game = startGame(context, [
      { id: 't0', text: 'a' },
      { id: 't1', text: 'b' },
    ])
    const policy = factory(context)
    const first = game.ask(policy)
    const second = game.ask(policy)
    expect(game.ask(policy)).toBe('every prompt has been evaluated on every example')
    game.pool.push({ candidate: { id: 't2', text: 'c' } })
    expect(game.ask(policy)).toEqual({ candidate: 2, examples: [0, 1, 2, 3, 4, 5, 6, 7] })
    expect(new Set([first, second].map((asked) => (typeof asked === 'string' ? -1 : asked.candidate)))).toEqual(
      new Set([0, 1]),
    )
    expect(startGame(context).ask(policy)).toBe('every prompt has been evaluated on every example')
  })
})

describe('policy tpe', () => {
  const quadratic: Objective = (values) =>
    -['x', 'y', 'z'].reduce((sum, name) => sum + (Number(values[name]) - 0.3) ** 2, 0)
  const cube = defineSpace({ x: { float: [0, 1] }, y: { float: [0, 1] }, z: { float: [0, 1] } })

  it('finds better points than random search', () => {
    const best = (factory: PolicyFactory, seed: number) => {
      const game = play(factory, cube, quadratic, 60, { seed })
      return Math.max(...valuesOf(game).map((values) => quadratic(values, 0)!))
    }
    const wins = Array.from({ length: 12 }, (_, seed) => best(createTpePolicy, seed) > best(createRandomPolicy, seed))
    expect(wins.filter(Boolean).length).toBeGreaterThanOrEqual(10)
  })

  it('settles on the good branch of a conditional space', () => {
    const game = play(
      createTpePolicy,
      MIXED,
      (values) => (values['kind'] === 'tree' ? 10 - Math.abs(Number(values['depth']) - 7) : 0),
      80,
    )
    const late = valuesOf(game).slice(50)
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
    const game = startGame(context, prompts)
    const policy = createTpePolicy(context)
    const value = (index: number) => (index % 12 === 5 ? 2 : 0) + (Math.floor(index / 12) === 3 ? 1 : 0)
    for (let round = 0; round < 40; round++) {
      const asked = game.ask(policy)
      if (typeof asked === 'string') throw new Error(asked)
      game.tell(asked.candidate, asked.examples, () => value(asked.candidate))
    }
    const bySlot = game.asked.slice(10).filter((index) => index % 12 === 5).length
    // By chance 2.5 of 30 would have the good value.
    expect(bySlot).toBeGreaterThanOrEqual(7)
  })
})

function entriesOf(game: Game, count: number) {
  return Array.from({ length: count }, (_, index) => ({
    candidate: game.observations.candidate(index),
    example: game.observations.example(index),
    repeat: 0,
    score: game.observations.score(index),
  }))
}
