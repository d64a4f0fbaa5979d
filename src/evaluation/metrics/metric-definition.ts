import type * as z from 'zod'
import type { Example, JsonValue } from '../../prompt/example.ts'
import type { ModelSettings } from '../models/model-specification.ts'
import type { TextModel } from '../text-model.ts'
import type { UserCodeLimits } from '../user-code/limits.ts'
import type { Metric } from './metric.ts'

/** What a metric may need of the task it is opened for. */
export interface MetricContext {
  /** The task's labels: every distinct text that is expected. */
  readonly labels: readonly string[]
  /** Opens the model of a judge; `settings` say how it is to be asked, when the task does. */
  readonly openModel?: (specification: string, settings?: ModelSettings) => Promise<TextModel>
  /** Cosine of two texts' embeddings, for metrics that compare meanings. */
  readonly similarity?: (a: string, b: string) => Promise<number>
  /** Of a module, or a scorer of a package. */
  readonly limits?: UserCodeLimits
}

/** Why an example's `expected` cannot be used, and what to do. */
export interface ExpectedProblem {
  /** What the metric needs instead: `a number`. */
  readonly needs: string
  /** @defaultValue to correct the example */
  readonly remedy?: string
}

/**
 * A built-in metric: everything a task file, an evaluator and the help need to know of it. A new one is a file that
 * exports such a definition, and a line in `registry.ts`.
 */
export interface MetricDefinition<Options extends object = object> {
  /** As a task file names it. */
  readonly name: string
  /** Its row on the page about metrics, in Markdown. */
  readonly page: {
    readonly rightWhen: string
    /** Every setting, with what it is where it is not given. @defaultValue there are none */
    readonly settings?: string
    readonly expected: string
  }
  /** Its settings: what stands beside `name` in a task file. */
  readonly options: z.ZodType<Options>
  /** How long an answer may be where the task does not say. */
  readonly maxOutputTokens: number
  /** Whether examples need an `expected` at all. @defaultValue where `checkExpected` is given, they do */
  needsExpected?(options: Options): boolean
  /** What is wrong with an example's `expected`. */
  checkExpected?(expected: JsonValue, options: Options): ExpectedProblem | undefined
  /** Whether scoring an example compares meanings, which takes an embedder. */
  needsEmbeddings?(example: Example): boolean
  /** Names of measurements beside the score, for constraints. */
  measures?(examples: readonly Example[]): readonly string[]
  create(options: Options, context: MetricContext): Metric | Promise<Metric>
}

/** A text that is not empty, as most metrics compare with. */
export function expectText(expected: JsonValue): ExpectedProblem | undefined {
  if (typeof expected === 'string') {
    return expected.trim().length === 0 ? { needs: 'a string that is not empty' } : undefined
  }
  const isPlain = typeof expected === 'number' || typeof expected === 'boolean'
  return { needs: 'a string', ...(isPlain ? { remedy: `Write it in quotes: "${expected}".` } : {}) }
}
