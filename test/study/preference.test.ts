import { describe, expect, it } from 'vitest'
import { createStudy, restoreStudy, type StudyOptions } from '../../src/study/create-study.ts'
import { pricesFor } from '../../src/study/prices.ts'

/** Right answers of each prompt on forty examples; the first is long, the second and third short. */
const RIGHT = { long: 32, short: 31, poor: 6 }
const pool = [
  {
    id: 'long',
    text: 'Read the ticket twice, think about what the writer wants, and then name the folder it belongs to.',
  },
  { id: 'short', text: 'Name the folder.' },
  { id: 'poor', text: 'Folder?' },
]

function played(options: Partial<StudyOptions>, metrics: (id: string) => Record<string, number> = () => ({})) {
  const study = createStudy({ pool, exampleCount: 40, budget: { evaluations: 120 }, seed: 3, ...options })
  for (;;) {
    const next = study.next()
    if (next.kind !== 'act' || next.action.kind !== 'evaluate') break
    const { action } = next
    const { id } = action.candidate
    const sign = options.direction === 'minimize' ? -1 : 1
    action.examples.forEach((example, position) => {
      const right = (example * 17) % 40 < RIGHT[id as keyof typeof RIGHT] ? 1 : 0
      study.tellCell(action.id, position, { score: sign * right, metrics: metrics(id) })
    })
  }
  return study
}

const winnerOf = (study: ReturnType<typeof played>) => study.recommend()!.winner.id

describe('a preference among prompts that cannot be told apart', () => {
  it('picks the shortest of them, not the shortest of all', () => {
    expect(winnerOf(played({}))).toBe('long')
    expect(winnerOf(played({ prefer: 'score' }))).toBe('long')
    expect(winnerOf(played({ prefer: 'shorter' }))).toBe('short')
  })

  it('turns with the direction', () => {
    expect(winnerOf(played({ prefer: 'shorter', direction: 'minimize' }))).toBe('short')
  })

  it('says what it believes of the one it picks', () => {
    const { candidate, mean, interval, means, probabilityBest } = played({ prefer: 'shorter' }).recommend()!
    expect(mean).toBe(means[candidate])
    expect(interval[0]).toBeLessThan(mean)
    expect(interval[1]).toBeGreaterThan(mean)
    expect(probabilityBest).toBeLessThan(0.6)
    // Shares stay shares: of the policy's own pick as well as of another.
    for (const evaluations of [6, 9, 12, 18]) {
      const few = played({ prefer: 'shorter', budget: { evaluations }, pool: pool.slice(0, 2) })
      const [low, high] = few.recommend()!.interval
      expect(low >= 0 && high <= 1, `${evaluations}: ${low} to ${high}`).toBe(true)
    }
  })

  it('picks by money where it was measured, else by tokens, else by nothing', () => {
    const tokens = (id: string) => ({ tokens: id === 'long' ? 40 : 400 })
    expect(winnerOf(played({ prefer: 'cheaper' }, tokens))).toBe('long')
    expect(winnerOf(played({ prefer: 'cheaper' }, (id) => ({ tokens: id === 'short' ? 40 : 400 })))).toBe('short')
    const both = (id: string) => ({ tokens: id === 'long' ? 40 : 400, usd: id === 'short' ? 0.001 : 0.01 })
    expect(winnerOf(played({ prefer: 'cheaper' }, both))).toBe('short')
    expect(winnerOf(played({ prefer: 'faster' }))).toBe('long')
    expect(winnerOf(played({ prefer: 'faster' }, (id) => ({ latency: id === 'short' ? 10 : 20 })))).toBe('short')
  })

  it('does not pick what breaks a constraint', () => {
    const constraints = [{ metric: 'outputTokens', atMost: 10 }]
    const metrics = (id: string) => ({ outputTokens: id === 'long' ? 5 : 20 })
    expect(winnerOf(played({ prefer: 'shorter', constraints }, metrics))).toBe('long')
  })

  it('does not pick what was hardly measured', () => {
    const study = createStudy({ pool, exampleCount: 40, seed: 3, prefer: 'shorter', policy: 'random' })
    for (const [candidate, examples, right] of [
      [0, 30, 24],
      [1, 3, 2],
    ] as const) {
      study.enqueue(
        candidate,
        Array.from({ length: examples }, (_, example) => example),
      )
      const action = study.ask()
      if (action.kind !== 'evaluate') throw new Error(action.kind)
      study.tell(
        action.id,
        action.examples.map((example) => (example < right ? 1 : 0)),
      )
    }
    expect(winnerOf(study)).toBe('long')
  })

  it('is kept in the log, and refused where it is none', () => {
    const study = played({ prefer: 'shorter' })
    expect(restoreStudy(study.serialize()).recommend()!.winner.id).toBe('short')
    expect(() => createStudy({ pool, prefer: 'longer' as never })).toThrow(/prefer is "longer"/)
  })

  it('knows no price of what nobody measured', () => {
    expect(pricesFor(played({}).state, 'cheaper')).toBeUndefined()
    expect(pricesFor(played({}).state, 'shorter')!.of.get(1)).toEqual({ mean: 16, standardError: 0 })
  })
})
