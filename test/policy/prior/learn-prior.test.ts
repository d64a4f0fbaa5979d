import { describe, expect, it } from 'vitest'
import { expectedAbilities } from '../../../src/policy/prior/expected-abilities.ts'
import { learnPrior } from '../../../src/policy/prior/learn-prior.ts'
import { history, lengthOf, promptsOfLengths } from './histories.ts'

const alike = ['a', 'b', 'c', 'd'].map((task, k) => history(task, 10 * k, 0.4))

describe('learning across tasks', () => {
  it('finds what goes with ability on all of them, and says that it helps on each when left out', () => {
    const { trust, tasks } = learnPrior(alike)
    expect(tasks.map(({ task }) => task)).toEqual(['a', 'b', 'c', 'd'])
    for (const { leftOut } of tasks) {
      expect(leftOut!.helped).toBe(true)
      expect(leftOut!.rankCorrelation).toBeGreaterThan(0.5)
      expect(leftOut!.explained).toBeGreaterThan(0.3)
    }
    expect(trust).toBeCloseTo(5 / 7)
  })

  it('says which task it misleads on', () => {
    const { trust, tasks } = learnPrior([...alike.slice(0, 3), history('backwards', 90, -0.4)])
    const backwards = tasks.find(({ task }) => task === 'backwards')!
    expect(backwards.leftOut).toMatchObject({ helped: false })
    expect(backwards.leftOut!.rankCorrelation).toBeLessThan(-0.5)
    expect(trust).toBeLessThan(5 / 7)
  })

  it('expects little where nothing goes with ability', () => {
    const none = learnPrior(['a', 'b', 'c', 'd', 'e'].map((task, k) => history(task, 10 * k, 0)))
    const some = learnPrior(alike)
    const pool = promptsOfLengths(40, 77)
    const size = (values: Float64Array) => Math.hypot(...values)
    expect(size(expectedAbilities(none, pool, 40))).toBeLessThan(0.3 * size(expectedAbilities(some, pool, 40)))
    expect(none.trust).toBeLessThan(0.6)
  })

  it('takes histories of one task together: a task is never judged by its own other history', () => {
    const [first, second] = [history('a', 1, 0.4), history('a', 2, 0.4)]
    expect(learnPrior([first, second]).tasks).toMatchObject([{ task: 'a', histories: 2, prompts: 80, outcomes: 2400 }])
    expect(learnPrior([first, second]).tasks[0]).not.toHaveProperty('leftOut')
    const judged = learnPrior([first, second, history('b', 3, -0.4)]).tasks[0]!
    expect(judged.leftOut!.rankCorrelation).toBeLessThan(0)
  })

  it('ranks short prompts last on a new task, and does not tell the better half apart', () => {
    const pool = promptsOfLengths(48, 55)
    const expected = expectedAbilities(learnPrior(alike), pool, 48)
    const meanOf = (length: number) => {
      const chosen = pool.flatMap((entry, i) => (lengthOf(entry) === length ? [expected[i]!] : []))
      return chosen.reduce((sum, value) => sum + value, 0) / chosen.length
    }
    expect(meanOf(1)).toBeLessThan(meanOf(3))
    expect(meanOf(8)).toBeCloseTo(meanOf(7), 10)
    expect(expected.reduce((sum, value) => sum + value, 0)).toBeCloseTo(0, 10)
  })

  it('keeps no text, and is the same every time', () => {
    const prior = learnPrior(alike)
    const text = JSON.stringify(prior)
    expect(text).not.toMatch(/ticket|folder|choose/)
    expect(JSON.stringify(learnPrior(alike))).toBe(text)
  })

  it('remembers what proposers brought', () => {
    const { pool, observations, ...rest } = history('a', 1, 0.4)
    const written = pool.map(({ candidate }, i) =>
      i < 8
        ? { candidate }
        : { candidate: { ...candidate, origin: { by: 'proposer' as const, name: 'opro', parents: [i - 8] } } },
    )
    const { proposers } = learnPrior([{ ...rest, pool: written, observations }])
    expect(Object.keys(proposers)).toEqual(['opro'])
    expect(proposers['opro']!.weight).toBeGreaterThan(1)
  })

  it('refuses to learn from nothing', () => {
    expect(() => learnPrior([])).toThrow(/nothing to learn from/)
    expect(() => learnPrior([history('a', 1, 0, 2)])).toThrow(/three|3 measured prompts/)
  })
})
