import { describe, expect, it } from 'vitest'
import { createObservationLog } from '../../src/history/observation-log.ts'
import { createRandom } from '../../src/numerics/random/random.ts'
import type { Generation, ProposerInfo } from '../../src/policy/policy.ts'
import { carriedEvidence, chooseProposer, evidenceOf, yieldOf } from '../../src/policy/proposer-bandit.ts'

const info = (name: string, calls = 1): ProposerInfo => ({ name, calls: (count) => count * calls })
const generation = (proposer: string, added: readonly number[]): Generation => ({
  action: 0,
  proposer,
  parents: [0],
  added,
  duplicates: 0,
  rejected: {},
  calls: 1,
})

/** How often each is chosen in 400 draws. */
function shares(proposers: readonly ProposerInfo[], evidence: Parameters<typeof chooseProposer>[1]) {
  const random = createRandom(4)
  const counts = new Map<string, number>()
  for (let k = 0; k < 400; k++) {
    const { name } = chooseProposer(proposers, evidence, random)!
    counts.set(name, (counts.get(name) ?? 0) + 1 / 400)
  }
  return (name: string) => counts.get(name) ?? 0
}

/** A parent and 24 drafts of it, 12 by each of two proposers, which get so many of 20 examples right; the parent gets ten. */
function historyOf(good: number, bad: number, examples = 20) {
  const observations = createObservationLog()
  const origin = (name: string) => ({ by: 'proposer', name, parents: [0] }) as const
  const pool = [
    { candidate: { id: '0', text: 'a' } },
    ...Array.from({ length: 24 }, (_, k) => ({
      candidate: { id: `g${k}`, text: `g${k}`, origin: origin(k < 12 ? 'good' : 'bad') },
    })),
  ]
  pool.forEach((_, candidate) => {
    const right = candidate === 0 ? 10 : candidate <= 12 ? good : bad
    for (let example = 0; example < (candidate === 0 ? 20 : examples); example++) {
      // Ten examples are easy for the parent, and a draft that gets ten right gets the same ones.
      observations.append({ candidate, example, repeat: 0, score: Number((example * 7) % 20 < right) })
    }
  })
  return { pool, observations }
}

const evidence = (good: number, bad: number, examples?: number) => {
  const { pool, observations } = historyOf(good, bad, examples)
  return evidenceOf(pool, observations, observations.length)
}

describe('the bandit over proposers', () => {
  it('asks all alike before anything is known, and cheaper ones more', () => {
    const share = shares([info('a'), info('b')], [])
    expect(share('a')).toBeGreaterThan(0.4)
    expect(share('a')).toBeLessThan(0.6)
    expect(shares([info('a'), info('b', 6)], [])('a')).toBeGreaterThan(0.65)
    // By what is expected, not by the bound; and several at once where that is cheaper.
    expect(shares([info('a'), { ...info('b', 6), cost: (count) => count }], [])('a')).toBeLessThan(0.6)
    expect(shares([info('a'), { ...info('b'), calls: (count) => 2 + Math.ceil(count / 4) }], [])('a')).toBeLessThan(0.6)
  })

  it('asks whoever brought improvements, and others still', () => {
    const share = shares([info('good'), info('bad'), info('new')], [evidence(14, 6)])
    expect(share('good')).toBeGreaterThan(0.8)
    expect(share('good')).toBeGreaterThan(share('new'))
    expect(share('new')).toBeGreaterThan(share('bad'))
  })

  it('pays for improvement per cost, not for improvement', () => {
    const share = shares([info('good', 8), info('bad', 1)], [evidence(14, 13)])
    expect(share('bad')).toBeGreaterThan(0.9)
  })

  it('believes little of drafts that were hardly measured', () => {
    const weightOf = (examples: number) => evidence(14, 6, examples).get('good')!.weight
    expect(weightOf(1)).toBeLessThan(0.4 * weightOf(20))
  })

  it('leaves a proposer whose drafts change nothing, cheap as it is', () => {
    const share = shares([info('good'), info('bad', 0.5)], [evidence(13, 10)])
    expect(share('bad')).toBeLessThan(0.1)
  })

  it('counts what was passed over as written in vain', () => {
    const generations = [generation('good', [1, 2, 3, 4]), generation('bad', [13, 14, 15, 16])]
    const isUsed = (candidate: number) => candidate < 13
    expect(yieldOf(generations, 'good', isUsed)).toBeGreaterThan(0.8)
    expect(yieldOf(generations, 'bad', isUsed)).toBeLessThan(0.5)
    expect(yieldOf(generations, 'bad')).toBeGreaterThan(0.8)
  })

  it('starts from what proposers brought in an earlier study', () => {
    const { pool, observations } = historyOf(16, 4)
    const carried = carriedEvidence([{ name: 'before', pool, observations, exampleCount: 20 }])
    expect(carried.get('good')!.sum).toBeGreaterThan(0)
    expect(carried.get('bad')!.sum).toBeLessThan(0)
    expect(shares([info('good'), info('bad')], [carried])('good')).toBeGreaterThan(0.8)
  })

  it('starts portfolios from what their members brought', () => {
    const { pool, observations } = historyOf(16, 4)
    const carried = carriedEvidence([{ name: 'before', pool, observations, exampleCount: 20 }])
    const arms = [
      { ...info('auto-free'), members: ['other', 'good'] },
      { ...info('auto-written'), members: ['bad'] },
    ]
    expect(shares(arms, [carried])('auto-free')).toBeGreaterThan(0.8)
  })

  it('draws alike for one stream', () => {
    const draw = () => chooseProposer([info('a'), info('b')], [], createRandom(7))!.name
    expect(draw()).toBe(draw())
  })
})
