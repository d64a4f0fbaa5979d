import { createHash } from 'node:crypto'
import { failure } from '../history/failure.ts'
import { candidateText } from '../prompt/candidate.ts'
import { messageOf } from '../text/message-of.ts'
import { MOST_SOURCE, readBounded } from './bounded-file.ts'
import type { CallOutcome } from './call-model.ts'
import { createCheckpoints } from './checkpoints.ts'
import type { Evaluation, EvaluationRequest, Evaluator } from './evaluator.ts'
import { measureAnswers } from './measure-answers.ts'
import type { ResponseCache } from './response-cache.ts'
import type { RetryOptions } from './retry.ts'
import { totalOf } from './score-answer.ts'
import type { GenerateRequest, Sampling, TextModel } from './text-model.ts'
import { type ProgramLimits, poolLimits } from './user-code/limits.ts'
import type { ProgramCall } from './user-code/program.ts'
import { type CallAnswer, createWorkerPool } from './user-code/worker-pool.ts'

export interface ProgramEvaluatorOptions {
  /** Absolute path of the module. */
  readonly file: string
  /** What `context.generate` calls; programs may also call nothing. */
  readonly model?: TextModel | undefined
  readonly sampling: Sampling
  readonly retry?: RetryOptions
  readonly cache?: ResponseCache
  /** What a cell may take. */
  readonly limits?: ProgramLimits
  /** Cells side by side; each has its own worker. @defaultValue the model's, else 2 */
  readonly concurrency?: number
}

const DEFAULT_SECONDS = 300

/**
 * Evaluates cells with a module of the user's: several stages, tools, any agent. Its model calls go through the engine,
 * so that they are counted, retried, cached and kept within the budget.
 *
 * @throws InvalidInputError when the module cannot be loaded or exports no function.
 */
export async function createProgramEvaluator(options: ProgramEvaluatorOptions): Promise<Evaluator> {
  const { file, model, sampling } = options
  const concurrency = options.concurrency ?? model?.concurrency ?? 2
  const { calls: mostCalls } = options.limits ?? {}
  const limits = poolLimits(options.limits ?? {}, DEFAULT_SECONDS)
  const source = createHash('sha256').update(readBounded(file, MOST_SOURCE)).digest('hex')
  const id = createHash('sha256')
    .update(JSON.stringify([source, model?.identity ?? null, sampling]))
    .digest('hex')
  const pool = await createWorkerPool({ file, role: 'program', exportName: 'evaluate', concurrency, ...limits })

  // Cells of candidates that share a stage often run side by side. What has ended is the cache's to keep.
  const checkpoints = createCheckpoints(options.cache, false)

  const evaluate = async (request: EvaluationRequest): Promise<Evaluation> => {
    const begun = performance.now()
    const outcomes: CallOutcome[] = []
    const base = () => ({
      ...totalOf(outcomes),
      cached: outcomes.length > 0 && outcomes.every((outcome) => outcome.cached),
      milliseconds: performance.now() - begun,
    })
    if (request.signal?.aborted) return { ...base(), failure: failure('cancelled', 'cancelled before it began') }
    const stop = new AbortController()
    const signal = AbortSignal.any([stop.signal, ...(request.signal ? [request.signal] : [])])
    const pending: Promise<unknown>[] = []
    const answer = async (asked: ProgramCall): Promise<CallAnswer> => {
      if (!model) {
        return { failure: failure('program', 'the task names no model, so context.generate cannot be used') }
      }
      if (mostCalls !== undefined && pending.length >= mostCalls) {
        return {
          failure: failure('program', `the program asked for a call beyond limits.calls, which is ${mostCalls}`),
        }
      }
      const call = callFor(model, asked, request, pending.length, signal)
      pending.push(call.catch(() => undefined))
      try {
        const outcome = await call
        outcomes.push(outcome)
        const { result } = outcome
        return result.kind === 'text' ? { text: result.text } : { failure: result.failure }
      } catch (error) {
        return { failure: failure('program', messageOf(error)) }
      }
    }
    const { candidate, example } = request
    const result = await pool.run(
      {
        kind: 'program',
        candidate: {
          id: candidate.id,
          text: candidateText(candidate),
          slots: candidate.slots ?? {},
          parameters: candidate.parameters ?? {},
        },
        example: {
          ...example.fields,
          id: example.id,
          input: example.input,
          ...(example.expected === undefined ? {} : { expected: example.expected }),
        },
        seed: request.seed,
        repeat: request.repeat,
      },
      { signal: request.signal, answer },
    )
    // Calls the program did not wait for are cancelled, but what they cost is still counted.
    stop.abort()
    await Promise.all(pending)
    if (result.kind === 'timeout') {
      return {
        ...base(),
        failure: failure('program', `the program did not finish within ${limits.timeout / 1000} s`),
      }
    }
    if (result.kind === 'cancelled') return { ...base(), failure: failure('cancelled', 'cancelled while it ran') }
    if (result.kind === 'score') {
      const { kind: _, metrics, ...measured } = result
      return { ...base(), ...measured, metrics: { ...measureAnswers(outcomes), ...metrics } }
    }
    const problem = result.failure ?? failure('program', `the program failed: ${result.message}`)
    return { ...base(), failure: problem }
  }

  const callFor = async (
    model: TextModel,
    asked: ProgramCall,
    request: EvaluationRequest,
    number: number,
    signal: AbortSignal,
  ): Promise<CallOutcome> => {
    const own = request.candidate.parameters?.['temperature']
    const temperature = asked.temperature ?? (typeof own === 'number' ? own : sampling.temperature)
    const generate: GenerateRequest = {
      prompt: asked.prompt,
      ...(asked.system === undefined ? {} : { system: asked.system }),
      sampling: {
        ...sampling,
        temperature,
        maxOutputTokens: asked.maxOutputTokens ?? sampling.maxOutputTokens,
        ...(asked.topP === undefined ? {} : { topP: asked.topP }),
        ...(asked.stop === undefined ? {} : { stop: asked.stop }),
        ...(temperature === 0 ? {} : { seed: seedOf(request, number) }),
      },
      signal,
    }
    return checkpoints.ask(model, generate, {
      reserve: request.reserve,
      stage: asked.stage,
      retry: options.retry,
      repeat: request.repeat,
      decides: '',
    })
  }

  return {
    id,
    concurrency,
    ...(model ? { modelIdentity: model.identity } : {}),
    random: sampling.temperature > 0,
    estimate(candidate, example) {
      const calls = model ? (mostCalls ?? 1) : 0
      const text = `${candidateText(candidate)}${JSON.stringify(example.input)}`
      return {
        calls,
        inputTokens: calls * (model?.countTokens(text) ?? 0),
        outputTokens: calls * sampling.maxOutputTokens,
      }
    },
    evaluate,
    async close() {
      await pool.close()
      options.cache?.close()
      await model?.close()
    },
  }
}

function seedOf({ seed, candidate, example, repeat }: EvaluationRequest, call: number): number {
  const hash = createHash('sha256')
    .update(JSON.stringify([seed, candidate.id, example.id, repeat, call]))
    .digest()
  return hash.readUInt32BE(0) >>> 1
}
