import { createHash } from 'node:crypto'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createJournal } from '../../src/engine/journal.ts'
import { runSearch } from '../../src/engine/search.ts'
import { failure } from '../../src/history/failure.ts'
import { html, toText } from '../../src/report/html.ts'
import { dollars, probability, score } from '../../src/report/numbers.ts'
import { rowLabel } from '../../src/report/plot.ts'
import { renderReport } from '../../src/report/render-report.ts'
import { progressPlot } from '../../src/report/score-plots.ts'
import { SEARCH_SCRIPT, SEARCH_SCRIPT_HASH } from '../../src/report/search-script.ts'
import { createStudy, type StudyOptions } from '../../src/study/create-study.ts'
import { escapeMarkup } from '../../src/text/escape-markup.ts'
import { breadthFirst, pool } from '../study/breadth-first.ts'

const HOSTILE = `</pre></details></td><script>alert(1)</script><img src=x onerror=alert(2)>" onmouseover='alert(3)' {{input}} \`\${x}\` ]]> --> &lt;`

async function finished(options: StudyOptions = {}, error?: string) {
  const study = createStudy({
    name: 'triage',
    pool: pool(6),
    policy: breadthFirst,
    exampleCount: 8,
    holdoutCount: 30,
    holdoutEvaluations: 60,
    baseline: 'p0',
    seed: 7,
    ...options,
  })
  await runSearch({
    study,
    journal: createJournal(study, { append: async () => {} }),
    evaluate: async ({ index, example }) =>
      error !== undefined && index === 1
        ? { failure: failure('program', error) }
        : { score: index === 3 || (index + example) % 2 === 0 ? 1 : 0 },
    holdoutExamples: 30,
    warnings: ['A warning.'],
  })
  return study.state
}

