import { describe, expect, it } from 'vitest'
import { createObservationLog } from '../../../src/history/observation-log.ts'
import { createRandom } from '../../../src/numerics/random/index.ts'
import type { PoolEntry } from '../../../src/prompt/candidate.ts'
import { extendBeliefs } from '../../../src/surrogate/prompt/grown-beliefs.ts'
import { DEFAULT_GRID } from '../../../src/surrogate/prompt/hyperparameters.ts'
import { basisOf, poolFactors } from '../../../src/surrogate/prompt/pool-factors.ts'
import { createPromptModel, type PromptModelOptions } from '../../../src/surrogate/prompt/prompt-model.ts'
import { populationScores } from '../../../src/surrogate/prompt/prompt-scores.ts'
import { setScores } from '../../../src/surrogate/prompt/set-scores.ts'

const WORDS = 'classify the ticket with care answer briefly think first name one folder never guess'.split(' ')
const EXAMPLES = 12

function entries(count: number, original: number): PoolEntry[] {
  const random = createRandom(4)
  return Array.from({ length: count }, (_, i) => {
    const text = Array.from({ length: 4 + random.integer(8) }, () => WORDS[random.integer(WORDS.length)]).join(' ')
    const angle = random.uniform() * 3
    return {
      candidate: {
        id: `${i}`,
        text,
        slots: { tone: `${i % 3}`, rest: text },
        origin: { by: i < original ? ('pool' as const) : ('proposer' as const) },
      },
      embedding: Float64Array.of(Math.cos(angle), Math.sin(angle)),
    }
  })
}

function history(prompts: number, seed = 1) {
  const random = createRandom(seed)
  const log = createObservationLog()
  for (let k = 0; k < 8 * prompts; k++) {
    const candidate = random.integer(prompts)
    const score = random.uniform() < 0.2 + (0.6 * (candidate % 5)) / 4 ? 1 : 0
    log.append({ candidate, example: random.integer(EXAMPLES), repeat: 0, score })
  }
  return log
}

describe('a pool that grows', () => {
  const pool = entries(100, 70)

  it('keeps every row it had, whatever is added', () => {
    const [mix] = DEFAULT_GRID.viewMixes
    const before = poolFactors(pool.slice(0, 80)).factor(mix!, 24)!
    const after = poolFactors(pool).factor(mix!, 24)!
    expect(after.factor.subarray(0, before.factor.length)).toEqual(before.factor)
    expect(after.size).toBe(100)
    // A copy of a pivot is explained by it.
    const copy = {
      ...pool[before.pivots[0]!]!,
      candidate: { ...pool[before.pivots[0]!]!.candidate, id: 'copy', origin: { by: 'proposer' as const } },
    }
    const copied = poolFactors([...pool, copy]).factor(mix!, 24)!
    expect(copied.residual[100]).toBeLessThan(1e-6)
    for (let k = 0; k < copied.rank; k++) {
      expect(copied.factor[100 * copied.rank + k]).toBeCloseTo(copied.factor[before.pivots[0]! * copied.rank + k]!, 6)
    }
  })

  it.each<[string, PromptModelOptions]>([
    ['plain', {}],
    [
      'with an earlier study',
      {
        earlier: [
          {
            ability: Float64Array.from({ length: 100 }, (_, i) => (i % 5) / 4 - 0.5),
            variance: new Float64Array(100).fill(0.2),
          },
        ],
      },
    ],
  ])('believes the same as a fit of the whole, %s', (_, options) => {
    const cut = (size: number): PromptModelOptions => ({
      ...options,
      ...(options.earlier
        ? {
            earlier: options.earlier.map(({ ability, variance }) => ({
              ability: ability.slice(0, size),
              variance: variance.slice(0, size),
            })),
          }
        : {}),
    })
    const log = history(75)
    const small = createPromptModel(pool.slice(0, 80), cut(80))
    const large = createPromptModel(pool, cut(100))
    const fitted = small.fit(log, log.length)
    const extended = extendBeliefs(fitted, small, large)
    const refitted = large.fit(log, log.length)
    // To the last bit: a study that is opened again refits, and must decide the same.
    expect(extended.ability).toEqual(refitted.ability)
    expect(extended.abilityVariance).toEqual(refitted.abilityVariance)
    expect(extended.sites).toEqual(refitted.sites)
    expect(extended.outcomes).toEqual(refitted.outcomes)
    for (const scoresOf of [
      populationScores,
      (beliefs: typeof fitted, known?: ReturnType<typeof setScores>) => setScores(beliefs, EXAMPLES, known),
    ]) {
      const known = scoresOf(extended, scoresOf(fitted))
      expect(known.means).toEqual(scoresOf(refitted).means)
      expect(known.standardDeviations).toEqual(scoresOf(refitted).standardDeviations)
    }
    // Another one more, and again.
    const again = extendBeliefs(extended, large, createPromptModel([...pool, ...entries(1, 0)], cut(100)))
    expect(again.ability).toHaveLength(101)
  })

  it('has statistics of all prompts unless some joined later', () => {
    const added = { candidate: { id: 'added', text: 'Name it.', origin: { by: 'hand' } } } as const
    expect(basisOf([...entries(100, 100), added])).toBe(100)
    expect(basisOf(entries(100, 100))).toBe(100)
    expect(basisOf(pool)).toBe(70)
    expect(basisOf(entries(5, 1))).toBeLessThanOrEqual(5)
    const sizes = Array.from({ length: 300 }, (_, extra) => basisOf(entries(1 + extra, 1)))
    for (let k = 1; k < sizes.length; k++) expect(sizes[k]).toBeGreaterThanOrEqual(sizes[k - 1]!)
    expect(new Set(sizes).size).toBeLessThan(20)
  })
})
