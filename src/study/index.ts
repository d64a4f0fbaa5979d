/**
 * Ask, tell, and an exact budget in between.
 *
 * @module
 */
import '../node-version.ts'

export type { GenerateAction } from '../policy/policy.ts'
export type { StudyCalls, StudyHoldout, StudyJournal, StudySearch } from './audiences.ts'
export type { Summary } from './checks.ts'
export { createStudy, DEFAULT_POLICY, parseLog, restoreStudy, type StudyOptions } from './create-study.ts'
export { creditOf, type StudyCredit } from './credit.ts'
export { type Direction, EVENT_VERSION, type Split, type StudyConfig, type StudyEvent } from './events.ts'
export type { CandidateExplanation } from './explain-candidate.ts'
export { type Budget, type CallCost, createLedger, type Ledger, type Spending } from './ledger.ts'
export { detectableDifference, neededExamples, type PowerOptions, sampleSizeWarnings } from './sample-size.ts'
export { type ScoreSummary, summariseScores, summarizeScores } from './score-summary.ts'
export { createFold, foldEvents, type OpenAction, type StudyFold, type StudyState } from './state.ts'
export {
  type AskedAction,
  type AskedComparison,
  type AskedEvaluation,
  type AskedGeneration,
  type Next,
  openStudy,
  type Study,
  type StudyEnvironment,
} from './study.ts'
export type { TextPosterior, TextProspect } from './text-posterior.ts'
export {
  type Conclusion,
  comparePaired,
  judge,
  type PairedComparison,
  type Verdict,
} from './verdict.ts'
