/**
 * Actions that are handed out and not complete, and what of them is pending.
 *
 * @module
 */
import type { PendingComparison } from '../history/comparison.ts'
import type { PendingCell } from '../policy/policy.ts'
import type { AskedEvent, AskedToGenerateEvent, Split } from './events.ts'

/** An action that has been handed out and is not complete. */
export type OpenAction = OpenEvaluation | OpenGeneration

export interface OpenEvaluation {
  readonly kind: 'evaluate'
  readonly asked: AskedEvent
  readonly split: Split
  /** Positions that are neither told nor released, in order. */
  readonly open: Set<number>
}

export interface OpenGeneration {
  readonly kind: 'generate'
  readonly asked: AskedToGenerateEvent
}

/** Cells asked for and not told, oldest action first. */
export function pendingCells(actions: Iterable<OpenAction>, split: Split): PendingCell[] {
  const cells: PendingCell[] = []
  for (const action of actions) {
    if (action.kind !== 'evaluate' || action.split !== split || action.asked.rival !== undefined) continue
    const { candidate, examples, repeat } = action.asked
    for (const position of action.open) cells.push({ candidate, example: examples[position]!, repeat: repeat ?? 0 })
  }
  return cells
}

/** Comparisons asked for and not told, oldest action first. */
export function pendingComparisons(actions: Iterable<OpenAction>, split: Split): PendingComparison[] {
  const pending: PendingComparison[] = []
  for (const action of actions) {
    if (action.kind !== 'evaluate' || action.split !== split) continue
    const { candidate, rival, examples } = action.asked
    if (rival === undefined) continue
    for (const position of action.open) pending.push({ candidates: [candidate, rival], example: examples[position]! })
  }
  return pending
}
