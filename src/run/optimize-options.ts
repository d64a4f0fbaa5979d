/**
 * What {@link optimize} is told.
 *
 * @module
 */
import * as z from 'zod'
import { functionSchema, objectWith } from '../check-input.ts'
import type { Embedder } from '../embedding/embedder.ts'
import type { SearchProgress } from '../engine/search.ts'
import type { Tracer } from '../engine/tracer.ts'
import type { Generate } from '../evaluation/models/function-model.ts'
import { type Constraint, constraintSchema } from '../history/constraint.ts'
import type { MeasurementInput, WrittenMeasurement } from '../history/measurement.ts'
import type { PolicyContext, PolicyFactory } from '../policy/policy.ts'
import type { LearnedPrior } from '../policy/prior/learned-prior.ts'
import type { Candidate } from '../prompt/candidate.ts'
import type { Proposer } from '../proposer/proposer.ts'
import type { ProposerSpecification } from '../proposer/registry.ts'
import type { Store } from '../store/store.ts'
import { type Direction, directionSchema } from '../study/events.ts'
import type { Budget, CallCost } from '../study/ledger.ts'
import { type Preference, preferenceSchema } from '../study/preference.ts'

/** What {@link OptimizeOptions.evaluate} may use beside its prompt and example. */
export interface EvaluateContext {
  /** The whole candidate: id, slots, parameters. */
  readonly candidate: Candidate
  /** Index of the example. */
  readonly index: number
  readonly repeat: number
  readonly seed: number
  readonly signal: AbortSignal
}

/** What {@link OptimizeOptions.evaluate} returns: a measurement, with what the call took where that is known. */
type Measured = MeasurementInput | (WrittenMeasurement & Partial<CallCost>)

export interface OptimizeOptions<Example> {
  /** Texts, or candidates with slots or parameters. All distinct. Not needed with a {@link prompt}. */
  readonly prompts?: readonly (string | Candidate)[]
  /** The prompt in use now, and the one to beat: better ones are written from it. */
  readonly prompt?: string
  /**
   * Who writes further prompts: names as in a task file, or a `Proposer` of your own.
   *
   * @defaultValue 'auto' with a {@link prompt} and no prompts, else 'none'
   */
  readonly proposers?: 'auto' | 'none' | readonly (ProposerSpecification | Proposer)[]
  /** What the task is, for those who write prompts. @defaultValue nothing is said of it */
  readonly description?: string
  /**
   * Texts that every prompt which is written keeps, word for word.
   *
   * @defaultValue none but tags of templates and keys of the examples in braces, as the prompt has them: those always
   */
  readonly preserve?: readonly string[]
  /** Asks the model that writes prompts; one call as far as the budget is concerned. @defaultValue none is asked */
  readonly generate?: Generate
  /** Anything. Who writes prompts reads `input` and `expected` of them, and keeps what a prompt has of their keys in braces. */
  readonly examples: readonly Example[]
  /**
   * Scores one prompt on one example; one call as far as the budget is concerned. Returns a score, true or false, null when
   * the call failed, or `{ score, metrics, feedback, output }`. A throw is a failed call: missing, not zero.
   */
  readonly evaluate: (prompt: string, example: Example, context: EvaluateContext) => Measured | Promise<Measured>
  /**
   * What one call of {@link evaluate} may take: `{ timeout: seconds }`, as in a task file. Then its signal aborts, and the
   * call has failed: missing, not zero. @defaultValue none
   */
  readonly limits?: { readonly timeout?: number }
  /** Limits of tokens and money hold where {@link evaluate} returns what a call took: `{ score, inputTokens, outputTokens, usd }`. */
  readonly budget: Budget
  /** @defaultValue 1, or what the study was started with */
  readonly seed?: number
  /** The prompt to beat, as a text that is added when it is not among the prompts; or the id of one that has slots or parameters. */
  readonly baseline?: string
  /**
   * Examples for the final comparison, never shown to the search; measuring them comes out of the same budget.
   *
   * @defaultValue with a baseline and 20 examples or more, half of the examples, drawn by the seed; else none
   */
  readonly holdout?: readonly Example[]
  /** @defaultValue 'maximize' */
  readonly direction?: Direction
  /**
   * Limits on the mean of what is measured beside the score: `inputTokens`, `outputTokens`, `tokens` and `usd` as
   * `evaluate` returns them, `latency` in milliseconds, or any of its `metrics`. @defaultValue none
   */
  readonly constraints?: readonly Constraint[]
  /**
   * Which prompt is recommended of those that cannot be told apart from the best: `score` (the best itself), `shorter`,
   * `cheaper` (by `usd`, else tokens, as `evaluate` returns them) or `faster`. @defaultValue 'score'
   */
  readonly prefer?: Preference
  /** @defaultValue 'krige', or what the study was started with */
  readonly policy?: string | PolicyFactory
  /** Settings of a registered policy, such as `{ eta: 3 }`. @defaultValue its own, or what the study was started with */
  readonly policyOptions?: Readonly<Record<string, unknown>>
  /** Evaluations in flight. @defaultValue 8 */
  readonly concurrency?: number
  /**
   * Opens vectors for prompts, which let the policy learn from similar ones: `auto`, `none`, what {@link openEmbedder}
   * takes, or an embedder.
   *
   * @defaultValue 'auto' for the default policy from 16 prompts on, else 'none'
   */
  readonly embedder?: string | Pick<Embedder, 'embed'>
  /** Unit vectors of the texts it is given, in order, instead of an embedder's. */
  readonly embed?: (texts: readonly string[]) => Promise<readonly Float64Array[]>
  /** What `krige learn` made of other tasks. @defaultValue nothing, or what the study was started with */
  readonly prior?: LearnedPrior
  /**
   * Where the study is kept, so that it can be resumed: it goes on with the seed and the policy that it began with.
   *
   * @defaultValue in memory
   */
  readonly store?: Store
  /** Name of the study in the store. @defaultValue 'optimize' */
  readonly study?: string
  readonly backend?: PolicyContext['backend']
  readonly signal?: AbortSignal
  readonly onProgress?: (progress: SearchProgress) => void
  /**
   * An OpenTelemetry tracer: spans for the run, its decisions and cells, without texts. The SDK is yours.
   *
   * @defaultValue no spans
   */
  readonly tracer?: Tracer
}

