import { type CallModelOptions, type CallOutcome, callModel } from './call-model.ts'
import { cacheKeyOf, type ResponseCache } from './response-cache.ts'
import type { GenerateRequest, TextModel } from './text-model.ts'

/** Answers to the stages of programs, each asked for once. */
export interface Checkpoints {
  /** The answer to this very input: one that is there, one that is on its way, or a call. */
  ask(model: TextModel, request: GenerateRequest, options: CheckpointOptions): Promise<CallOutcome>
}

export interface CheckpointOptions extends Omit<CallModelOptions, 'cache' | 'cacheKey'> {
  readonly repeat: number
  /** As in {@link cacheKeyOf}. */
  readonly decides: string
}

/** Answers kept in memory where there is no cache; beyond it the oldest go. */
const MOST_ANSWERS = 20_000

/**
 * Keeps what stages answered, so that a change in a later stage pays for no earlier one. It is kept in the cache of
 * responses where there is one, else for as long as the process lives. Cells that ask the same at the same time share
 * one call.
 *
 * @param remembers Whether answers are kept where there is no cache. @defaultValue true
 */
export function createCheckpoints(cache: ResponseCache | undefined, remembers = true): Checkpoints {
  const answers = new Map<string, Promise<CallOutcome>>()
  return {
    async ask(model, request, { repeat, decides, ...options }) {
      const cacheKey = cacheKeyOf(model, request, repeat, decides)
      for (;;) {
        const shared = answers.get(cacheKey)
        if (!shared) break
        const outcome = await shared
        if (outcome.result.kind === 'text') return reused(outcome)
        // The call of another cell failed, or was cancelled; that says nothing about ours.
        if (answers.get(cacheKey) === shared) answers.delete(cacheKey)
      }
      const asked = callModel(model, request, { ...options, ...(cache ? { cache, cacheKey } : {}) })
      answers.set(cacheKey, asked)
      const forget = () => {
        if (answers.get(cacheKey) === asked) answers.delete(cacheKey)
      }
      try {
        const outcome = await asked
        if (cache || !remembers || outcome.result.kind === 'failure') forget()
        else if (answers.size > MOST_ANSWERS) answers.delete(answers.keys().next().value!)
        return outcome
      } catch (error) {
        forget()
        throw error
      }
    },
  }
}

/** The same answer for another cell: it costs nothing, and its latency is not known. */
function reused({ result, trace, answer, usage }: CallOutcome): CallOutcome {
  const { milliseconds: _, ...call } = trace
  return {
    result,
    usage: { inputTokens: 0, outputTokens: 0 },
    calls: 0,
    cached: true,
    trace: { ...call, cached: true },
    answer: { usage: answer?.usage ?? usage, ...(answer?.cut ? { cut: true } : {}) },
  }
}
