import { createHash } from 'node:crypto'
import { type Failure, failure } from '../history/failure.ts'
import { readMeasurement } from '../history/measurement.ts'
import type { Candidate } from '../prompt/candidate.ts'
import { renderTemplate, type Template } from '../prompt/template.ts'
import { messageOf } from '../text/message-of.ts'
import { withoutReasoning } from '../text/reasoning.ts'
import { type CallOutcome, callModel } from './call-model.ts'
import { requestTokens } from './estimate-tokens.ts'
import type { Evaluation, EvaluationRequest, Evaluator } from './evaluator.ts'
import { measureAnswers } from './measure-answers.ts'
import type { Metric } from './metrics/metric.ts'
import { cacheKeyOf, type ResponseCache } from './response-cache.ts'
import type { RetryOptions } from './retry.ts'
import { metricCalls, metricFailure, scoreAnswer, totalOf } from './score-answer.ts'
import type { GenerateRequest, Sampling, TextModel } from './text-model.ts'

export interface TemplateEvaluatorOptions {
  readonly template: Template
  readonly model: TextModel
  readonly metric: Metric
  /** Distinguishes metrics of one name, e.g. their labels and options. */
  readonly metricKey?: string
  readonly sampling: Sampling
  readonly retry?: RetryOptions
  readonly cache?: ResponseCache
}

/**
 * The usual evaluator: fill the template, ask the model once, score the answer.
 *
 * @example
 * const template = parseTemplate('{{instruction}}\nTicket: {{input}}\nLabel:')
 * const sampling = { temperature: 0, maxOutputTokens: 8 }
 * const evaluator = createTemplateEvaluator({ template, model, metric: labelMatch(['bug', 'billing']), sampling })
 * const candidate = { id: 'a', text: 'Bug or billing?' }
 * await evaluator.evaluate({ candidate, example, repeat: 0, seed: 1 }) // { score: 1, output: 'bug', … }
 */
