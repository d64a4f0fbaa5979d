import { describe, expect, it } from 'vitest'
import { frontsOf } from '../../src/report/front.ts'
import { rankCandidates } from '../../src/report/ranking.ts'
import { renderReport } from '../../src/report/render-report.ts'
import { summarizeReport } from '../../src/report/summary.ts'
import { createStudy } from '../../src/study/create-study.ts'

/** Of forty examples: a short prompt that is right half the time, one that is longer and better, one longer and worse. */
function study() {
  const pool = [
    { id: 'short', text: 'Name it.' },
    { id: 'good', text: 'Name the folder the ticket belongs to.' },
    { id: 'beaten', text: 'Name the folder the ticket belongs to, whatever it says, or whoever wrote it.' },
  ]
  const right = { short: 20, good: 36, beaten: 10 }
  const created = createStudy({ pool, exampleCount: 40, policy: 'random', budget: { evaluations: 120 } })
  for (;;) {
    const next = created.next()
    if (next.kind !== 'act' || next.action.kind !== 'evaluate') break
    const { action } = next
    const { id } = action.candidate
    action.examples.forEach((example, position) => {
      const score = example < right[id as keyof typeof right] ? 1 : 0
      created.tellCell(action.id, position, {
        score,
        metrics: { tokens: { short: 50, good: 60, beaten: 5 }[id as keyof typeof right] + (example % 3) },
      })
    })
  }
  return created
}

describe('the front of score and price', () => {
  it('holds what no other prompt beats in both, with its probability', () => {
    const { state } = study()
    const [characters, tokens] = frontsOf(state, rankCandidates(state))
    expect(characters!.measure).toBe('characters')
    expect(characters!.points.map(({ id }) => id)).toEqual(['short', 'good'])
    expect(characters!.points[0]!.probability).toBe(1)
    expect(characters!.points[1]!.probability).toBeGreaterThan(0.95)
    expect(tokens!.measure).toBe('tokens')
    expect(tokens!.points[0]).toMatchObject({ id: 'beaten', probability: 1 })
    expect(tokens!.points.at(-1)!.id).toBe('good')
  })

  it('stands in the report and its data, and is the same every time', () => {
    const { state } = study()
    const page = renderReport({ state })
    expect(page).toContain('<h2>Score and price</h2>')
    expect(page).toContain('aria-label="Scores of 3 prompts against characters of the prompt;')
    expect(page).toContain('good: 0.900 for 38; on the front')
    expect(summarizeReport(state).fronts).toEqual(frontsOf(state, rankCandidates(state)))
    const [first] = summarizeReport(state).fronts
    expect(first!.points.every(({ probability }) => probability >= 0 && probability <= 1)).toBe(true)
  })

  it('is left out where there is nothing to choose', () => {
    const alone = createStudy({ pool: ['One.'], exampleCount: 4 })
    expect(frontsOf(alone.state, rankCandidates(alone.state))).toEqual([])
    expect(renderReport({ state: alone.state })).not.toContain('Score and price')
    const alike = createStudy({ pool: ['One.', 'Two.'], exampleCount: 4 })
    for (const candidate of [0, 1]) alike.observe({ candidate, score: candidate, count: 4 })
    expect(frontsOf(alike.state, rankCandidates(alike.state))).toEqual([])
  })
})
