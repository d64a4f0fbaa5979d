import * as z from 'zod'
import { functionSchema, objectWith } from '../check-input.ts'
import type { ResponseKind } from '../history/comparison.ts'
import { type Constraint, constraintSchema } from '../history/constraint.ts'
import type { Estimand, PolicyContext, PolicyFactory } from '../policy/policy.ts'
import type { LearnedPrior } from '../policy/prior/learned-prior.ts'
import type { Candidate, PoolEntry } from '../prompt/candidate.ts'
import type { ParameterInput } from '../space/parameter.ts'
import { type Direction, directionSchema } from './events.ts'
import type { Budget } from './ledger.ts'
import { type Preference, preferenceSchema } from './preference.ts'

export interface StudyOptions {
  /** Numeric and categorical parameters. @defaultValue none: a search among the candidates of the pool */
  readonly space?: Readonly<Record<string, ParameterInput>>
  /** Texts or candidates to choose among, with or without embeddings. @defaultValue none: the policy makes points of `space` */
  readonly pool?: readonly (string | Candidate | PoolEntry)[]
  /** A registered name, or a factory of your own. @defaultValue 'krige', which over parameters alone is `gp` */
  readonly policy?: string | PolicyFactory
  readonly policyOptions?: Readonly<Record<string, unknown>>
  /** What one evaluation gives. @defaultValue what the policy asks for; of a policy of your own, 'score' */
  readonly response?: ResponseKind
  /** @defaultValue unlimited */
  readonly budget?: Budget
  /** @defaultValue 'maximize' */
  readonly direction?: Direction
  /** @defaultValue 0 */
  readonly seed?: number
  /** How many examples a candidate can be measured on. @defaultValue 1: a plain objective function */
  readonly exampleCount?: number
  /** @defaultValue 'population' */
  readonly estimand?: Estimand
  /** Id of the candidate to beat; it must be in the pool. */
  readonly baseline?: string
  readonly name?: string
  /** What a resume must agree with. */
  readonly fingerprint?: Readonly<Record<string, string>>
  /** Further examples that are kept aside for the verdict, numbered from 0 by themselves. @defaultValue 0 */
  readonly holdoutCount?: number
  /** Part of the budget kept for them. @defaultValue what measuring the winner and the baseline on them takes */
  readonly holdoutEvaluations?: number
  /** @defaultValue 1 */
  readonly callsPerEvaluation?: number
  /** Limits on what is measured beside the score. @defaultValue none */
  readonly constraints?: readonly Constraint[]
  /** Of a program: its stages, each with slots called after it, up to a dot. @defaultValue prompts have no stages */
  readonly stages?: readonly string[]
  readonly priors?: PolicyContext['priors']
  /**
   * Which candidate is recommended of those that cannot be told apart from the best: `score` (the best itself),
   * `shorter`, `cheaper` (by the metrics `usd`, or `tokens`) or `faster` (by the metric `latency`). @defaultValue
   * 'score'
   */
  readonly prefer?: Preference
  /** What `krige learn` or {@link learnPrior} made of other tasks. @defaultValue nothing */
  readonly prior?: LearnedPrior
  /** @defaultValue the fastest this engine runs */
  readonly backend?: PolicyContext['backend']
  /** Keep every event, for `serialize`. @defaultValue true */
  readonly keepLog?: boolean
}

/** Keys and types, for callers without TypeScript; what the values must be is checked where they are used. */
export const studyOptionsSchema = z.strictObject({
  space: z.unknown().optional(),
  pool: z.array(z.unknown()).optional(),
  policy: z.union([z.string(), functionSchema]).optional(),
  policyOptions: z.record(z.string(), z.unknown()).optional(),
  response: z.enum(['score', 'comparison']).optional(),
  budget: z.unknown().optional(),
  direction: directionSchema.optional(),
  seed: z.unknown().optional(),
  exampleCount: z.unknown().optional(),
  estimand: z.enum(['population', 'set']).optional(),
  baseline: z.string().optional(),
  name: z.string().min(1).optional(),
  fingerprint: z.record(z.string(), z.string()).optional(),
  holdoutCount: z.unknown().optional(),
  holdoutEvaluations: z.unknown().optional(),
  callsPerEvaluation: z.unknown().optional(),
  constraints: z.array(constraintSchema).optional(),
  stages: z.array(z.string().min(1)).optional(),
  priors: z.array(z.unknown()).optional(),
  prefer: preferenceSchema.optional(),
  prior: z.unknown().optional(),
  backend: objectWith('workspace').optional(),
  keepLog: z.boolean().optional(),
} satisfies Record<keyof StudyOptions, z.ZodType>)
