import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { Worker } from 'node:worker_threads'
import { InvalidInputError } from '../errors.ts'
import { failure } from '../history/failure.ts'
import { candidateText } from '../space/candidate.ts'
import { type CallOutcome, callModel } from './call-model.ts'
import type { Evaluation, EvaluationRequest, Evaluator } from './evaluator.ts'
import { measureAnswers } from './measure-answers.ts'
import type { FromWorker, ProgramCall, ToWorker } from './program/messages.ts'
import { cacheKeyOf, type ResponseCache } from './response-cache.ts'
import type { RetryOptions } from './retry.ts'
import type { GenerateRequest, Sampling, TextModel } from './text-model.ts'

export interface ProgramEvaluatorOptions {
  /** Absolute path of the module. */
  readonly file: string
  /** What `context.generate` calls; programs may also call nothing. */
  readonly model?: TextModel | undefined
  readonly sampling: Sampling
  readonly retry?: RetryOptions
  readonly cache?: ResponseCache
  /** Milliseconds a cell may take. @defaultValue 300000 */
  readonly timeout?: number
  /** Cells side by side; each has its own worker. @defaultValue the model's, else 2 */
  readonly concurrency?: number
  /** For plans: calls a cell is expected to make. @defaultValue 1 */
  readonly expectedCalls?: number
}

const DEFAULT_TIMEOUT = 300_000
const WORKER = new URL(import.meta.url.endsWith('.ts') ? './program/worker.ts' : './program/worker.js', import.meta.url)

/**
 * Evaluates cells with a module of the user's: several stages, tools, any agent. Its model calls go through the engine,
 * so that they are counted, retried, cached and kept within the budget.
 *
 * @throws InvalidInputError when the module cannot be loaded or exports no function.
 */
