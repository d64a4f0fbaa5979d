import { describe, expect, it } from 'vitest'
import { createJournal } from '../../src/engine/journal.ts'
import { runSearch } from '../../src/engine/search.ts'
import { rankCandidates } from '../../src/report/ranking.ts'
import { renderReport } from '../../src/report/render-report.ts'
import { reportLines } from '../../src/report/report-text.ts'
import { summarizeReport } from '../../src/report/summary.ts'
import { createStudy, type StudyOptions } from '../../src/study/create-study.ts'
import type { AskedEvaluation } from '../../src/study/study.ts'
import { posteriorInterval } from '../../src/study/verdict.ts'
import { INTERVAL_LEVEL } from '../../src/surrogate/interval-level.ts'
import { breadthFirst, pool } from '../study/breadth-first.ts'

/** Rows of the table of all prompts: mean, interval, n. */
function table(page: string): (string | undefined)[][] {
  return [...page.matchAll(/<span class="numbers"><b>([^<]*)<\/b> <span class="quiet">(.*?), [\d,]+ measured/g)].map(
    ([, mean, range]) => [mean, range],
  )
}

async function concluded(options: StudyOptions, scoreOf: (index: number, example: number) => number) {
  const study = createStudy({ pool: pool(4), policy: breadthFirst, exampleCount: 8, ...options })
  await runSearch({
    study,
    journal: createJournal(study, { append: async () => {} }),
    evaluate: async ({ index, example }) => ({ score: scoreOf(index, example) }),
    holdoutExamples: options.holdoutCount ?? 0,
  })
  return study.state
}

describe('a report', () => {
  it('has intervals of one level, and says which', async () => {
    const stages = ['plan', 'write']
    const staged = pool(4).map(({ id, text }) => ({ id, slots: { plan: text, write: `${text} ${id}` } }))
    for (const options of [{}, { stages, pool: staged }]) {
      const page = renderReport({ state: await concluded(options, (index) => index / 4) })
      expect(page.includes('<h2>Stages</h2>')).toBe('stages' in options)
      const levels = [...page.matchAll(/(\d+)% interval/g)].map(([, level]) => level)
      expect(levels.length).toBeGreaterThan(2)
      expect(new Set(levels)).toEqual(new Set(['95']))
    }
  })

  it('draws every interval at that level, the winner and the others', async () => {
    const state = await concluded({ policy: 'successive-halving' }, (index, example) => Number(example % 4 < index))
    const { level, candidate } = state.conclusion!.winner
    expect(level).toBe(INTERVAL_LEVEL)
    const others = rankCandidates(state).filter(({ index }) => index !== candidate)
    expect(others).toHaveLength(3)
    for (const { index, mean, interval } of others) {
      const deviation = state.conclusion!.standardDeviations[index]!
      expect(interval).toEqual(posteriorInterval(mean, deviation, state.conclusion!.means, INTERVAL_LEVEL))
      expect(interval).not.toEqual(posteriorInterval(mean, deviation, state.conclusion!.means, 0.9))
    }
  })

  it('shows how little an unfinished study knows: no interval of zero width', () => {
    const study = createStudy({ pool: pool(2), policy: breadthFirst, exampleCount: 5 })
    while (study.state.observations.length < 8) {
      const { id, index, examples } = study.ask() as AskedEvaluation
      study.tell(
        id,
        examples.map((example) => (index === 0 ? 1 : Number(example > 3))),
      )
    }
    const rows = table(renderReport({ state: study.state }))
    expect(rows).toHaveLength(2)
    for (const [, range] of rows) {
      const [low, high] = JSON.parse(range!)
      expect(high! - low!).toBeGreaterThan(0.2)
    }
  })

  it('has no interval where nothing was measured, and that of a summary where one was told', () => {
    const study = createStudy({ pool: pool(3), policy: breadthFirst, exampleCount: 100 })
    study.observe({ candidate: 0, score: 0.5, count: 100, standardError: 0.05 })
    const page = renderReport({ state: study.state })
    expect(table(page)).toEqual([['0.500', '[0.402, 0.598]']])
    expect(page.match(/no score yet/g)).toHaveLength(2)
  })

  it('counts the evaluations of the search beside what measuring everything takes', async () => {
    const state = await concluded(
      { pool: pool(2), baseline: 'p0', holdoutCount: 10, holdoutEvaluations: 20 },
      (index) => index,
    )
    expect(state.ledger.spent.evaluations).toBe(36)
    expect(renderReport({ state })).toContain(
      '<b>16</b><span>evaluations by the search; measuring everything takes 16</span>',
    )
  })

  it('gives of comparisons no score before and after, and counts those that can be made', async () => {
    const study = createStudy({
      policy: 'comparison',
      baseline: 'p0',
      pool: pool(3),
      exampleCount: 4,
      holdoutCount: 4,
      holdoutEvaluations: 4,
    })
    await runSearch({
      study,
      journal: createJournal(study, { append: async () => {} }),
      evaluate: async ({ candidate, rival }) => ({ score: Number(candidate.id > rival!.id) }),
      holdoutExamples: 4,
    })
    const page = renderReport({ state: study.state })
    expect(study.state.conclusion!.holdout!.baseline!.mean).toBe(0)
    expect(page).not.toContain('before → after')
    expect(page).toContain('measuring everything takes 8')
    const [headline] = reportLines(summarizeReport(study.state), 200).split('\n')
    expect(headline).toContain(', 1.000 of the comparisons won on held-out examples (difference +1.000,')
  })

  it('says what changed slot by slot, and in the parameters', async () => {
    const of = (id: string, find: string, say: string, rounds: number) => ({
      ...{ id, slots: { find, say }, parameters: { rounds } },
    })
    const state = await concluded(
      { pool: [of('p0', 'Find it.', 'Say it.', 1), of('p1', 'Say it.', 'Say it.', 2)], baseline: 'p0' },
      (index) => index,
    )
    const summary = summarizeReport(state)
    expect(summary.winner).toMatchObject({ slots: { find: 'Say it.' }, parameters: { rounds: 2 } })
    expect(reportLines(summary)).toContain('find:\n[-Find-]{+Say+} it.\n\nrounds = [-1-]{+2+}\n\n')
    expect(renderReport({ state })).toContain(
      '<p class="slot">find</p><pre class="difference" dir="auto"><del>Find</del><ins>Say</ins> it.</pre><pre class="difference" dir="auto">rounds = <del>1</del><ins>2</ins></pre>',
    )
  })

  it('draws the baseline where search and holdout together say it is', async () => {
    const state = await concluded(
      {
        policy: 'successive-halving',
        baseline: 'p0',
        holdoutCount: 40,
        holdoutEvaluations: 80,
        budget: { evaluations: 84 },
      },
      (index) => (index === 3 ? 1 : 0),
    )
    const { baseline, holdout } = state.conclusion!
    expect(baseline!.mean).toBeGreaterThan(0.3)
    expect(holdout!.baseline!.mean).toBe(0)
    const drawn = Number(/>baseline ([\d.]+)</.exec(renderReport({ state }))?.[1])
    expect(drawn).toBeLessThan(0.1)
  })

  it('names the store that an export needs, and no command that nobody gave', async () => {
    const state = await concluded({ name: "Anna's study" }, (index) => index / 4)
    const page = renderReport({ state, store: '.krige/quick start.db' })
    expect(page).toContain(
      'krige export &#39;Anna&#39;\\&#39;&#39;s study&#39; --format jsonl --store &#39;.krige/quick start.db&#39;',
    )
    expect(page).not.toContain('krige run')
  })
})
