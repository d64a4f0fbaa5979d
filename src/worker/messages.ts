/**
 * What a coordinator and its workers say to each other.
 *
 * @module
 */
import { createHash } from 'node:crypto'
import type { CallEstimate, CallReport, CellName, Evaluation } from '../evaluation/evaluator.ts'
import type { Candidate } from '../prompt/candidate.ts'
import type { Example } from '../prompt/example.ts'

/** One cell to be measured. */
export interface CellJob {
  readonly cell: CellName
  readonly candidate: Candidate
  readonly rival?: Candidate
  readonly example: Example
  readonly repeat: number
  readonly seed: number
}

/**
 * A cell as it stands in the queue. It is a text there, because the database changes the order of keys in JSON, and does not
 * take every character.
 */
export interface QueuedCell {
  readonly key: string
  /** The {@link CellJob} as JSON. */
  readonly job: string
  /** Whether its worker measures nothing else meanwhile, because workers were lost that had it in hand. */
  readonly alone?: boolean
}

/** A worker has taken a cell. */
export interface Take {
  readonly type: 'take'
  readonly key: string
  readonly job: string
  /** Which delivery of the job it is. */
  readonly attempt: number
  readonly worker: number
}

/** A worker asks for one call. */
export interface Ask {
  readonly type: 'ask'
  /** Names the call. */
  readonly ask: string
  readonly key: string
  readonly worker: number
  readonly estimate: CallEstimate
}

export type ToCoordinator =
  | Take
  | Ask
  /** What a call that was granted took. */
  | { readonly type: 'settle'; readonly ask: string; readonly key: string; readonly report: Omit<CallReport, 'text'> }
  /** A call that was granted was not sent. */
  | { readonly type: 'release'; readonly ask: string; readonly key: string }
  /** The cell is measured. */
  | { readonly type: 'finish'; readonly key: string; readonly evaluation: Evaluation }

export interface ToWorker {
  readonly type: 'answer'
  readonly ask: string
  /** `gone`: the cell is not wanted any more. */
  readonly answer: 'granted' | 'refused' | 'gone'
}

/** What tells cells apart, also those of a log that was cut short and went on differently. */
export function keyOf({ cell, candidate, rival, example, repeat }: CellJob): string {
  const content = createHash('sha256')
    .update(JSON.stringify([candidate, rival ?? null, example, repeat]))
    .digest('hex')
  return `${cellKey(cell)}/${content.slice(0, 12)}`
}

export const cellKey = ({ action, position }: CellName) => `${action}/${position}`

export const workerMailbox = (id: number) => `krige_worker_${id}`

/** The channel on which it is said that studies began or ended; that of its cells is called as its queue. */
export const NEWS = 'krige_news'
