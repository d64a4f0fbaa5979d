/**
 * A search while it runs: a table that is drawn over and over on a terminal, plain lines anywhere else.
 *
 * @module
 */
import type { SearchProgress } from '../engine/search.ts'
import { visibleText } from '../text/visible-text.ts'
import { createProgressLine, fit, type ProgressStream } from './progress-line.ts'
import { draftsText } from './run-text.ts'
import { writeRaw } from './terminal.ts'

export interface RunProgress {
  /** @param line - what is shown where there is no room for a table, and what remains of it. */
  show(progress: SearchProgress, line: string): void
  end(): void
}

interface TableStream extends ProgressStream {
  readonly rows?: number
  write(text: string, ...rest: never[]): boolean
}

/** Below these a table says less than a line. */
const FEWEST_COLUMNS = 72
const FEWEST_ROWS = 14
const INTERVAL = 100

/**
 * @param environment - `NO_COLOR`, `CI` and `TERM=dumb` ask for plain lines.
 * @example
 * const written: string[] = []
 * const stream = { write: (text: string) => written.push(text) > 0 }
 * const progress = { split: 'search', evaluations: 3, evaluationBudget: 10, calls: 3, usd: 0 } as const
 * createRunProgress(stream, {}).show(progress, '3 of 10')
 * written // ['3 of 10\n']: no terminal
 */
export function createRunProgress(
  stream: TableStream,
  environment: Readonly<Record<string, string | undefined>>,
  now: () => number = Date.now,
): RunProgress {
  const { NO_COLOR, CI, TERM } = environment
  const isLive = stream.isTTY === true && !NO_COLOR && !CI && TERM !== 'dumb'
  const line = createProgressLine(stream, now)
  const hasRoom = () => (stream.columns ?? 80) >= FEWEST_COLUMNS && (stream.rows ?? 24) >= FEWEST_ROWS
  if (!isLive || !hasRoom()) return { show: (_, text) => line.show(text), end: line.end }

  const write = stream.write
  let height = 0
  let shown = Number.NEGATIVE_INFINITY
  let last = ''
  const clear = () => {
    const drawn = height
    height = 0
    if (drawn > 0) writeRaw(stream, `\r\u001b[${drawn}A\u001b[J`)
  }
  const draw = (rows: readonly string[]) => {
    clear()
    const columns = (stream.columns ?? 80) - 1
    write.call(stream, `${rows.map((row) => fit(row, columns)).join('\n')}\n`)
    height = rows.length
  }
  // What others say goes above the table, which is drawn again below it.
  stream.write = (...said) => {
    clear()
    return write.apply(stream, said)
  }
  return {
    show(progress, text) {
      last = text
      if (now() - shown < INTERVAL) return
      shown = now()
      draw(hasRoom() ? tableOf(progress, text, (stream.columns ?? 80) - 1) : [text])
    },
    end() {
      if (stream.write === write) return
      clear()
      stream.write = write
      if (last !== '') stream.write(`${last}\n`)
    },
  }
}

const BAR = 24

/** The rows of the table: how far it is, then the leading prompts. */
function tableOf(progress: SearchProgress, line: string, columns: number) {
  const { evaluations, evaluationBudget, leaders = [], best, drafts } = progress
  const done = Number.isFinite(evaluationBudget) ? Math.min(1, evaluations / Math.max(1, evaluationBudget)) : 0
  const filled = Math.round(BAR * done)
  // The leader stands in the table, and drafts have a row of their own.
  const written = drafts ? draftsText(drafts) : ''
  const alone = line.replace(/, best .*?\](?=,|$)/, '')
  const head = drafts ? alone.replace(`, ${written}`, '') : alone
  const widest = Math.max(6, ...leaders.map(({ id }) => id.length))
  const name = Math.min(widest, Math.floor(columns / 3))
  const room = Math.max(0, columns - name - 34)
  const texts = tellingApart(leaders.map(({ text }) => visibleText(text).replaceAll(/\s+/g, ' ')))
  return [
    '',
    `${'━'.repeat(filled)}${'─'.repeat(BAR - filled)} ${head}`,
    ...(drafts ? [written] : []),
    '',
    ...(leaders.length === 0 ? [] : [`  ${'prompt'.padEnd(name)}  score ± s.d.    measured  text`]),
    ...leaders.map(({ id, mean, standardDeviation, evaluations, isBaseline }, row) =>
      [
        id === best ? '▸ ' : '  ',
        fit(visibleText(id).replaceAll(/\s+/g, ' '), name).padEnd(name),
        `  ${mean.toFixed(3)} ± ${standardDeviation.toFixed(3)}`.padEnd(18),
        `${String(evaluations).padStart(8)}  `,
        fit(`${isBaseline ? '(baseline) ' : ''}${texts[row]}`, room),
      ].join(''),
    ),
    '',
  ]
}

/** Beginnings shorter than this stay: what is left out must be worth the mark that says so. */
const SHORTEST_SHARED = 20

/** Texts that begin alike, from the word before the first that differs: a draft shows what is new in it. */
function tellingApart(texts: readonly string[]): string[] {
  return texts.map((text, row) => {
    const shared = Math.max(0, ...texts.map((other, place) => (place === row ? 0 : sharedStart(text, other))))
    const start = text.lastIndexOf(' ', Math.min(shared, text.length) - 1)
    return start < SHORTEST_SHARED ? text : `…${text.slice(start)}`
  })
}

function sharedStart(a: string, b: string): number {
  let length = 0
  while (length < a.length && a[length] === b[length]) length++
  return length
}
