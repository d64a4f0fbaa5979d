import { describe, expect, it } from 'vitest'
import { createStudy, restoreStudy, type StudyOptions } from '../../src/study/create-study.ts'
import type { Study } from '../../src/study/study.ts'

const EXAMPLES = 12
const GOOD = ['Name the label.', 'Name the label of the ticket.', 'Name only the label.', 'Name the one label.']
const BAD = ['Write a poem.', 'Write a long poem.', 'Write a poem about it.', 'Write one sad poem.']
const DRAFTS = ['Write a short poem.', 'Name the label now.']

function measured(options: StudyOptions = {}, score: (good: boolean) => number = (good) => (good ? 1 : 0)): Study {
  const study = createStudy({ pool: [...GOOD, ...BAD], exampleCount: EXAMPLES, ...options })
  for (const [candidate] of study.state.candidates.entries()) {
    for (let example = 0; example < EXAMPLES; example++) {
      study.observe({ candidate, example, score: score(candidate < GOOD.length !== (example === candidate)) })
    }
  }
  return study
}

describe('posterior and rank of texts', () => {
  it('say the same whether the pool grew while they were asked or before', () => {
    const grown = measured()
    grown.rank(DRAFTS)
    grown.add(['Name the label, please.'])
    const asked = grown.rank(DRAFTS)
    expect(restoreStudy(grown.serialize()).rank(DRAFTS)).toEqual(asked)
  })

  it('tell texts outside the pool by those that read alike, and leave the study as it was', () => {
    const study = measured()
    const before = study.serialize()
    const [poem, label] = study.posterior(DRAFTS)!
    expect(label!.mean).toBeGreaterThan(poem!.mean + 0.3)
    expect([poem!.measured, poem!.index, poem!.candidate]).toEqual([0, 0, undefined])
    const ranked = study.rank(DRAFTS)!
    expect(ranked.map(({ text }) => text)).toEqual([...DRAFTS].reverse())
    expect(ranked.map(({ index }) => index)).toEqual([1, 0])
    expect(ranked[0]!.expectedImprovement).toBeGreaterThan(ranked[1]!.expectedImprovement)
    expect(study.serialize()).toBe(before)
    expect(study.state.candidates).toHaveLength(8)
  })

  it('say the same whatever was asked before, and of texts that only look alike what each is', () => {
    const alike = [
      { slots: { instruction: 'Name it.', format: 'Label:' } },
      'Name it.\n\nLabel:',
      ' Name it.\n\nLabel:',
    ]
    const [fresh, asked] = [measured(), measured()]
    asked.rank([...DRAFTS, ...alike, 'Sing.'])
    for (const study of [fresh, asked])
      study.observe({ candidate: study.add(['Name a label.'])[0]!, example: 0, score: 1 })
    const texts = [...alike, ...DRAFTS]
    expect(asked.rank(texts)).toEqual(fresh.rank(texts))
    expect(asked.rank(texts)).toEqual(asked.rank(texts))
    expect(texts.map((text) => asked.posterior([text])![0]!.mean)).toEqual(
      asked.posterior(texts)!.map(({ mean }) => mean),
    )
  })

  it('say of measured candidates what the recommendation says', () => {
    const study = measured()
    const { means, standardDeviations } = study.recommend()!
    const known = study.posterior(['  Write a poem. ', GOOD[0]!])!
    expect(known.map(({ candidate, measured }) => [candidate, measured])).toEqual([
      [4, EXAMPLES],
      [0, EXAMPLES],
    ])
    expect(known[0]!.mean).toBeCloseTo(means[4]!, 12)
    expect(known[1]!.standardDeviation).toBeCloseTo(standardDeviations[0]!, 12)
  })

  it.each(['set', 'population'] as const)('turn back what is minimized, in its own units: %s', (estimand) => {
    const up = measured({ estimand })
    const down = measured({ estimand, direction: 'minimize' }, (good) => (good ? -30 : -10))
    const [a, b] = [up.rank(DRAFTS)!, down.rank(DRAFTS)!]
    expect(b.map(({ text }) => text)).toEqual(a.map(({ text }) => text))
    expect(b[0]!.mean).toBeLessThan(b[1]!.mean)
    for (const { mean, standardDeviation, expectedImprovement } of b) {
      expect(mean).toBeGreaterThan(-30)
      expect(mean).toBeLessThan(-10)
      expect(standardDeviation).toBeGreaterThan(0)
      expect(expectedImprovement).toBeGreaterThan(0)
    }
  })

  it('follow what is told and added since', () => {
    const study = measured()
    const [before] = study.posterior(['Name the label now.'])!
    const [index] = study.add(['Name the label now.'])
    expect(study.posterior(['Name the label now.'])![0]).toMatchObject({ candidate: index, measured: 0 })
    for (let example = 0; example < EXAMPLES; example++) study.observe({ candidate: index!, example, score: 0 })
    const [after] = study.posterior(['Name the label now.'])!
    expect(after!.mean).toBeLessThan(before!.mean - 0.3)
    expect(after!.measured).toBe(EXAMPLES)
  })

  it('are the same in a study taken up again', () => {
    const study = measured({ seed: 3 })
    expect(restoreStudy(study.serialize()).rank(DRAFTS)).toEqual(study.rank(DRAFTS))
  })

  it('do not claim much of texts before three prompts are measured, and nothing before the first score', () => {
    const study = createStudy({ pool: GOOD, exampleCount: EXAMPLES })
    expect(study.posterior(DRAFTS)).toBeUndefined()
    expect(study.rank([])).toBeUndefined()
    study.observe({ candidate: 0, example: 0, score: null })
    expect(study.rank(DRAFTS)).toBeUndefined()
    for (let example = 1; example < 9; example++) study.observe({ candidate: 0, example, score: example % 2 })
    const [own, other] = study.posterior([GOOD[0]!, DRAFTS[0]!])!
    expect(other!.mean).toBeCloseTo(0.5, 1)
    expect(other!.standardDeviation).toBeGreaterThan(own!.standardDeviation)
    expect(study.rank([])).toEqual([])
  })

  it('explain a candidate by its outcomes, its text and its neighbors', () => {
    const study = measured()
    const [liar] = study.add(['Name the label, please.'])
    for (let example = 0; example < EXAMPLES; example++) study.observe({ candidate: liar!, example, score: 0 })
    const { own, byText, posterior, nearest, candidate } = study.explain(liar!)!
    expect(candidate.text).toBe('Name the label, please.')
    expect(own).toEqual({ scored: EXAMPLES, mean: 0 })
    expect(byText!.mean).toBeGreaterThan(0.6)
    expect(byText!.measured).toBe(0)
    expect(posterior.mean).toBeLessThan(byText!.mean - 0.3)
    expect(posterior).toMatchObject({ candidate: liar, measured: EXAMPLES })
    expect(nearest).toHaveLength(3)
    for (const each of nearest) expect(GOOD).toContain(each.candidate.text)
    expect(nearest[0]!.similarity).toBeGreaterThan(nearest[2]!.similarity)
    expect(study.explain(study.add(['Sing.'])[0]!)!.own).toEqual({ scored: 0 })
    expect(() => study.explain(99)).toThrow(/candidate is 99/)
    const fresh = createStudy({ pool: GOOD, exampleCount: EXAMPLES })
    expect(fresh.explain(0)).toBeUndefined()
    fresh.observe({ candidate: 0, example: 0, score: 1 })
    expect(fresh.explain(0)!.byText).toBeUndefined()
  })

  it('refuse what is no text', () => {
    const study = measured()
    for (const [texts, message] of [
      ['Name it.', /texts/],
      [[' '], /texts\[0\] is empty/],
      [['Name it.', 3], /texts\[1\] is 3/],
      [[{ parameters: { temperature: 1 } }], /texts\[0\] is empty/],
    ] as const) {
      expect(() => study.rank(texts as never)).toThrow(message)
    }
    const comparisons = createStudy({ pool: GOOD, policy: 'comparison', exampleCount: EXAMPLES })
    expect(() => comparisons.rank(DRAFTS)).toThrow(/comparison/)
  })
})
