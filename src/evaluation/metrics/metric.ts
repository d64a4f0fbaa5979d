import type { Failure } from '../../history/failure.ts'
import type { Scored } from '../../history/measurement.ts'
import type { Example } from '../../prompt/example.ts'
import type { GenerateRequest, TextModel } from '../text-model.ts'

/** How a metric calls models of its own: counted, retried, cached and within the budget like all others. */
export interface MetricCalls {
  /** @throws CallFailed when no answer is to be had. */
  ask(model: TextModel, request: GenerateRequest, repeat: number): Promise<string>
}

/** Carries a failure out of a metric, so that it keeps its kind. */
export class CallFailed extends Error {
  override readonly name = 'CallFailed'
  readonly failure: Failure
  constructor(problem: Failure) {
    super(problem.message)
    this.failure = problem
  }
}

/** From a model's answer to a score, usually in [0, 1], with named measurements and feedback; larger is better. */
export interface Metric {
  readonly name: string
  /** Of a module: what distinguishes this edition of it from others. Modules that it imports are not looked at. */
  readonly edition?: string
  /**
   * @throws any error when the answer cannot be scored for a reason of our own; the cell is then missing. An answer that
   * is merely wrong or unreadable scores 0.
   */
  score(output: string, example: Example, calls?: MetricCalls): number | Scored | Promise<number | Scored>
  /**
   * Why an answer did not score in full, for metrics whose score is a plain number: asked only then.
   */
  explain?(output: string, example: Example): string | undefined
  /**
   * Instead of scores: 1 where the first of two answers is better, 0 where the second is, between for ties and mixed
   * judgments.
   */
  compare?(a: string, b: string, example: Example, calls: MetricCalls): Promise<number | Scored>
  /** Whether nothing that may follow can change the score: lets local models stop early. */
  isDecided?: ((textSoFar: string) => boolean) | undefined
  /** What scoring one answer costs at most, for metrics that call models. */
  extraCost?(output: string, example: Example): { calls: number; inputTokens: number; outputTokens: number }
  close?(): Promise<void>
}
