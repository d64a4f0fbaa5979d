/**
 * Methods to compare with. The prompts of a stream come one after the other, each measured on everything its run
 * measured it on. With screening, only those are measured whose text promises enough.
 *
 * @module
 */
import { createCellScores } from '../../policy/cell-scores.ts'
import { nothingLeft } from '../../policy/nothing-left.ts'
import type { Policy, PolicyContext, PolicyState } from '../../policy/policy.ts'
import { recommendIndependently } from '../../policy/recommendation/pool-recommendation.ts'

/** How many examples are asked for at once. */
const BLOCK = 30

/**
 * Every prompt in order on every example, the first that is not finished first; recommended is the best mean among those
 * measured on most examples.
 *
 * @param accepts Whether a prompt is worth measuring, asked when its turn comes; everything is by default.
 */
export function createAsItCamePolicy(
  context: PolicyContext,
  accepts: (candidate: number, state: PolicyState) => boolean = () => true,
  name = 'as-it-came',
): Policy {
  const { exampleCount, estimand, seed } = context
  const cells = createCellScores(exampleCount)
  const verdicts: boolean[] = []
  return {
    name,
    next(state) {
      if (state.evaluationsLeft < 1) return { kind: 'done', reason: 'the budget is spent' }
      cells.read(state.observations)
      for (let candidate = 0; candidate < state.pool.length; candidate++) {
        if (cells.count(candidate) >= exampleCount) continue
        verdicts[candidate] ??= accepts(candidate, state)
        if (!verdicts[candidate]) continue
        const examples = Array.from({ length: exampleCount }, (_, example) => example)
          .filter((example) => !cells.has(candidate, example))
          .slice(0, Math.min(BLOCK, state.evaluationsLeft))
        return { kind: 'act', action: { kind: 'evaluate', candidate, examples } }
      }
      return nothingLeft(state, 'every prompt has been measured')
    },
    recommend(state) {
      cells.read(state.observations)
      const scored = (candidate: number) => cells.scores(candidate).filter((score) => Number.isFinite(score))
      const rows = state.pool.map((_, candidate) => scored(candidate))
      const most = Math.max(...rows.map((row) => row.length))
      if (most === 0) return undefined
      const mean = (candidate: number) =>
        rows[candidate]!.reduce((sum, score) => sum + score, 0) / rows[candidate]!.length
      const ranking = rows
        .flatMap((row, candidate) => (row.length === most ? [candidate] : []))
        .sort((a, b) => mean(b) - mean(a) || a - b)
      return recommendIndependently(state.pool.length, cells, ranking, { exampleCount, estimand, seed })
    },
  }
}
