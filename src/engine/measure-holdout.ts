import { evaluationsLeft } from '../study/allowance.ts'
import type { StudyState } from '../study/state.ts'
import { runCells } from './cell-loop.ts'

/**
 * Measures candidates on the first holdout examples, example by example, so that a cut leaves pairs. A program goes on
 * while the budget pays for more: calls were set aside for the worst case, and it takes fewer where it ends early.
 *
 * @param count As many were planned.
 * @returns whether those are measured.
 */
export async function measureHoldout(
  finalists: readonly number[],
  count: number,
  loop: Omit<Parameters<typeof runCells>[0], 'next'>,
): Promise<boolean> {
  const { study } = loop
  const { state } = study
  const isMissing = (candidate: number, example: number) => !state.holdoutCells.has(candidate, example, 0)
  const cells = (function* () {
    for (let example = 0; example < state.config.holdoutCount; example++) {
      const lacking = finalists.filter((candidate) => isMissing(candidate, example))
      if (example >= count && !isPaid(state, lacking.length)) return
      for (const candidate of lacking) yield [candidate, example] as const
    }
  })()
  await runCells({
    ...loop,
    next: () => {
      const cell = cells.next()
      if (cell.done) return { kind: 'done', reason: 'the holdout is measured' }
      if (state.ledger.left().evaluations < 1) return { kind: 'done', reason: 'the budget is spent' }
      return { kind: 'act', action: study.askHoldout(cell.value[0], [cell.value[1]]) }
    },
  })
  return isMeasured(count, (example) => !finalists.some((candidate) => isMissing(candidate, example)))
}

/** The same with comparisons: one per example says which is better on it. */
export async function measureHoldoutComparisons(
  winner: number,
  baseline: number,
  count: number,
  loop: Omit<Parameters<typeof runCells>[0], 'next'>,
): Promise<boolean> {
  const { study } = loop
  const { state } = study
  const isCompared = (example: number) => state.hasComparison('holdout', winner, baseline, example)
  const next = () => {
    for (let example = 0; example < state.config.holdoutCount; example++) {
      if (!isCompared(example)) return example < count || isPaid(state, 1) ? example : undefined
    }
    return undefined
  }
  await runCells({
    ...loop,
    next: () => {
      const example = next()
      if (example === undefined) return { kind: 'done', reason: 'the holdout is measured' }
      if (state.ledger.left().evaluations < 1) return { kind: 'done', reason: 'the budget is spent' }
      return { kind: 'act', action: study.askHoldoutComparison(winner, baseline, [example]) }
    },
  })
  return isMeasured(count, isCompared)
}

function isPaid(state: StudyState, evaluations: number): boolean {
  return state.config.callsPerEvaluation > 1 && evaluationsLeft(state) >= evaluations
}

function isMeasured(count: number, isKnown: (example: number) => boolean): boolean {
  return Array.from({ length: count }, (_, example) => example).every(isKnown)
}