export function createTemplateEvaluator(options: TemplateEvaluatorOptions): Evaluator {
  const { template, model, metric } = options
  const requestFor = (request: EvaluationRequest): GenerateRequest => {
    const { text, prefixLength, system, turns } = renderTemplate(template, request.candidate, request.example)
    const sampling = samplingOf(options.sampling, request.candidate)
    return {
      prompt: text,
      prefixLength,
      ...(system === undefined ? {} : { system }),
      ...(turns ? { turns } : {}),
      sampling: sampling.temperature === 0 ? sampling : { ...sampling, seed: sampling.seed ?? seedOf(request) },
      ...(metric.isDecided ? { isDecided: (soFar: string) => metric.isDecided!(withoutReasoning(soFar)) } : {}),
      ...(request.signal ? { signal: request.signal } : {}),
    }
  }
  const id = createHash('sha256')
    .update(
      JSON.stringify([
        template.nested ? { nested: template.source } : template.source,
        model.identity,
        metric.name,
        options.metricKey ?? '',
        options.sampling,
        template.system?.source ?? null,
      ]),
    )
    .digest('hex')

  /** Answers to comparisons, each asked for once: a candidate is compared with many rivals on one example. */
  const answers = new Map<string, Promise<CallOutcome>>()
  const answerOf = async (request: EvaluationRequest, outcomes: CallOutcome[]): Promise<CallOutcome['result']> => {
    const key = JSON.stringify([request.candidate.id, request.example.id, request.repeat])
    for (;;) {
      const shared = answers.get(key)
      if (!shared) break
      const { result } = await shared
      if (result.kind === 'text') return result
      // The call of another cell failed, or was cancelled; that says nothing about ours.
      if (answers.get(key) === shared) answers.delete(key)
    }
    const generate = requestFor(request)
    const asked = callModel(model, generate, {
      reserve: request.reserve,
      retry: options.retry,
      ...(options.cache
        ? { cache: options.cache, cacheKey: cacheKeyOf(model, generate, request.repeat, decides) }
        : {}),
    })
    answers.set(key, asked)
    const outcome = await asked
    outcomes.push(outcome)
    if (outcome.result.kind === 'failure') answers.delete(key)
    return outcome.result
  }

  const compare: Evaluator['compare'] = async (request) => {
    const started = performance.now()
    const outcomes: CallOutcome[] = []
    const base = () => ({ ...totalOf(outcomes), milliseconds: performance.now() - started })
    try {
      const own = await answerOf(request, outcomes)
      if (own.kind === 'failure') return { ...base(), failure: own.failure }
      const other = await answerOf({ ...request, candidate: request.rival }, outcomes)
      if (other.kind === 'failure') return { ...base(), failure: other.failure }
      const calls = metricCalls(options, request, outcomes)
      const given = await metric.compare!(own.text, other.text, request.example, calls)
      return { ...base(), ...readMeasurement(given, 'what it gave', metric.name), output: own.text }
    } catch (error) {
      return { ...base(), failure: metricFailure(metric, error) }
    }
  }

  /** An answer cut short serves only the metric that cut it. */
  const decides = metric.isDecided ? `${metric.name} ${options.metricKey ?? ''}` : ''

  return {
    id,
    concurrency: model.concurrency,
    ...(model.batch === undefined ? {} : { batch: model.batch }),
    modelIdentity: model.identity,
    random: options.sampling.temperature > 0,
    estimate(candidate, example) {
      const rendered = renderTemplate(template, candidate, example)
      const { maxOutputTokens } = samplingOf(options.sampling, candidate)
      const answer = metric.extraCost ? 'x '.repeat(maxOutputTokens) : ''
      const extra = metric.extraCost?.(answer, example) ?? { calls: 0, inputTokens: 0, outputTokens: 0 }
      // A comparison takes two answers.
      const asked = metric.compare ? 2 : 1
      const input = requestTokens(model, rendered)
      return {
        calls: asked + extra.calls,
        inputTokens: asked * input + extra.inputTokens,
        outputTokens: asked * maxOutputTokens + extra.outputTokens,
      }
    },
    async evaluate(request): Promise<Evaluation> {
      const started = performance.now()
      let generate: GenerateRequest
      try {
        generate = requestFor(request)
      } catch (error) {
        return failed(failure('bad-request', messageOf(error)), started)
      }
      const outcome = await callModel(model, generate, {
        reserve: request.reserve,
        retry: options.retry,
        // A random answer is reused only for the same repeat of the same cell, which the key says.
        ...(options.cache
          ? { cache: options.cache, cacheKey: cacheKeyOf(model, generate, request.repeat, decides) }
          : {}),
      })
      const outcomes: CallOutcome[] = [outcome]
      const base = () => ({ ...totalOf(outcomes), milliseconds: performance.now() - started })
      if (outcome.result.kind === 'failure') return { ...base(), failure: outcome.result.failure }
      const output = outcome.result.text
      const measured = await scoreAnswer(options, request, outcomes, output)
      if (measured.failure) return { ...base(), ...measured, output }
      return { ...base(), ...measured, metrics: { ...measureAnswers([outcome]), ...measured.metrics }, output }
    },
    ...(metric.compare ? { compare } : {}),
    async close() {
      options.cache?.close()
      await metric.close?.()
      await model.close()
    },
  }
}

function failed(problem: Failure, started: number): Evaluation {
  return {
    failure: problem,
    usage: { inputTokens: 0, outputTokens: 0 },
    calls: 0,
    cached: false,
    milliseconds: performance.now() - started,
  }
}

/** A candidate's own `temperature`, `topP` and `maxOutputTokens` go before the task's. */
function samplingOf(sampling: Sampling, candidate: Candidate): Sampling {
  const own: { temperature?: number; topP?: number; maxOutputTokens?: number } = {}
  for (const name of ['temperature', 'topP', 'maxOutputTokens'] as const) {
    const value = candidate.parameters?.[name]
    if (typeof value === 'number') own[name] = value
  }
  return { ...sampling, ...own }
}

/** A seed of 31 bits for one cell: the same whenever the cell is measured again. */
function seedOf({ seed, candidate, example, repeat }: EvaluationRequest): number {
  const hash = createHash('sha256')
    .update(JSON.stringify([seed, candidate.id, example.id, repeat]))
    .digest()
  return hash.readUInt32BE(0) >>> 1
}
