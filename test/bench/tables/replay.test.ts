import { describe, expect, it } from 'vitest'
import { benchBackend } from '../../../src/bench/tables/bench-backend.ts'
import { replay, shuffleTable } from '../../../src/bench/tables/replay.ts'
import { deriveSeed, shuffledIndices } from '../../../src/bench/tables/seeds.ts'
import type { Action, Decision, PolicyFactory, PolicyState } from '../../../src/policy/policy.ts'
import { bernoulliRows, smallTable } from './small-tables.ts'

const backend = benchBackend()
const table = smallTable(bernoulliRows([0.2, 0.9, 0.5], 12))

/** A policy that does what a function says, and recommends candidate `pick`. */
function acting(next: (state: PolicyState, turn: number) => Decision, pick = 0): PolicyFactory {
  return () => {
    let turn = 0
    return {
      name: 'acting',
      next: (state) => next(state, turn++),
      recommend: (state) =>
        state.observations.length === 0
          ? undefined
          : {
              candidate: pick,
              mean: 0.5,
              interval: [0, 1],
              level: 0.9,
              probabilityBest: 0.5,
              expectedGainOf100: 0,
              means: new Float64Array(state.pool.length),
              standardDeviations: new Float64Array(state.pool.length),
            },
    }
  }
}

const act = (action: Action): Decision => ({ kind: 'act', action })
const evaluate = (candidate: number, ...examples: number[]): Decision => act({ kind: 'evaluate', candidate, examples })
const play = (factory: PolicyFactory, budget = 10, shuffled = shuffleTable(table, 5)) =>
  replay(factory, shuffled, { budget, seed: 1, backend })

describe('replay', () => {
  it('shows every cell as the table has it, whatever the order it is shown in', () => {
    const shuffled = shuffleTable(table, 9)
    const seen = new Map<string, number>()
    const result = play(
      acting((state, turn) => {
        if (turn > 0) {
          const last = state.observations.length - 1
          const { candidate } = state.pool[state.observations.candidate(last)]!
          const column = shuffled.exampleOrder[state.observations.example(last)]!
          seen.set(`${candidate.id} ${column}`, state.observations.score(last))
        }
        return turn < 36 ? evaluate(turn % 3, Math.floor(turn / 3)) : { kind: 'done', reason: 'all measured' }
      }, 1),
      100,
      shuffled,
    )
    expect(result).toMatchObject({ spent: 36, chosen: shuffled.promptOrder[1], stopped: 'all measured' })
    expect(seen.size).toBe(36)
    for (const [key, score] of seen) {
      const [id, column] = key.split(' ')
      expect(score).toBe(table.scores[Number(id!.slice(1)) * 12 + Number(column)])
    }
  })

  it('charges missing cells and tells them as missing', () => {
    const gaps = smallTable([[null, null, null]])
    const scores: number[] = []
    const result = play(
      acting((state, turn) => {
        if (turn > 0) scores.push(state.observations.score(turn - 1))
        return evaluate(0, turn)
      }),
      2,
      shuffleTable(gaps, 1),
    )
    expect(result.spent).toBe(2)
    expect(scores).toEqual([Number.NaN])
  })

  it('stops at the budget and says how much is left at every turn', () => {
    const left: number[] = []
    const result = play(
      acting((state, turn) => {
        left.push(state.evaluationsLeft)
        return evaluate(0, turn)
      }),
      4,
    )
    expect(left).toEqual([4, 3, 2, 1])
    expect(result.spent).toBe(4)
  })

  it('falls back to the first prompt of the shuffled pool when nothing was learned', () => {
    const shuffled = shuffleTable(table, 3)
    const result = play(
      acting(() => ({ kind: 'done', reason: 'no' })),
      4,
      shuffled,
    )
    expect(result).toMatchObject({ chosen: shuffled.promptOrder[0], spent: 0 })
    expect(result.recommendation).toBeUndefined()
  })

  it.each<[string, (turn: number) => Decision]>([
    ['a second time', (turn) => evaluate(0, turn % 2)],
    ['a second time', () => evaluate(0, 3, 3)],
    ['with 10 left', () => evaluate(0, ...Array.from({ length: 11 }, (_, example) => example))],
    ['candidate 3 of 3', () => evaluate(3, 0)],
    ['candidate -1 of 3', () => evaluate(-1, 0)],
    ['example 12 of 12', () => evaluate(0, 12)],
    ['example 0.5 of 12', () => evaluate(0, 0.5)],
    ['no example', () => evaluate(0)],
    ['nothing is pending', () => ({ kind: 'wait' })],
    ['a new candidate "new"', () => act({ kind: 'evaluate', candidate: { id: 'new', text: 'x' }, examples: [0] })],
    ['repeat 1', () => act({ kind: 'evaluate', candidate: 0, examples: [0], repeat: 1 })],
    ['generate', () => act({ kind: 'generate', proposer: 'p', parents: [], count: 1 })],
  ])('refuses a policy that asks for %s', (message, next) => {
    expect(() => play(acting((_, turn) => next(turn)))).toThrow(message)
  })

  it('refuses a recommendation outside the pool', () => {
    expect(() => play(acting((_, turn) => evaluate(0, turn), 3))).toThrow('recommends candidate 3 of 3')
  })
})

