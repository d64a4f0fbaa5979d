import { describe, expect, it } from 'vitest'
import { createObservationLog } from '../../src/history/observation-log.ts'
import { createRandom } from '../../src/numerics/random/random.ts'
import type { Generation, ProposerInfo } from '../../src/policy/policy.ts'
import { carriedEvidence, chooseProposer, evidenceOf } from '../../src/policy/proposer-bandit.ts'

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

/** Candidate 0 is the parent of all others. */
const beliefs = (abilities: readonly number[], variance = 0.05) => ({
  ability: Float64Array.from(abilities),
  abilityVariance: new Float64Array(abilities.length).fill(variance),
  parentsOf: (candidate: number) => (candidate === 0 ? undefined : [0]),
})

describe('the bandit over proposers', () => {
  const good = [0, ...Array(12).fill(0.6), ...Array(12).fill(-0.6)]
  const generations = [
    generation(
      'good',
      Array.from({ length: 12 }, (_, k) => k + 1),
    ),
    generation(
      'bad',
      Array.from({ length: 12 }, (_, k) => k + 13),
    ),
  ]

  it('asks all alike before anything is known, and cheaper ones more', () => {
    const share = shares([info('a'), info('b')], [])
    expect(share('a')).toBeGreaterThan(0.4)
    expect(share('a')).toBeLessThan(0.6)
    expect(shares([info('a'), info('b', 6)], [])('a')).toBeGreaterThan(0.65)
  })

  it('asks whoever brought improvements, and others still', () => {
    const share = shares([info('good'), info('bad'), info('new')], [evidenceOf(generations, beliefs(good))])
    expect(share('good')).toBeGreaterThan(0.8)
    expect(share('good')).toBeGreaterThan(share('new'))
    expect(share('new')).toBeGreaterThan(share('bad'))
  })

  it('pays for improvement per cost, not for improvement', () => {
    const evidence = [evidenceOf(generations, beliefs([0, ...Array(12).fill(0.6), ...Array(12).fill(0.5)]))]
    const share = shares([info('good', 8), info('bad', 1)], evidence)
    expect(share('bad')).toBeGreaterThan(0.9)
  })

  it('believes little of drafts that were hardly measured', () => {
    const weightOf = (variance: number) => evidenceOf(generations, beliefs(good, variance)).get('good')!.weight
    expect(weightOf(4)).toBeLessThan(0.2 * weightOf(0.05))
  })

  it('starts from what proposers brought in an earlier study', () => {
    const observations = createObservationLog()
    const origin = (name: string) => ({ by: 'proposer', name, parents: [0] }) as const
    const pool = [
      { candidate: { id: '0', text: 'a' } },
      ...Array.from({ length: 8 }, (_, k) => ({
        candidate: { id: `g${k}`, text: `g${k}`, origin: origin(k < 4 ? 'good' : 'bad') },
      })),
    ]
    pool.forEach((_, candidate) => {
      for (let example = 0; example < 20; example++) {
        const score =
          candidate === 0 ? example % 2 : candidate <= 4 ? Number(example % 5 > 0) : Number(example % 5 === 0)
        observations.append({ candidate, example, repeat: 0, score })
      }
    })
    const carried = carriedEvidence([{ name: 'before', pool, observations, exampleCount: 20 }])
    expect(carried.get('good')!.sum).toBeGreaterThan(0)
    expect(carried.get('bad')!.sum).toBeLessThan(0)
    expect(shares([info('good'), info('bad')], [carried])('good')).toBeGreaterThan(0.8)
  })

  it('draws alike for one stream', () => {
    const draw = () => chooseProposer([info('a'), info('b')], [], createRandom(7))!.name
    expect(draw()).toBe(draw())
  })
})
