/**
 * The cells of actions, one by one.
 *
 * @module
 */
import type { AskedComparison, AskedEvaluation, AskedGeneration } from '../study/asked.ts'
import type { OpenEvaluation } from '../study/state.ts'
import type { Study } from '../study/study.ts'

export interface Cell {
  readonly kind: 'cell'
  readonly action: number
  readonly position: number
  readonly evaluation: Omit<AskedEvaluation, 'kind' | 'id' | 'reason'> & Partial<Pick<AskedComparison, 'rival'>>
}

export const keyOf = (work: Cell | AskedGeneration) =>
  work.kind === 'cell' ? `${work.action}/${work.position}` : String(work.id)

/** Evaluations spent and asked for beyond the limit. */
export function overrun({ state }: Study): number {
  const { spent, reserved, limits } = state.ledger
  const { evaluations: limit = Number.POSITIVE_INFINITY } = limits
  return Math.max(0, Math.min(reserved.evaluations, spent.evaluations + reserved.evaluations - limit))
}

/** What was asked for and not told when the study was opened. */
export function openCells({ state }: Study, { asked, split, open }: OpenEvaluation): Cell[] {
  const evaluation = {
    candidate: state.candidates[asked.candidate]!,
    index: asked.candidate,
    ...(asked.rival === undefined ? {} : { rival: { candidate: state.candidates[asked.rival]!, index: asked.rival } }),
    examples: asked.examples,
    repeat: asked.repeat ?? 0,
    split,
  }
  return [...open].map((position) => ({ kind: 'cell', action: asked.action, position, evaluation }))
}

export function withoutRival({ rival: _, ...cell }: Cell['evaluation']) {
  return cell
}

export function cellsOf(action: AskedEvaluation | AskedComparison): Cell[] {
  return action.examples.map((_, position) => ({ kind: 'cell', action: action.id, position, evaluation: action }))
}
