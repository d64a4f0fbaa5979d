import { describe, expect, it } from 'vitest'
import { createJournal } from '../../src/engine/journal.ts'
import { runSearch } from '../../src/engine/search.ts'
import { createCostCounter } from '../../src/report/costs.ts'
import { partImportances, viewImportances, wordEffects } from '../../src/report/importance.ts'
import { rankCandidates } from '../../src/report/ranking.ts'
import { reportLines, reportMarkdown } from '../../src/report/report-text.ts'
import { summarizeReport } from '../../src/report/summary.ts'
import { createStudy } from '../../src/study/create-study.ts'
import type { StudyEvent } from '../../src/study/events.ts'
import { breadthFirst } from '../study/breadth-first.ts'

/** Sixteen prompts of two slots; those that say `carefully` are right, whatever the tone. */
async function twoSlots() {
  const pool = Array.from({ length: 16 }, (_, index) => ({
    id: `p|${index}`,
    slots: {
      instruction: index % 2 === 0 ? 'Answer carefully.' : 'Answer.',
      tone: ['Be kind.', 'Be short.', 'Be exact.', 'Be calm.'][(index >> 1) % 4]!,
      number: `Version ${index}.`,
    },
  }))
  const study = createStudy({ name: 'slots', pool, policy: breadthFirst, exampleCount: 6, baseline: 'p|1', seed: 1 })
  await runSearch({
    study,
    journal: createJournal(study, { append: async () => {} }),
    evaluate: async ({ index, example }) => ({ score: index % 2 === 0 ? Number(example > 0) : Number(example === 0) }),
    holdoutExamples: 0,
    warnings: ['Mind `this`.'],
  })
  return study.state
}

describe('what matters', () => {
  it('is the slot and the word that scores follow, not the others', async () => {
    const rows = rankCandidates(await twoSlots())
    const parts = partImportances(rows)
    expect(parts[0]).toMatchObject({ name: 'instruction', kind: 'slot', values: 2 })
    expect(parts[0]!.share).toBeGreaterThan(0.9)
    expect(parts.find(({ name }) => name === 'tone')!.share).toBeLessThan(0.1)
    // Different everywhere: it would explain everything and say nothing.
    expect(parts.some(({ name }) => name === 'number')).toBe(false)
    const nearly = rows.map((row, place) => {
      const number = String(Math.max(1, place))
      return { ...row, candidate: { id: row.candidate.id, slots: { number } } }
    })
    expect(partImportances(nearly)).toEqual([])
    const [word] = wordEffects(rows)
    expect(word).toMatchObject({ word: 'carefully', alike: [], prompts: 8 })
    const twice = rows.map((row) => {
      const text = row.index % 2 === 0 ? 'Read slowly carefully.' : `Answer ${row.index}.`
      return { ...row, candidate: { id: row.candidate.id, text } }
    })
    // Nothing tells these three apart: they are one.
    const together = wordEffects(twice).map(({ word, alike }) => [word, ...alike].sort())
    expect(together).toEqual(expect.arrayContaining([['answer'], ['carefully', 'read', 'slowly']]))
    expect(together).toHaveLength(2)
    expect(word!.difference).toBeGreaterThan(0.3)
    expect(viewImportances(rows).some(({ correlation }) => correlation > 0.5)).toBe(true)
  })
})

describe('a report as data and text', () => {
  it('says the same as the page, and null where nothing is known', async () => {
    const summary = summarizeReport(await twoSlots())
    expect(summary.winner!.id).toBe(summary.prompts[0]!.id)
    expect(summary.prompts).toHaveLength(16)
    expect(summary.prompts[0]).toMatchObject({ rank: 1, measured: 6, failed: 0 })
    expect(summary.spent.evaluations).toBe(96)
    expect(JSON.parse(JSON.stringify(summary))).toEqual(summary)

    const study = createStudy({ pool: [{ id: 'a', text: 'A' }], policy: breadthFirst, exampleCount: 2 })
    const unknown = summarizeReport(study.state)
    expect(unknown).toMatchObject({ verdict: 'unfinished', prompts: [{ mean: null, interval: null, measured: 0 }] })
    expect(reportLines(unknown)).toContain('unfinished')
    expect(reportLines(unknown)).not.toMatch(/NaN|Infinity|undefined/)
  })

  it('fits a terminal, with the scale of the bars above them', async () => {
    const summary = summarizeReport(await twoSlots())
    const [first, ...rest] = summary.prompts
    const long = { ...summary, prompts: [{ ...first!, id: 'a-name-that-somebody-made-of-all-the-settings' }, ...rest] }
    for (const columns of [60, 80, 120]) {
      for (const shown of [summary, long]) {
        const lines = reportLines(shown, columns).split('\n')
        const widest = Math.max(...lines.map((line) => line.length))
        expect(widest).toBeLessThanOrEqual(columns)
        if (shown === long) expect(lines.join('\n')).toMatch(/ 1 {2}a-name\S*…\S*settings /)
        expect(lines.find((line) => line.includes('measured'))).toMatch(
          /^ {6}prompt +\d\.\d{3} +\d\.\d{3} +score {2}measured$/,
        )
      }
    }
  })

  it('shows the text of a prompt whose id is but a number', async () => {
    const { prompts, ...rest } = summarizeReport(await twoSlots())
    const summary = {
      ...rest,
      prompts: [{ ...prompts[0]!, id: '3', text: 'Name the folder:\nshipping, billing or bug.' }],
    }
    expect(reportLines(summary)).toContain('   1  3 Name the folder: ship…  ')
    expect(reportMarkdown(summary)).toContain('| 1 | 3 Name the folder: shipping, billing or bug. |')
  })

  it('is Markdown in which no id and no text is markup', async () => {
    const text = reportMarkdown(summarizeReport(await twoSlots()))
    expect(text).toContain('| p\\|0 |')
    expect(text).toContain('Mind \\`this\\`.')
    expect(text).toContain('Answer{+ carefully+}.')
    const summary = summarizeReport(await twoSlots())
    const fenced = { ...summary, winner: { ...summary.winner!, text: '```\n# x' } }
    expect(reportMarkdown(fenced)).toContain('````text\n```\n# x\n````')
  })

  it('adds up what calls took by role, and nothing that was not sent', () => {
    const counter = createCostCounter()
    const cost = { inputTokens: 10, outputTokens: 5, usd: 1 }
    const events = [
      { v: 1, type: 'reserved', call: 1, ...cost, for: { action: 1, role: 'task' } },
      { v: 1, type: 'reserved', call: 2, ...cost, for: { action: 1, role: 'judge', stage: 'check' } },
      { v: 1, type: 'reserved', call: 3, ...cost, for: { action: 1, role: 'task' } },
      { v: 1, type: 'settled', call: 1, inputTokens: 4, outputTokens: 2, usd: 0.5 },
      { v: 1, type: 'settled', call: 2, ...cost },
      { v: 1, type: 'settled', call: 3, ...cost, unsent: true },
    ] as unknown as StudyEvent[]
    for (const event of events) counter.add(event)
    expect(counter.costs()).toEqual([
      { role: 'judge', stage: 'check', calls: 1, ...cost },
      { role: 'task', calls: 1, inputTokens: 4, outputTokens: 2, usd: 0.5 },
    ])
  })
})
