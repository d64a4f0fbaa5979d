/**
 * Full evaluations of the prompts of a finite pool, one after the other.
 *
 * @module
 */
import type { CellScores } from '../cell-scores.ts'
import { nothingLeft } from '../nothing-left.ts'
import type { Decision, PendingCell, PolicyState } from '../policy.ts'

/** The examples of a candidate that are neither told nor pending. */
export function openExamples(
  cells: CellScores,
  pending: readonly PendingCell[],
  candidate: number,
  exampleCount: number,
): number[] {
  const waiting = new Set(pending.filter((cell) => cell.candidate === candidate).map((cell) => cell.example))
  const open: number[] = []
  for (let example = 0; example < exampleCount; example++) {
    if (!waiting.has(example) && !cells.has(candidate, example)) open.push(example)
  }
  return open
}

/** Measures the first candidate of the order that still has open examples on all of them, or on as many as are paid for. */
export function evaluateInOrder(
  state: PolicyState,
  cells: CellScores,
  order: Iterable<number>,
  exampleCount: number,
  summary: string,
): Decision {
  if (state.evaluationsLeft < 1) return { kind: 'done', reason: 'the budget is spent' }
  for (const candidate of order) {
    if (cells.count(candidate) >= exampleCount) continue
    const open = openExamples(cells, state.pending, candidate, exampleCount)
    if (open.length === 0) continue
    const examples = open.slice(0, state.evaluationsLeft)
    return { kind: 'act', action: { kind: 'evaluate', candidate, examples, reason: { summary } } }
  }
  return nothingLeft(state, 'every prompt has been measured on every example')
}
