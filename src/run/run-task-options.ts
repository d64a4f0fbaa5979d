import * as z from 'zod'
import { functionSchema, objectWith } from '../check-input.ts'
import type { Embedder } from '../embedding/embedder.ts'
import type { FollowedJournal } from '../engine/follow-journal.ts'
import type { Hold } from '../engine/hold.ts'
import type { SearchProgress } from '../engine/search.ts'
import type { Telemetry } from '../engine/telemetry.ts'
import type { Evaluator } from '../evaluation/evaluator.ts'
import type { PolicyContext, PolicyFactory } from '../policy/policy.ts'
import type { LearnedPrior } from '../policy/prior/learned-prior.ts'
import type { Store } from '../store/store.ts'
import type { StudyEvent } from '../study/events.ts'
import type { Study } from '../study/study.ts'
import type { Task } from '../task/task.ts'
import type { EarlierStudy } from './earlier-study.ts'
import type { Plan } from './plan.ts'
import type { PriceOf } from './prices.ts'
import type { Generating } from './proposing.ts'

/** A study that is running in this process. */
export interface LiveStudy {
  readonly study: Study
  /** Every event of the study, in order. */
  readonly log: readonly StudyEvent[]
  readonly journal: FollowedJournal
  /** The input of a search example, as its template shows it. */
  inputOf(example: number): string
  /** Texts a policy may see from now on: a prompt is made known before it joins the pool. */
  introduce(texts: readonly string[]): Promise<void>
}

export interface RunTaskOptions {
  readonly task: Task
  readonly evaluator: Evaluator
  /**
   * Makes the embedder, told which one the study was started with. `undefined`: none, the policy sees prompts only
   * through views that need no model.
   */
  readonly embedder: (recorded: string | undefined) => Promise<Embedder | undefined>
  readonly store: Store
  /** Opens the numeric backend, told which one the study was started with. */
  readonly backend: (recorded: string | undefined) => Promise<PolicyContext['backend']>
  readonly priceOf: PriceOf
  /** @defaultValue the name of the task */
  readonly name?: string
  /** @defaultValue 'krige', or what the study was started with */
  readonly policy?: string | PolicyFactory
  /** Settings of a registered policy, such as `{ eta: 3 }`. @defaultValue its own, or what the study was started with */
  readonly policyOptions?: Readonly<Record<string, unknown>>
  /** @defaultValue 1, or what the study was started with */
  readonly seed?: number
  readonly priors?: readonly EarlierStudy[]
  /** What was learned on other tasks. @defaultValue the task's, or what the study was started with */
  readonly prior?: LearnedPrior
  /** How this run was asked for: the log keeps it, for reports. No secrets. */
  readonly command?: string
  /** Whether the log keeps the texts of prompts; otherwise only hashes. @defaultValue true */
  readonly storeText?: boolean
  /** Makes candidates for `generate` actions of the policy. @defaultValue none */
  readonly generation?: Generating
  /** Cells in flight; a function is asked whenever there is room for one more. @defaultValue what the evaluator says */
  readonly concurrency?: number | (() => number)
  readonly signal?: AbortSignal
  readonly onPlan?: (plan: Plan, resumed: boolean) => void
  readonly onProgress?: (progress: SearchProgress) => void
  readonly onNotice?: (notice: string) => void
  /** Told of the study once it is open: for those who watch it and have a say. */
  readonly onOpen?: (live: LiveStudy) => void
  /** Nothing starts while it holds. @defaultValue nothing does */
  readonly hold?: Hold
  /** Spans for the run, its decisions and cells. @defaultValue none */
  readonly telemetry?: Telemetry
}

/** What {@link RunTaskOptions} must be. */
export const runTaskOptionsSchema = z.strictObject({
  task: z.looseObject({ pool: z.array(z.unknown()) }, 'expected a task, as defineTask or loadTask give it'),
  evaluator: objectWith('evaluate', 'estimate'),
  embedder: functionSchema,
  store: objectWith('acquire'),
  backend: functionSchema,
  priceOf: functionSchema,
  name: z.string().min(1).optional(),
  policy: z.union([z.string(), functionSchema]).optional(),
  policyOptions: z.record(z.string(), z.unknown()).optional(),
  seed: z.int().optional(),
  priors: z.array(z.unknown()).optional(),
  prior: z.unknown().optional(),
  command: z.string().optional(),
  storeText: z.boolean().optional(),
  generation: objectWith('generate').optional(),
  concurrency: z.union([z.int().positive(), functionSchema]).optional(),
  signal: z.instanceof(AbortSignal).optional(),
  onPlan: functionSchema.optional(),
  onProgress: functionSchema.optional(),
  onNotice: functionSchema.optional(),
  onOpen: functionSchema.optional(),
  hold: objectWith('pause').optional(),
  telemetry: objectWith('traceRun').optional(),
} satisfies Record<keyof RunTaskOptions, z.ZodType>)