describe('shuffleTable', () => {
  it('can deal texts out at random: ids and scores stay, text and vectors move together', () => {
    const vectors = table.prompts.map((_, row) => ({ text: Float64Array.of(row) }))
    const honest = shuffleTable(table, 5, vectors)
    const big = smallTable(bernoulliRows(new Array(40).fill(0.5), 4))
    const bigVectors = big.prompts.map((_, row) => ({ text: Float64Array.of(row) }))
    const shuffled = shuffleTable(big, 5, bigVectors, true)
    for (const { candidate, embedding } of honest.pool) expect(candidate.text).toBe(`Prompt number ${embedding![0]}.`)
    let moved = 0
    shuffled.pool.forEach(({ candidate, embedding }, index) => {
      expect(candidate.id).toBe(`p${shuffled.promptOrder[index]}`)
      expect(candidate.text).toBe(`Prompt number ${embedding![0]}.`)
      if (candidate.id !== `p${embedding![0]}`) moved++
    })
    expect(moved).toBeGreaterThan(30)
    expect(new Set(shuffled.pool.map(({ candidate }) => candidate.text)).size).toBe(40)
    expect([...shuffled.exampleOrder]).toEqual([...shuffleTable(big, 5, bigVectors).exampleOrder])
  })
})

describe('seeds', () => {
  it('depend on every part and on nothing else', () => {
    const seed = deriveSeed(1, 'a', 0, 0.25)
    expect(deriveSeed(1, 'a', 0, 0.25)).toBe(seed)
    const others = [deriveSeed(2, 'a', 0, 0.25), deriveSeed(1, 'b', 0, 0.25), deriveSeed(1, 'a', 1, 0.25)]
    expect(new Set([seed, ...others, deriveSeed(1, 'a', 0, 0.5)]).size).toBe(5)
    expect(seed).toBeGreaterThanOrEqual(0)
    expect(Number.isSafeInteger(seed)).toBe(true)
  })

  it('shuffle evenly: every example stands first about equally often', () => {
    const first = new Float64Array(8)
    for (let repeat = 0; repeat < 4000; repeat++) {
      const order = shuffledIndices(8, deriveSeed(1, repeat))
      expect([...order].sort()).toEqual([0, 1, 2, 3, 4, 5, 6, 7])
      first[order[0]!]!++
    }
    // χ² with 7 degrees of freedom: 24.3 is its 0.1% point.
    const statistic = first.reduce((sum, count) => sum + (count - 500) ** 2 / 500, 0)
    expect(statistic).toBeLessThan(24.3)
  })

  it('gives every policy the same order and another one to the next repeat', () => {
    const order = (repeat: number) => [...shuffleTable(table, deriveSeed(1, 'small', repeat, 'deck')).exampleOrder]
    expect(order(0)).toEqual(order(0))
    expect(order(0)).not.toEqual(order(1))
  })

  it.each([
    [{ inFlight: 4 }, 4],
    [{ inFlight: 4, inRounds: true }, 4],
  ])('tells late what is %o: as many are pending, and each cell is told once', (delay, most) => {
    const pending: number[] = []
    const policy = acting((state, turn) => {
      pending.push(state.pending.length)
      return turn < 12 ? evaluate(0, turn) : turn < 24 ? { kind: 'wait' } : { kind: 'done', reason: 'all measured' }
    }, 0)
    const shuffled = shuffleTable(table, 5)
    const { observations, spent } = replay(policy, shuffled, { budget: 12, seed: 1, backend, delay })
    expect(Math.max(...pending)).toBe(most - 1)
    expect(spent).toBe(12)
    const told = Array.from({ length: observations.length }, (_, k) => observations.example(k))
    expect([...told].sort((a, b) => a - b)).toEqual(Array.from({ length: 12 }, (_, k) => k))
    expect(told.every((example, k) => example === k)).toBe('inRounds' in delay)
  })
})