export async function createProgramEvaluator(options: ProgramEvaluatorOptions): Promise<Evaluator> {
  const { file, model, sampling } = options
  const concurrency = options.concurrency ?? model?.concurrency ?? 2
  const timeout = options.timeout ?? DEFAULT_TIMEOUT
  const source = createHash('sha256').update(readFileSync(file)).digest('hex')
  const id = createHash('sha256')
    .update(JSON.stringify([source, model?.identity ?? null, sampling]))
    .digest('hex')
  const idle: Worker[] = [await startWorker(file)]
  const busy = new Set<Worker>()
  let started = 1
  let closed = false
  const waiting: (() => void)[] = []

  const acquire = async (): Promise<Worker> => {
    for (;;) {
      const worker = idle.pop()
      if (worker) {
        busy.add(worker)
        return worker
      }
      if (started < concurrency) {
        started++
        const fresh = await startWorker(file)
        busy.add(fresh)
        return fresh
      }
      await new Promise<void>((resolve) => waiting.push(resolve))
    }
  }
  const release = async (worker: Worker, usable: boolean) => {
    busy.delete(worker)
    if (usable && !closed) idle.push(worker)
    else {
      started--
      await worker.terminate()
    }
    waiting.shift()?.()
  }

  const evaluate = async (request: EvaluationRequest): Promise<Evaluation> => {
    const begun = performance.now()
    const outcomes: CallOutcome[] = []
    const base = () => ({
      usage: {
        inputTokens: sum(outcomes.map((outcome) => outcome.usage.inputTokens)),
        outputTokens: sum(outcomes.map((outcome) => outcome.usage.outputTokens)),
      },
      calls: sum(outcomes.map((outcome) => outcome.calls)),
      cached: outcomes.length > 0 && outcomes.every((outcome) => outcome.cached),
      milliseconds: performance.now() - begun,
    })
    if (closed || request.signal?.aborted)
      return { ...base(), kind: 'failure', failure: failure('cancelled', 'cancelled before it began') }
    const worker = await acquire()
    const stop = new AbortController()
    const signal = AbortSignal.any([stop.signal, ...(request.signal ? [request.signal] : [])])
    const pending: Promise<void>[] = []
    const answer = async (call: number, asked: ProgramCall) => {
      const outcome = await callFor(asked, request, outcomes.length + pending.length, signal)
      outcomes.push(outcome)
      const { result } = outcome
      if (busy.has(worker)) {
        post(worker, {
          kind: 'answer',
          call,
          ...(result.kind === 'text' ? { text: result.text } : { failure: result.failure }),
        })
      }
    }
    const result = await new Promise<FromWorker | 'timeout' | 'cancelled'>((resolve) => {
      const timer = setTimeout(() => resolve('timeout'), timeout)
      const onMessage = (message: FromWorker) => {
        if (message.kind === 'call') pending.push(answer(message.call, message.request))
        else if (message.kind === 'score' || message.kind === 'error') finish(message)
      }
      const onError = (error: Error) => finish({ kind: 'error', message: error.message })
      const onExit = (code: number) => finish({ kind: 'error', message: `it ended the process (exit code ${code})` })
      const onAbort = () => finish('cancelled')
      const finish = (outcome: FromWorker | 'timeout' | 'cancelled') => {
        clearTimeout(timer)
        worker.off('message', onMessage)
        worker.off('error', onError)
        worker.off('exit', onExit)
        request.signal?.removeEventListener('abort', onAbort)
        resolve(outcome)
      }
      worker.on('message', onMessage)
      worker.once('error', onError)
      worker.once('exit', onExit)
      request.signal?.addEventListener('abort', onAbort, { once: true })
      post(worker, {
        kind: 'evaluate',
        candidate: {
          id: request.candidate.id,
          text: candidateText(request.candidate),
          slots: request.candidate.slots ?? {},
          parameters: request.candidate.parameters ?? {},
        },
        example: {
          ...request.example.fields,
          id: request.example.id,
          input: request.example.input,
          ...(request.example.expected === undefined ? {} : { expected: request.example.expected }),
        },
        seed: request.seed,
        repeat: request.repeat,
      })
    })
    // Calls the program did not wait for are cancelled, but what they cost is still counted.
    const reusable = typeof result === 'object' && pending.length === outcomes.length && !isCrash(result)
    stop.abort()
    await Promise.all(pending)
    await release(worker, reusable)
    if (result === 'timeout') {
      return {
        ...base(),
        kind: 'failure',
        failure: failure('program', `the program did not finish within ${timeout / 1000} s`),
      }
    }
    if (result === 'cancelled')
      return { ...base(), kind: 'failure', failure: failure('cancelled', 'cancelled while it ran') }
    if (result.kind === 'score') {
      const { score, metrics, output } = result
      return {
        ...base(),
        kind: 'score',
        score,
        metrics: { ...measureAnswers(outcomes), ...metrics },
        ...(output === undefined ? {} : { output }),
      }
    }
    const problem = result.kind === 'error' && result.failure
    const message = result.kind === 'error' ? result.message : 'it sent something unexpected'
    return { ...base(), kind: 'failure', failure: problem || failure('program', `the program failed: ${message}`) }
  }

  const callFor = async (
    asked: ProgramCall,
    request: EvaluationRequest,
    number: number,
    signal: AbortSignal,
  ): Promise<CallOutcome> => {
    const none = { usage: { inputTokens: 0, outputTokens: 0 }, calls: 0, cached: false }
    if (!model) {
      return {
        ...none,
        result: {
          kind: 'failure',
          failure: failure('program', 'the task names no model, so context.generate cannot be used'),
        },
      }
    }
    const own = request.candidate.parameters?.['temperature']
    const temperature = asked.temperature ?? (typeof own === 'number' ? own : sampling.temperature)
    const generate: GenerateRequest = {
      prompt: String(asked.prompt),
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
    return callModel(model, generate, {
      reserve: request.reserve,
      settle: request.settle,
      retry: options.retry,
      ...(options.cache ? { cache: options.cache, cacheKey: cacheKeyOf(model, generate, request.repeat, '') } : {}),
    })
  }

  return {
    id,
    concurrency,
    ...(model ? { modelIdentity: model.identity } : {}),
    random: sampling.temperature > 0,
    estimate(candidate, example) {
      const calls = model ? (options.expectedCalls ?? 1) : 0
      const text = `${candidateText(candidate)}${JSON.stringify(example.input)}`
      return {
        calls,
        inputTokens: calls * (model?.countTokens(text) ?? 0),
        outputTokens: calls * sampling.maxOutputTokens,
      }
    },
    evaluate,
    async close() {
      closed = true
      for (const resume of waiting.splice(0)) resume()
      await Promise.all([...idle.splice(0), ...busy].map((worker) => worker.terminate()))
      options.cache?.close()
      await model?.close()
    },
  }
}

function isCrash(result: FromWorker | 'timeout' | 'cancelled'): boolean {
  return typeof result === 'object' && result.kind === 'error' && result.message.startsWith('it ended the process')
}

function post(worker: Worker, message: ToWorker): void {
  worker.postMessage(message)
}

async function startWorker(file: string): Promise<Worker> {
  const worker = new Worker(WORKER, { workerData: file })
  const problem = await new Promise<string | undefined>((resolve) => {
    worker.once('message', (message: FromWorker) => resolve(message.kind === 'unusable' ? message.message : undefined))
    worker.once('error', (error) => resolve(error.message))
  })
  if (problem === undefined) return worker
  await worker.terminate()
  throw new InvalidInputError(`program ${file} cannot be used: ${problem}`, { remedy: 'Run it with node to see why.' })
}

function seedOf({ seed, candidate, example, repeat }: EvaluationRequest, call: number): number {
  const hash = createHash('sha256')
    .update(JSON.stringify([seed, candidate.id, example.id, repeat, call]))
    .digest()
  return hash.readUInt32BE(0) >>> 1
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0)
}
