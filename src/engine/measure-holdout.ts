import { runCells } from './cell-loop.ts'

/** Measures candidates on the first holdout examples, example by example, so that a cut leaves pairs. */
export async function measureHoldout(
  finalists: readonly number[],
  count: number,
  loop: Omit<Parameters<typeof runCells>[0], 'next'>,
): Promise<boolean> {
  const { study } = loop
  const { state } = study
  const missing = function* () {
    for (let example = 0; example < count; example++) {
      for (const candidate of finalists)
        if (!state.holdoutCells.has(candidate, example, 0)) yield [candidate, example] as const
    }
  }
  const cells = missing()
  await runCells({
    ...loop,
    next: () => {
      const cell = cells.next()
      if (cell.done) return { kind: 'done', reason: 'the holdout is measured' }
      if (state.ledger.left().evaluations < 1) return { kind: 'done', reason: 'the budget is spent' }
      return { kind: 'act', action: study.askHoldout(cell.value[0], [cell.value[1]]) }
    },
  })
  return missing().next().done === true
}

/** One comparison per example says which is better on it. */
export async function measureHoldoutComparisons(
  winner: number,
  baseline: number,
  count: number,
  loop: Omit<Parameters<typeof runCells>[0], 'next'>,
): Promise<boolean> {
  const { study } = loop
  const { state } = study
  const missing = () => {
    for (let example = 0; example < count; example++) {
      if (!state.hasComparison('holdout', winner, baseline, example)) return example
    }
    return undefined
  }
  await runCells({
    ...loop,
    next: () => {
      const example = missing()
      if (example === undefined) return { kind: 'done', reason: 'the holdout is measured' }
      if (state.ledger.left().evaluations < 1) return { kind: 'done', reason: 'the budget is spent' }
      return { kind: 'act', action: study.askHoldoutComparison(winner, baseline, [example]) }
    },
  })
  return missing() === undefined
}
