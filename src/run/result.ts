import { comparisonTally } from '../policy/comparison.ts'
import { candidateText } from '../prompt/candidate.ts'
import { creditOf, type StudyCredit } from '../study/credit.ts'
import { countDrafts, type DraftCounts } from '../study/draft-counts.ts'
import type { Feasibility } from '../study/feasibility.ts'
import type { Spending } from '../study/ledger.ts'
import type { ScoreSummary } from '../study/score-summary.ts'
import type { StudyState } from '../study/state.ts'
import type { CombinedDifference, Conclusion, Verdict } from '../study/verdict.ts'

export interface ResultCandidate {
  readonly id: string
  readonly text: string
  readonly slots?: Readonly<Record<string, string>>
  readonly parameters?: Readonly<Record<string, unknown>>
  /** Posterior mean from the search. */
  readonly mean: number
  readonly interval: readonly [number, number]
  /** Mean score on the holdout; null without one. */
  readonly holdout: number | null
  readonly holdoutInterval?: readonly [number, number]
  /** With constraints: the probability of keeping them all, and the estimate of each. */
  readonly feasibility?: Feasibility
}

/** Every comparison between winner and baseline, of the search and on the holdout. */
export interface ComparisonTally {
  readonly wins: number
  readonly ties: number
  readonly losses: number
}

/** What a run ends with: the object `krige run --json` prints. */
export interface RunResult {
  readonly study: string
  readonly verdict: Verdict
  readonly winner: ResultCandidate & { readonly probabilityBest: number }
  readonly baseline:
    | (ResultCandidate & {
        readonly difference?: ScoreSummary
        readonly combined?: CombinedDifference
        readonly comparisons?: ComparisonTally
        /** @deprecated The name before `comparisons`. */
        readonly duels?: ComparisonTally
      })
    | null
  readonly spent: Spending
  /** Of a program of several stages: calls that were answered from what was paid for before. */
  readonly savedCalls?: number
  /** Of a program of several stages: what scores depend on, and which stage of the winner is to blame. */
  readonly credit?: StudyCredit
  /** What became of the prompts that were written, where any were. */
  readonly drafts?: DraftCounts
  readonly warnings: readonly string[]
  /** Path of the HTML report, once one is written. */
  readonly report: string | null
}

/**
 * What a search ended with, for people and programs.
 *
 * @example
 * const journal = createJournal(study, await createMemoryStore().acquire('tickets'))
 * const evaluate: CellEvaluator = async ({ index }) => ({ score: index / 3 })
 * resultOf(study.state, await runSearch({ study, journal, evaluate })).winner.id // 'p3'
 */
export function resultOf(state: StudyState, conclusion: Conclusion): RunResult {
  const describe = (index: number) => {
    const candidate = state.candidates[index]!
    return {
      id: candidate.id,
      text: candidateText(candidate),
      ...(candidate.slots ? { slots: candidate.slots } : {}),
      ...(candidate.parameters ? { parameters: candidate.parameters } : {}),
    }
  }
  const holdout = (summary: ScoreSummary | undefined) =>
    summary ? { holdout: summary.mean, holdoutInterval: summary.interval } : { holdout: null }
  const { winner, baseline, comparison, combined } = conclusion
  const { evaluations, calls, inputTokens, outputTokens, usd } = state.ledger.spent
  const drafts = countDrafts(state)
  const saved = savedCalls(state)
  const credit = creditOf(state, winner.candidate)
  const overrun = state.ledger.exceeded
  const tally =
    baseline && state.comparisons.length > 0
      ? comparisonTally([...state.comparisons, ...state.holdoutComparisons], winner.candidate, baseline.candidate)
      : undefined
  return {
    study: state.config.name,
    verdict: conclusion.verdict,
    winner: {
      ...describe(winner.candidate),
      mean: winner.mean,
      interval: winner.interval,
      probabilityBest: winner.probabilityBest,
      ...holdout(conclusion.holdout?.winner),
      ...(conclusion.feasibility ? { feasibility: conclusion.feasibility.winner } : {}),
    },
    baseline: baseline
      ? {
          ...describe(baseline.candidate),
          mean: baseline.mean,
          interval: baseline.interval,
          ...holdout(conclusion.holdout?.baseline),
          ...(conclusion.feasibility?.baseline ? { feasibility: conclusion.feasibility.baseline } : {}),
          ...(comparison ? { difference: comparison.difference } : {}),
          ...(combined ? { combined } : {}),
          ...(tally ? { comparisons: tally, duels: tally } : {}),
        }
      : null,
    spent: { evaluations, calls, inputTokens, outputTokens, usd },
    ...(saved === undefined ? {} : { savedCalls: saved }),
    ...(credit ? { credit } : {}),
    ...(drafts ? { drafts } : {}),
    warnings: [
      ...conclusion.warnings,
      ...(overrun.inputTokens + overrun.outputTokens > 0
        ? [
            `The provider charged ${overrun.inputTokens} input and ${overrun.outputTokens} output tokens more than the worst case we counted.`,
          ]
        : []),
    ],
    report: null,
  }
}

/** Calls that stages of a program did not take, because their input was as before. */
export function savedCalls({ measurements }: Pick<StudyState, 'measurements'>): number | undefined {
  const tallies = measurements.of('savedCalls')
  return tallies && [...tallies.values()].reduce((total, { sum }) => total + sum, 0)
}
