/**
 * What a report says, as data: the same numbers as on the page.
 *
 * @module
 */
import { candidateText } from '../prompt/candidate.ts'
import type { ParameterValue } from '../space/parameter.ts'
import type { ScoreSummary } from '../study/score-summary.ts'
import type { StudyState } from '../study/state.ts'
import type { Verdict } from '../study/verdict.ts'
import type { RoleCost } from './costs.ts'
import { type Front, frontsOf } from './front.ts'
import {
  type PartImportance,
  partImportances,
  type ViewImportance,
  viewImportances,
  type WordEffect,
  wordEffects,
} from './importance.ts'
import { rankCandidates } from './ranking.ts'

/** One prompt of a report; `null` where nothing is known. */
export interface ReportedPrompt {
  readonly rank: number
  readonly id: string
  readonly text: string
  readonly mean: number | null
  readonly interval: readonly [number, number] | null
  /** Cells, with those that failed. */
  readonly measured: number
  readonly failed: number
}

/** Winner or baseline. */
export interface ReportedCandidate {
  readonly id: string
  readonly text: string
  readonly slots?: Readonly<Record<string, string>>
  readonly parameters?: Readonly<Record<string, ParameterValue>>
  readonly mean: number
  readonly interval: readonly [number, number]
  readonly holdout?: ScoreSummary
}

export interface ReportSummary {
  readonly study: string
  readonly verdict: Verdict | 'unfinished'
  /** Why the search ended. */
  readonly reason?: string
  /** The failure that stopped it before its end. */
  readonly stopped?: string
  readonly winner?: ReportedCandidate & { readonly probabilityBest: number }
  readonly baseline?: ReportedCandidate
  /** Winner − baseline on the holdout. */
  readonly difference?: ScoreSummary
  /** By the search, where prompts were compared instead of scored: then a score on the holdout is a share of wins. */
  readonly comparisons?: number
  readonly spent: StudyState['ledger']['spent']
  readonly costs: readonly RoleCost[]
  readonly importance: {
    readonly parts: readonly PartImportance[]
    readonly words: readonly WordEffect[]
    readonly views: readonly ViewImportance[]
  }
  /** Score against length, and against money, tokens and time where they were measured. */
  readonly fronts: readonly Front[]
  readonly warnings: readonly string[]
  /** Best first. */
  readonly prompts: readonly ReportedPrompt[]
}

/**
 * @example
 * summarizeReport(study.state).verdict // 'unfinished'
 */
export function summarizeReport(state: StudyState, costs: readonly RoleCost[] = []): ReportSummary {
  const { conclusion, candidates, config } = state
  const rows = rankCandidates(state)
  const known = (name: 'winner' | 'baseline'): ReportedCandidate | undefined => {
    const judged = conclusion?.[name]
    const candidate = judged && candidates[judged.candidate]
    const holdout = conclusion?.holdout?.[name]
    return (
      candidate && {
        id: candidate.id,
        text: candidateText(candidate),
        ...(candidate.slots ? { slots: candidate.slots } : {}),
        ...(candidate.parameters ? { parameters: candidate.parameters } : {}),
        mean: judged.mean,
        interval: rows.find(({ index }) => index === judged.candidate)?.interval ?? judged.interval,
        ...(holdout ? { holdout } : {}),
      }
    )
  }
  const winner = known('winner')
  const baseline = known('baseline')
  return {
    study: config.name,
    verdict: conclusion?.verdict ?? 'unfinished',
    ...(conclusion ? { reason: conclusion.reason } : {}),
    ...(state.stopped === undefined ? {} : { stopped: state.stopped }),
    ...(winner ? { winner: { ...winner, probabilityBest: conclusion!.winner.probabilityBest } } : {}),
    ...(baseline ? { baseline } : {}),
    ...(conclusion?.comparison ? { difference: conclusion.comparison.difference } : {}),
    ...(state.comparisons.length > 0 ? { comparisons: state.comparisons.length } : {}),
    spent: { ...state.ledger.spent },
    costs,
    importance: { parts: partImportances(rows), words: wordEffects(rows), views: viewImportances(rows) },
    fronts: frontsOf(state, rows),
    warnings: conclusion?.warnings ?? [],
    prompts: rows.map((row, position) => ({
      rank: position + 1,
      id: row.candidate.id,
      text: candidateText(row.candidate),
      mean: Number.isFinite(row.mean) ? row.mean : null,
      interval: row.interval.every(Number.isFinite) ? row.interval : null,
      measured: row.measured,
      failed: row.failed,
    })),
  }
}
