/**
 * Walks a plan of rungs: which cell comes next, and who is ahead. Everything is recomputed from the outcomes; finished
 * rungs are remembered, since outcomes never change.
 *
 * @module
 */
import type { CellScores } from '../cell-scores.ts'
import type { Decision, PendingCell } from '../policy.ts'
import type { Rung } from './rungs.ts'

export interface HalvingRace {
  readonly starters: readonly number[]
  /** Starters, best first: those who went furthest, then by mean. */
  ranking(): readonly number[]
  next(pending: readonly PendingCell[]): Decision
}

export interface RaceSetup {
  /** In random order: equals keep it. */
  readonly starters: readonly number[]
  readonly rungs: readonly Rung[]
  /** Shared order of examples; a rung measures a prefix of it. */
  readonly examples: readonly number[]
  readonly cells: CellScores
}

export function createHalvingRace({ starters, rungs, examples, cells }: RaceSetup): HalvingRace {
  let rung = 0
  let survivors = starters
  let done = 0
  const dropped: number[] = []

  /** Mean over the first examples of the shared order; failures are left out, nothing measured counts as worst. */
  const meanOver = (candidate: number, count: number) => {
    let sum = 0
    let scored = 0
    for (let k = 0; k < count; k++) {
      const score = cells.score(candidate, examples[k]!)
      if (Number.isNaN(score)) continue
      sum += score
      scored++
    }
    return scored > 0 ? sum / scored : Number.NEGATIVE_INFINITY
  }
  const byMean = (mean: (candidate: number) => number) =>
    survivors
      .map((candidate) => ({ candidate, mean: mean(candidate) }))
      .sort((a, b) => (a.mean === b.mean ? 0 : b.mean - a.mean))
      .map((entry) => entry.candidate)

  /** Moves past rungs that are complete. */
  const advance = () => {
    for (; rung < rungs.length; rung++) {
      const end = rungs[rung]!.examples
      for (; done < end; done++) if (!survivors.every((candidate) => cells.has(candidate, examples[done]!))) return
      const ranked = byMean((candidate) => meanOver(candidate, end))
      const stay = rungs[rung + 1]?.survivors ?? ranked.length
      dropped.unshift(...ranked.slice(stay))
      survivors = ranked.slice(0, stay)
    }
  }

  return {
    starters,
    ranking() {
      advance()
      const measured = (candidate: number) => {
        let k = 0
        while (k < examples.length && cells.has(candidate, examples[k]!)) k++
        return meanOver(candidate, k)
      }
      return [...byMean(measured), ...dropped]
    },
    next(pending) {
      advance()
      if (rung === rungs.length) return { kind: 'done', reason: 'the last rung is complete' }
      const isPending = (candidate: number, example: number) =>
        pending.some((cell) => cell.candidate === candidate && cell.example === example && cell.repeat === 0)
      // Example by example, so that a stop in between is still paired.
      for (let k = done; k < rungs[rung]!.examples; k++) {
        const example = examples[k]!
        const open = survivors.find((candidate) => !cells.has(candidate, example) && !isPending(candidate, example))
        if (open !== undefined)
          return { kind: 'act', action: { kind: 'evaluate', candidate: open, examples: [example] } }
      }
      return { kind: 'wait' }
    },
  }
}
