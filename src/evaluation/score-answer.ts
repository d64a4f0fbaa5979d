import { failure } from '../history/failure.ts'
import { type Measurement, readMeasurement } from '../history/measurement.ts'
import type { Example } from '../prompt/example.ts'
import { messageOf } from '../text/message-of.ts'
import { type CallOutcome, callModel } from './call-model.ts'
import type { EvaluationRequest } from './evaluator.ts'
import { CallFailed, type Metric, type MetricCalls } from './metrics/metric.ts'
import { cacheKeyOf, type ResponseCache } from './response-cache.ts'
import type { RetryOptions } from './retry.ts'

/** What scoring needs beside the answer. */
export interface Scoring {
  readonly metric: Metric
  readonly retry?: RetryOptions | undefined
  readonly cache?: ResponseCache | undefined
}

/**
 * Has a metric score an answer. What its own models cost joins the outcomes of the cell; what it throws is a failure.
 *
 * @param outcomes The calls behind the answer; those of judges are added.
 */
export async function scoreAnswer(
  { metric, ...scoring }: Scoring,
  request: EvaluationRequest,
  outcomes: CallOutcome[],
  output: string,
): Promise<Measurement> {
  try {
    const given = await metric.score(output, request.example, metricCalls(scoring, request, outcomes))
    return explained(metric, readMeasurement(given, 'what it gave', metric.name), output, request.example)
  } catch (error) {
    return { failure: metricFailure(metric, error) }
  }
}

/** How a metric asks its own models; what that costs joins the outcomes of the cell. */
export function metricCalls(
  { retry, cache }: Omit<Scoring, 'metric'>,
  request: EvaluationRequest,
  outcomes: CallOutcome[],
): MetricCalls {
  return {
    async ask(judge, judged, repeat) {
      const asked = { ...judged, ...(request.signal ? { signal: request.signal } : {}) }
      const judgment = await callModel(judge, asked, {
        reserve: request.reserve,
        role: 'judge',
        retry,
        ...(cache ? { cache, cacheKey: cacheKeyOf(judge, asked, repeat, '') } : {}),
      })
      outcomes.push(judgment)
      if (judgment.result.kind === 'failure') throw new CallFailed(judgment.result.failure)
      return judgment.result.text
    },
  }
}

/** What a metric threw, as the failure of a cell. */
export function metricFailure({ name }: Pick<Metric, 'name'>, error: unknown) {
  if (error instanceof CallFailed) return error.failure
  return failure('metric', `metric ${name} failed: ${messageOf(error)}`)
}

/** Says why an answer did not score in full, where the metric can say it and has not. */
function explained(metric: Metric, measured: Measurement, output: string, example: Example): Measurement {
  if (measured.score === undefined || measured.score >= 1 || measured.feedback) return measured
  const text = metric.explain?.(output, example)
  return text === undefined ? measured : { ...measured, feedback: [{ text, from: metric.name }] }
}

/** What the calls of a cell took together. */
export function totalOf(outcomes: readonly CallOutcome[]) {
  const usage = { inputTokens: 0, outputTokens: 0 }
  for (const outcome of outcomes) {
    usage.inputTokens += outcome.usage.inputTokens
    usage.outputTokens += outcome.usage.outputTokens
  }
  const cut = outcomes.filter(({ answer }) => answer?.cut)
  const cutStages = [...new Set(cut.flatMap(({ trace }) => trace.stage ?? []))]
  const estimated = outcomes.some((outcome) => outcome.usage.estimated)
  return {
    usage: { ...usage, ...(estimated ? { estimated } : {}) },
    calls: outcomes.reduce((total, outcome) => total + outcome.calls, 0),
    cached: outcomes.every((outcome) => outcome.cached),
    traces: outcomes.map((outcome) => outcome.trace),
    ...(cut.length > 0 ? { cut: true } : {}),
    ...(cutStages.length > 0 ? { cutStages } : {}),
  }
}
