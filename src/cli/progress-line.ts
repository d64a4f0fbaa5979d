import { writeRaw } from './terminal.ts'

/** Where progress goes. */
interface ProgressStream {
  readonly isTTY?: boolean
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
      stream.write(terminal ? text : `${text}\n`)
      dirty = terminal
    },
    end() {
      if (dirty) stream.write('\n')
      dirty = false
    },
  }
}