describe('html', () => {
  it('escapes whatever is put in, and keeps its own markup', () => {
    expect(toText(html`<a title="${'"<'}">${[html`<b>${1}</b>`, '&', undefined]}</a>`)).toBe(
      '<a title="&quot;&lt;"><b>1</b>&amp;</a>',
    )
  })

  it('never lets a tag, a quote or a control character through', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        const escaped = escapeMarkup(text)
        expect(escaped).not.toMatch(/[<>"'`]|(?![\t\n\r])\p{Cc}|\p{Surrogate}/u)
        expect(escaped.replace(/&(amp|lt|gt|quot|#39|#96);/g, '')).not.toContain('&')
      }),
    )
  })
})

describe('renderReport', () => {
  it('says verdict, winner, baseline, interval, spending and how to repeat it', async () => {
    const text = renderReport({
      state: await finished({ budget: { evaluations: 500, usd: 2 } }),
      startedAt: Date.UTC(2026, 0, 1),
      endedAt: Date.UTC(2026, 0, 1) + 90_000,
      version: '0.1.0',
    })
    for (const part of [
      '<span class="badge improved">improved</span>',
      'on 30 held-out examples',
      'Winner: p3',
      'Prompt number 3.',
      'Baseline: p0',
      '<td class="number">108</td><td class="number">500</td>',
      '$2.00',
      'A warning.',
      '<tr><th scope="row">seed</th><td>7</td></tr>',
      '2026-01-01 00:00 UTC, 1 min 30 s',
    ]) {
      expect(text).toContain(part)
    }
    expect(text.match(/<li[ >]/g)!.length).toBeGreaterThan(5)
    expect(text.match(/<script/g)).toHaveLength(1)
    expect(text).not.toMatch(/https?:|src=|url\(/)
    expect(text).toContain(`script-src '${SEARCH_SCRIPT_HASH}'`)
    expect(text.match(/<figure/g)!.length).toBeGreaterThanOrEqual(5)
    expect(text).not.toMatch(/NaN|Infinity/)
  })

  it('lets the browser run the script of the page and no other', () => {
    expect(SEARCH_SCRIPT_HASH).toBe(`sha256-${createHash('sha256').update(SEARCH_SCRIPT).digest('base64')}`)
  })

  it('shows what changed, before → after, and what separates winner and baseline with their answers', async () => {
    const state = await finished()
    const answers = [{ prompt: 'p0', example: 1, split: 'search' as const, repeat: 0, output: '<b>wrong</b>' }]
    const costs = [{ role: 'judge', calls: 3, inputTokens: 10, outputTokens: 2, usd: 0.5 }]
    const text = renderReport({ state, answers, costs })
    expect(text).toContain('Prompt number <del>0</del><ins>3</ins>.')
    expect(text).toContain('before → after')
    expect(text).toContain('&lt;b&gt;wrong&lt;/b&gt;')
    expect(text).toMatch(/<th scope="row">judge<\/th><td>unknown<\/td><td class="number">3<\/td>/)
  })

  it('says of a hash what it is a hash of', () => {
    const fingerprint = { task: 'tickets', examples: '0123456789abcdef' }
    const { state } = createStudy({ pool: pool(2), policy: breadthFirst, fingerprint })
    const text = renderReport({ state })
    expect(text).toContain('<th scope="row">the examples</th><td>has the hash 0123456789abcdef</td>')
    expect(text).toContain('<th scope="row">task</th><td>tickets</td>')
  })

  it('escapes whatever a prompt, a data set or a server wrote', async () => {
    const state = await finished(
      {
        name: HOSTILE,
        pool: [...pool(3), { id: HOSTILE, text: HOSTILE }, { id: 'slots', slots: { [HOSTILE]: HOSTILE } }],
        fingerprint: { [HOSTILE]: HOSTILE, model: HOSTILE },
        baseline: 'slots',
      },
      HOSTILE,
    )
    const text = renderReport({ state, command: HOSTILE, version: HOSTILE })
    expect(text.match(/<script/g)).toHaveLength(1)
    expect(text).not.toContain('<img')
    expect(text).not.toContain(`onmouseover='`)
    expect(text.match(/<\/pre>/g)).toHaveLength(text.match(/<pre/g)!.length)
  })

  it('shows a study that has not ended, and an empty one', () => {
    const study = createStudy({ pool: pool(2), policy: breadthFirst, exampleCount: 2 })
    expect(renderReport({ state: study.state })).toContain('Nothing has been measured yet.')
    study.tell(study.ask().id, [1])
    const text = renderReport({ state: study.state })
    expect(text).toContain('badge unfinished')
    expect(text).toContain('plain mean of 1.000 over 1 example')
  })

  it('keeps a pool of ten thousand long prompts within a few megabytes', async () => {
    const candidates = pool(10_000).map((candidate) => ({ ...candidate, text: candidate.text.repeat(300) }))
    const state = await finished({
      pool: candidates,
      exampleCount: 1,
      holdoutCount: 0,
      holdoutEvaluations: 0,
      budget: { evaluations: 50 },
    })
    expect(renderReport({ state }).length).toBeLessThan(16e6)
  })
})

describe('charts and numbers', () => {
  it('draws inside its frame and survives a flat curve', () => {
    const point = { mean: 0.5, interval: [0.5, 0.5] as const, label: 'a' }
    const text = toText(
      progressPlot([
        { ...point, evaluations: 1 },
        { ...point, evaluations: 2 },
      ]),
    )
    expect(text).not.toMatch(/NaN|Infinity/)
    expect(toText(progressPlot([]))).toContain('Too few checkpoints')
  })

  it('formats', () => {
    expect([score(0.12345), score(-0.00001), score(Number.NaN), score(123.456), score(-0.5)]).toEqual([
      '0.123',
      '0.000',
      '–',
      '123.5',
      '−0.500',
    ])
    expect([dollars(0), dollars(0.00123), dollars(12.3)]).toEqual(['$0', '$0.0012', '$12.30'])
    expect([probability(0.999), probability(0.001), probability(0.42)]).toEqual(['> 99%', '< 1%', '42%'])
  })
})

describe('names in a report', () => {
  it('stay apart where they begin alike, and leave room for the numbers beside them', () => {
    expect(rowLabel('definitions-when/none')).toBe('definiti…when/none')
    expect(rowLabel('bare')).toBe('bare')
    const long = 'a-name-without-spaces-that-is-longer-than-a-column-may-be'.repeat(3)
    const study = createStudy({
      pool: [1, 2, 3].map((k) => ({ id: `${long}-${k}`, text: 'Label it. '.repeat(k) })),
      exampleCount: 4,
      policy: 'random',
    })
    for (let k = 0; k < 8; k++) study.observe({ candidate: k % 2, example: k >> 1, score: k % 2 })
    const page = renderReport({ state: study.state })
    expect(page).toContain(`<th scope="row" class="name">${long}-1</th>`)
    expect(page).toContain('a-name-w…-may-be-1')
    expect(page, 'nothing is drawn for a prompt without a score').toContain('no score yet')
    expect(page).not.toContain('NaN')
  })
})
