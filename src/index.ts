/**
 * Find the best prompt with the fewest calls.
 *
 * @example
 * import { optimize } from 'krige'
 * const result = await optimize({ prompts, examples, evaluate, budget: { evaluations: 1000 }, seed: 1 })
 * result.winner.text // 'Think step by step, then name the label.'
 *
 * @module
 */
import './node-version.ts'

export { type AnalyticAcquisition, logExpectedImprovement, upperConfidenceBound } from './acquisition/index.ts'
export type { Embedder } from './embedding/embedder.ts'
export { type OpenEmbedderOptions, openEmbedder } from './embedding/open-embedder.ts'
export { type ConcludeOptions, type Concluding, concludeStudy } from './engine/conclude-study.ts'
export type { Leader } from './engine/leaders.ts'
export {
  BudgetError,
  ConflictError,
  CorruptError,
  InvalidArgumentError,
  InvalidInputError,
  KrigeError,
  type KrigeErrorCode,
  NonFiniteError,
  NotPositiveDefiniteError,
  UnavailableError,
} from './errors.ts'
export type { Evaluation, Evaluator } from './evaluation/evaluator.ts'
export type { Generate, GenerateContext } from './evaluation/models/function-model.ts'
export type {
  Program,
  ProgramCall,
  ProgramCandidate,
  ProgramContext,
  ProgramExample,
} from './evaluation/user-code/program.ts'
export type {
  Feedback,
  Measurement,
  MeasurementInput,
  Measurements,
  WrittenMeasurement,
} from './history/measurement.ts'
export type { ObservationHistory } from './history/observation-log.ts'
export type { CallTrace, Trace } from './history/trace.ts'
export { type Backend, createBackend, openBackend } from './numerics/linalg/index.ts'
export type {
  Action,
  Decision,
  Estimand,
  Policy,
  PolicyContext,
  PolicyFactory,
  PolicyState,
  Recommendation,
} from './policy/policy.ts'
export type { PolicyEntry } from './policy/policy-entry.ts'
export { learnPrior, type TaskHistory } from './policy/prior/learn-prior.ts'
export type { LearnedPrior, LearnedTask } from './policy/prior/learned-prior.ts'
export { POLICIES } from './policy/registry.ts'
export { type Candidate, candidateText, type PoolEntry } from './prompt/candidate.ts'
export type { Example } from './prompt/example.ts'
export type { ProgramStage, ProgramState, StagedProgram, StageSampling, Transition } from './prompt/staged-program.ts'
export type { ProposerSpecification } from './proposer/registry.ts'
export { type RankedText, type RankOptions, rank } from './rank.ts'
export {
  createPriceList,
  makePlan,
  type Plan,
  type Price,
  type RunResult,
  type RunTaskOptions,
  runTask,
  type SearchProgress,
} from './run/index.ts'
export {
  type EvaluateContext,
  type OptimizeOptions,
  type OptimizeResult,
  optimize,
} from './run/optimize.ts'
export { defineSpace, type ParameterInput, type ParameterValue, type Space } from './space/parameter.ts'
export {
  createMemoryStore,
  exportJsonLines,
  importJsonLines,
  loadStudy,
  openSqliteStore,
  openStore,
  type Store,
  type StoredStudy,
  type StudyLease,
} from './store/index.ts'
export {
  type AskedAction,
  type Budget,
  type Conclusion,
  comparePaired,
  createStudy,
  creditOf,
  detectableDifference,
  type Next,
  neededExamples,
  type PowerOptions,
  restoreStudy,
  type Spending,
  type Study,
  type StudyCredit,
  type StudyEvent,
  type StudyOptions,
  type StudyState,
  summariseScores,
  summarizeScores,
  type Verdict,
} from './study/index.ts'
export { gaussianProcess } from './surrogate/gaussian-process/index.ts'
export { matern52 } from './surrogate/kernels/index.ts'
export { type Points, points } from './surrogate/points.ts'
export type { Posterior } from './surrogate/posterior.ts'
export type { Surrogate } from './surrogate/surrogate.ts'
export { defineTask } from './task/define-task.ts'
export { loadTask } from './task/load-task.ts'
export type { Task } from './task/task.ts'
