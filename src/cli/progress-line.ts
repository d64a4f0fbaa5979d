import { writeRaw } from './terminal.ts'

/** Where progress goes. */
export interface ProgressStream {
  readonly isTTY?: boolean
  /** How wide a terminal is. @defaultValue 80 */
  readonly columns?: number
  write(text: string): unknown
}

export interface ProgressLine {
  /** Replaces the line on a terminal; elsewhere prints one now and then, and always the last. */
  show(text: string, position?: { readonly done: number; readonly total: number }): void
  end(): void
}

/** Milliseconds between two lines, on a terminal and elsewhere. */
const TERMINAL_INTERVAL = 100
const LOG_INTERVAL = 10_000

/**
 * @example
 * const lines: string[] = []
 * createProgressLine({ write: (text: string) => lines.push(text) }).show('3/10 cells', { done: 3, total: 10 })
 * lines // ['3/10 cells\n']
 */
export function createProgressLine(stream: ProgressStream, now: () => number = Date.now): ProgressLine {
  const terminal = stream.isTTY === true
  let shown = Number.NEGATIVE_INFINITY
  let dirty = false
  return {
    show(text, position) {
      const last = position !== undefined && position.done >= position.total
      if (!last && now() - shown < (terminal ? TERMINAL_INTERVAL : LOG_INTERVAL)) return
      shown = now()
      if (terminal) writeRaw(stream, '\r\u001b[2K')
      stream.write(terminal ? fit(text, (stream.columns || 80) - 1) : `${text}\n`)
      dirty = terminal
    },
    end() {
      if (dirty) stream.write('\n')
      dirty = false
    },
  }
}

/** What fits into a row: a line that wraps cannot be replaced. From Hangul on a character may take two columns, but for
 * arrows, boxes and their like. */
export function fit(text: string, columns: number): string {
  const shown: string[] = []
  let width = 0
  for (const { segment } of new Intl.Segmenter().segment(text)) {
    const code = segment.codePointAt(0)!
    width += code >= 0x1100 && !(code >= 0x2000 && code < 0x2600) ? 2 : 1
    if (width > columns) return `${shown.slice(0, -1).join('')}…`
    shown.push(segment)
  }
  return text
}