/** Keys and types, for callers without TypeScript. */
export const optimizeOptionsSchema = z.strictObject({
  prompts: z
    .array(
      z.union([
        z.string().min(1),
        z.custom<Candidate>((given) => isCandidate(given), 'expected a text, or { id, text }'),
      ]),
    )
    .optional(),
  prompt: z.string().min(1).optional(),
  proposers: z
    .union([z.enum(['auto', 'none']), z.array(z.unknown()).min(1, "expected 'auto', 'none', or at least one")])
    .optional(),
  description: z.string().optional(),
  preserve: z.array(z.string().min(1)).optional(),
  generate: functionSchema.optional(),
  examples: z.array(z.unknown()),
  evaluate: functionSchema,
  limits: z.strictObject({ timeout: z.number().positive().max(86_400).optional() }).optional(),
  budget: z.unknown().optional(),
  seed: z.int().optional(),
  baseline: z.string().min(1).optional(),
  holdout: z.array(z.unknown()).optional(),
  direction: directionSchema.optional(),
  constraints: z.array(constraintSchema).optional(),
  prefer: preferenceSchema.optional(),
  policy: z.union([z.string(), functionSchema]).optional(),
  policyOptions: z.record(z.string(), z.unknown()).optional(),
  concurrency: z.int().min(1).optional(),
  embed: functionSchema.optional(),
  embedder: z.union([z.string().min(1), objectWith('embed')]).optional(),
  prior: z.unknown().optional(),
  store: objectWith('acquire').optional(),
  study: z.string().min(1).optional(),
  backend: objectWith('workspace').optional(),
  signal: z.instanceof(AbortSignal).optional(),
  onProgress: functionSchema.optional(),
  tracer: objectWith('startActiveSpan').optional(),
} satisfies Record<keyof OptimizeOptions<unknown>, z.ZodType>)

function isCandidate(given: unknown): boolean {
  if (typeof given !== 'object' || given === null) return false
  const { id, text, slots } = given as Partial<Candidate>
  return typeof id === 'string' && (typeof text === 'string' || (typeof slots === 'object' && slots !== null))
}
