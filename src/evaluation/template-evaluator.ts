import { createHash } from 'node:crypto'
import { KrigeError } from '../errors.ts'
import type { Candidate } from '../space/candidate.ts'
import { renderTemplate, type Template } from '../space/template.ts'
import { callModel } from './call-model.ts'
import type { Evaluation, EvaluationRequest, Evaluator } from './evaluator.ts'
import { type Failure, failure } from './failure.ts'
import type { Metric } from './metrics/metric.ts'
import { cacheKeyOf, type ResponseCache } from './response-cache.ts'
import type { RetryOptions } from './retry.ts'
import type { GenerateRequest, Sampling, TextModel } from './text-model.ts'

export interface TemplateEvaluatorOptions {
  readonly template: Template
  readonly model: TextModel
  readonly metric: Metric
  /** Distinguishes metrics of one name, e.g. their labels and options. */
  readonly metricKey?: string
  readonly sampling: Sampling
  readonly system?: string
  readonly retry?: RetryOptions
  readonly cache?: ResponseCache
}

const CHAT_OVERHEAD_TOKENS = 32

/**
 * The usual evaluator: fill the template, ask the model once, score the answer.
 *
 * @example
 * const evaluator = createTemplateEvaluator({ template, model, metric: labelMatch(labels), sampling })
 * const result = await evaluator.evaluate({ candidate, example, repeat: 0, seed: 1 })
 */
export function createTemplateEvaluator(options: TemplateEvaluatorOptions): Evaluator {
  const { template, model, metric } = options
  const requestFor = (request: EvaluationRequest): GenerateRequest => {
    const { text, prefixLength } = renderTemplate(template, request.candidate, request.example)
    const sampling = samplingOf(options.sampling, request.candidate)
    return {
      prompt: text,
      prefixLength,
      ...(options.system === undefined ? {} : { system: options.system }),
      sampling: sampling.temperature === 0 ? sampling : { ...sampling, seed: sampling.seed ?? seedOf(request) },
      ...(metric.isDecided ? { isDecided: (soFar: string) => metric.isDecided!(soFar) } : {}),
      ...(request.signal ? { signal: request.signal } : {}),
    }
  }
  const id = createHash('sha256')
    .update(
      JSON.stringify([
        template.source,
        model.identity,
        metric.name,
        options.metricKey ?? '',
        options.sampling,
        options.system ?? null,
      ]),
    )
    .digest('hex')

  return {
    id,
    concurrency: model.concurrency,
    modelIdentity: model.identity,
    random: options.sampling.temperature > 0,
    estimate(candidate, example) {
      const { text } = renderTemplate(template, candidate, example)
      const system = options.system === undefined ? 0 : model.countTokens(options.system)
      return {
        calls: 1,
        inputTokens: model.countTokens(text) + system + (model.local ? 0 : CHAT_OVERHEAD_TOKENS),
        outputTokens: samplingOf(options.sampling, candidate).maxOutputTokens,
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
      // A random answer may be reused only as the same repeat of the same cell, which the key says.
      const useCache = options.cache !== undefined
      const outcome = await callModel(model, generate, {
        reserve: request.reserve,
        settle: request.settle,
        retry: options.retry,
        ...(useCache
          ? {
              cache: options.cache,
              cacheKey: cacheKeyOf(
                model,
                generate,
                request.repeat,
                `${metric.isDecided ? metric.name : ''}${metric.isDecided ? (options.metricKey ?? '') : ''}`,
              ),
            }
          : {}),
      })
      const base = { usage: outcome.usage, calls: outcome.calls, cached: outcome.cached }
      if (outcome.result.kind === 'failure') {
        return { ...base, kind: 'failure', failure: outcome.result.failure, milliseconds: performance.now() - started }
      }
      const output = outcome.result.text
      try {
        const score = await metric.score(output, request.example)
        if (!Number.isFinite(score)) throw new TypeError(`the metric gave ${score}; expected a finite number`)
        return { ...base, kind: 'score', score, output, milliseconds: performance.now() - started }
      } catch (error) {
        const problem = failure('metric', `metric ${metric.name} failed: ${messageOf(error)}`)
        return { ...base, kind: 'failure', failure: problem, output, milliseconds: performance.now() - started }
      }
    },
    async close() {
      options.cache?.close()
      await model.close()
    },
  }
}

function failed(problem: Failure, started: number): Evaluation {
  return {
    kind: 'failure',
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

function messageOf(error: unknown): string {
  return KrigeError.isInstance(error) || error instanceof Error ? error.message : String(error)
}
