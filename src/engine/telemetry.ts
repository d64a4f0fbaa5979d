/**
 * OpenTelemetry spans, off unless a tracer is passed in. `krige.run` is around a run, `krige.decide` is one decision of
 * the policy, `krige.evaluate` one cell, and `chat MODEL` one request, retries included.
 *
 * Names of the GenAI semantic conventions where they exist, https://opentelemetry.io/docs/specs/semconv/gen-ai/. No
 * prompt, example, answer or message of a server is in any attribute: spans go where texts may not.
 *
 * @module
 */
import type { GenerateRequest, Generation, TextModel } from '../evaluation/text-model.ts'
import type { Next } from '../study/study.ts'
import type { CellEvaluator } from './cell.ts'
import type { Attributes, Span, SpanOptions, Tracer } from './tracer.ts'

/** `SpanKind.CLIENT` and `SpanStatusCode.ERROR`: the API's package is needed by those only who pass a tracer in. */
const CLIENT = 2
const ERROR = 2

export interface Telemetry {
  traceModel(model: TextModel): TextModel
  traceCells(evaluate: CellEvaluator): CellEvaluator
  traceDecisions(next: () => Next): () => Next
  /** A span around the whole; what happens inside becomes its children where the SDK keeps a context. */
  traceRun<Result>(attributes: Attributes, run: () => Promise<Result>): Promise<Result>
}

/**
 * @example
 * import { trace } from '@opentelemetry/api'
 * const telemetry = createTelemetry(trace.getTracer('krige'))
 * await telemetry.traceRun({ 'krige.study': 'tickets' }, async () => 'done') // 'done'
 */
export function createTelemetry(tracer: Tracer): Telemetry {
  /** Ends the span whatever happens; a throw marks it without its message. */
  const within = <Result>(name: string, options: SpanOptions, work: (span: Span) => Promise<Result>): Promise<Result> =>
    tracer.startActiveSpan(name, options, async (span) => {
      try {
        return await work(span)
      } catch (error) {
        fail(span, error instanceof Error ? error.name : 'error')
        throw error
      } finally {
        span.end()
      }
    })

  return {
    traceModel: (model) => ({
      ...model,
      generate: (request) =>
        within(`chat ${model.name}`, { kind: CLIENT, attributes: requestAttributes(model, request) }, async (span) => {
          const generation = await model.generate(request)
          noteGeneration(span, generation)
          return generation
        }),
    }),

    traceCells: (evaluate) => (request) => {
      const { candidate, example, repeat, split } = request
      const attributes = {
        'krige.candidate.id': candidate.id,
        'krige.example': example,
        'krige.repeat': repeat,
        'krige.split': split,
      }
      return within('krige.evaluate', { attributes }, async (span) => {
        const result = await evaluate(request)
        const { score, failure } = result
        const unsent = failure?.kind === 'cancelled' || failure?.kind === 'budget'
        span.setAttribute('krige.outcome', unsent ? failure.kind : failure ? 'failure' : 'score')
        if (score !== undefined) span.setAttribute('krige.score', score)
        if (failure && !unsent) fail(span, failure.kind)
        return result
      })
    },

    traceDecisions: (next) => () =>
      tracer.startActiveSpan('krige.decide', {}, (span) => {
        try {
          const decision = next()
          span.setAttribute('krige.decision', decision.kind === 'act' ? decision.action.kind : decision.kind)
          if (decision.kind === 'act' && decision.action.kind === 'evaluate') {
            const { candidate, examples, reason } = decision.action
            span.setAttribute('krige.candidate.id', candidate.id)
            span.setAttribute('krige.examples', examples.length)
            if (reason) span.setAttribute('krige.reason', reason.summary)
          }
          return decision
        } catch (error) {
          fail(span, error instanceof Error ? error.name : 'error')
          throw error
        } finally {
          span.end()
        }
      }),

    traceRun: (attributes, run) => within('krige.run', { attributes }, run),
  }
}

function requestAttributes(model: TextModel, { sampling }: GenerateRequest): Attributes {
  return {
    'gen_ai.operation.name': 'chat',
    'gen_ai.request.model': model.name,
    'gen_ai.request.temperature': sampling.temperature,
    'gen_ai.request.max_tokens': sampling.maxOutputTokens,
    ...(sampling.topP === undefined ? {} : { 'gen_ai.request.top_p': sampling.topP }),
    ...(sampling.seed === undefined ? {} : { 'gen_ai.request.seed': sampling.seed }),
  }
}

function noteGeneration(span: Span, generation: Generation): void {
  span.setAttribute('gen_ai.usage.input_tokens', generation.usage.inputTokens)
  span.setAttribute('gen_ai.usage.output_tokens', generation.usage.outputTokens)
  if (generation.kind === 'failure') fail(span, generation.failure.kind)
  else span.setAttribute('gen_ai.response.finish_reasons', [generation.reason])
}

function fail(span: Span, kind: string): void {
  span.setAttribute('error.type', kind)
  span.setStatus({ code: ERROR })
}
