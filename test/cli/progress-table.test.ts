import { describe, expect, it } from 'vitest'
import { createRunProgress } from '../../src/cli/progress-table.ts'
import { progressText } from '../../src/cli/run-text.ts'
import type { SearchProgress } from '../../src/engine/search.ts'

const ESCAPE = '\u001b'

function progressAt(evaluations: number, text = 'Which label fits?'): SearchProgress {
  const leader = { mean: 0.7, standardDeviation: 0.05, evaluations: 9, text }
  return {
    split: 'search',
    evaluations,
    evaluationBudget: 100,
    calls: evaluations,
    usd: 0,
    best: 'good',
    leaders: [
      { ...leader, id: 'good', isBaseline: false },
      { ...leader, id: 'plain', mean: 0.5, isBaseline: true },
    ],
  }
}

const LINE = 'search: 50/100 evaluations, 50 calls, best good 0.700 [0.6, 0.8], about 3 s left'

/** A terminal that keeps what is written, and can say what it would show. */
function terminal(size: { columns?: number; rows?: number; isTTY?: boolean } = {}) {
  const written: string[] = []
  const stream = {
    isTTY: true,
    columns: 100,
    rows: 30,
    ...size,
    write: (text: string) => written.push(text) > 0,
  }
  const screen = () => {
    const lines: string[] = ['']
    const steered = new RegExp(`\r${ESCAPE}\\[(\\d+)A${ESCAPE}\\[J`)
    for (const piece of written) {
      const up = steered.exec(piece)
      if (up) lines.splice(lines.length - 1 - Number(up[1]), Number.POSITIVE_INFINITY, '')
      else {
        const [first, ...rest] = piece.split('\n')
        lines[lines.length - 1] += first!
        lines.push(...rest)
      }
    }
    return lines.join('\n')
  }
  return { stream, written, screen }
}

describe('the table of a run', () => {
  it('shows how far it is and the leading prompts, and replaces itself', () => {
    const { stream, screen } = terminal()
    let time = 0
    const progress = createRunProgress(stream, {}, () => time)
    for (const evaluations of [10, 50]) {
      time += 1000
      progress.show(progressAt(evaluations), LINE)
    }
    expect(screen()).toBe(`
${'━'.repeat(12)}${'─'.repeat(12)} search: 50/100 evaluations, 50 calls, about 3 s left

  prompt  score ± s.d.    measured  text
▸ good    0.700 ± 0.050          9  Which label fits?
  plain   0.500 ± 0.050          9  (baseline) Which label fits?

`)
    progress.end()
    expect(screen()).toBe(`${LINE}\n`)
  })

  it('keeps the time left in sight, and shows what is new in prompts that begin alike', () => {
    const { stream, screen } = terminal({ columns: 80 })
    const start = 'Sort the ticket into one of six folders, which are listed below.'
    const shown = progressAt(50)
    const [good, plain] = shown.leaders!
    const drafts = { written: 64, rejected: { duplicate: 21, 'too-long': 2 }, measured: 15 }
    const leaders = [
      { ...good!, text: `${start} Do not explain.` },
      { ...good!, id: 'other', text: `${start} Answer in lower case.` },
      { ...plain!, text: 'Which label fits?' },
    ]
    const progress = { ...shown, drafts, leaders }
    createRunProgress(stream, {}).show(progress, progressText(progress, 'good', 3))
    const rows = screen().split('\n')
    expect(rows[1]).toMatch(/50\/100 evaluations, 50 calls, about 3 s left$/)
    expect(rows[2]).toBe('64 drafts written, 23 rejected (21 duplicate, 2 too-long), 15 measured')
    expect(rows[5]).toMatch(/9 {2}… Do not explain\.$/)
    expect(rows[6]).toMatch(/9 {2}… Answer in lower case\.$/)
    expect(rows[7]).toMatch(/\(baseline\) Which label fits\?$/)
  })

  it('says nothing of time at the end', () => {
    expect(progressText(progressAt(100), 'good', 0)).toBe('search: 100/100 evaluations, 100 calls')
  })

  it('leaves room for what others say', () => {
    const { stream, screen } = terminal()
    const write = stream.write
    const progress = createRunProgress(stream, {}, () => 0)
    progress.show(progressAt(50), LINE)
    stream.write('The server asks to wait.\n')
    expect(screen()).toBe('The server asks to wait.\n')
    progress.end()
    progress.end()
    expect(screen()).toBe(`The server asks to wait.\n${LINE}\n`)
    expect(stream.write).toBe(write)
  })

  it('fits every row, whatever stands in a prompt', () => {
    const { stream, written } = terminal({ columns: 80 })
    createRunProgress(stream, {}).show(
      progressAt(50, `${ESCAPE}[2J\nA\tvery long 良い prompt ${'x'.repeat(200)}`),
      LINE,
    )
    const text = written.join('')
    expect(text).not.toContain(ESCAPE)
    expect(text.trim().split('\n')).toHaveLength(5)
    for (const row of text.split('\n')) expect(row.length).toBeLessThan(80)
  })

  it.each([
    ['no terminal', { isTTY: false }, {}],
    ['NO_COLOR', {}, { NO_COLOR: '1' }],
    ['CI', {}, { CI: 'true' }],
    ['a dumb terminal', {}, { TERM: 'dumb' }],
    ['a narrow terminal', { columns: 60 }, {}],
    ['a low terminal', { rows: 10 }, {}],
  ])('is a plain line with %s', (_, size, environment) => {
    const { stream, written } = terminal(size)
    const progress = createRunProgress(stream, environment)
    progress.show(progressAt(50), LINE)
    progress.end()
    expect(written.join('')).not.toContain('━')
    expect(written.join('')).toContain(LINE.slice(0, 50))
  })
})
