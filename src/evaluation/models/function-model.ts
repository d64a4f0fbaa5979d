import { showValue } from '../../check-input.ts'
import { failure } from '../../history/failure.ts'
import { type Message, messagesOf } from '../../prompt/turns.ts'
import { messageOf } from '../../text/message-of.ts'
import { estimateTokens, inputTokensOf } from '../estimate-tokens.ts'
import { orAborted } from '../or-aborted.ts'
import type { TextModel } from '../text-model.ts'

/** What a function that stands for a model is told beside the prompt. */
export interface GenerateContext {
  readonly temperature: number
  readonly seed: number
  readonly maxOutputTokens: number
  readonly system: string | undefined
  /** System message, prompt and all that was said between them, for a model that takes a chat. */
  readonly messages: readonly Message[]
  readonly signal: AbortSignal | undefined
}

/** Answers a prompt, which holds what was said before it as text: one call as far as the budget is concerned. */
export type Generate = (prompt: string, context: GenerateContext) => string | Promise<string>

export interface FunctionModelOptions {
  /** Names it in results and price lists. @defaultValue 'generate' */
  readonly name?: string
  /** Calls in flight. @defaultValue 1 */
  readonly concurrency?: number
}

/**
 * Any function as a model. What it throws is a failed call; tokens are estimated.
 *
 * @example
 * const model = functionModel(async (prompt) => `You said: ${prompt}`)
 * const sampling = { temperature: 0, maxOutputTokens: 20 }
 * await model.generate({ prompt: 'Hello.', sampling }) // { kind: 'text', text: 'You said: Hello.', … }
 */
export function functionModel(
  generate: Generate,
  { name = 'generate', concurrency = 1 }: FunctionModelOptions = {},
): TextModel {
  return {
    name,
    identity: name,
    concurrency,
    local: true,
    countTokens: estimateTokens,
    async generate(request) {
      const { system, sampling, signal } = request
      const messages = messagesOf(request)
      const spoken = messages.filter(({ role }) => role !== 'system')
      const prompt = spoken.map(({ content }) => content).join('\n\n')
      const inputTokens = inputTokensOf(request)
      try {
        const { temperature, seed = 0, maxOutputTokens } = sampling
        const context = { temperature, seed, maxOutputTokens, system, messages, signal }
        const text: unknown = await orAborted(generate(prompt, context), signal)
        if (typeof text !== 'string') throw new TypeError(`generate gave ${showValue(text)}; expected a text`)
        const outputTokens = Math.min(estimateTokens(text), maxOutputTokens)
        return { kind: 'text', text, reason: 'stop', usage: { inputTokens, outputTokens, estimated: true } }
      } catch (error) {
        // Cut off, it may have written, and cost, all it was allowed.
        const outputTokens = signal?.aborted ? sampling.maxOutputTokens : 0
        const usage = { inputTokens, outputTokens, estimated: true }
        return {
          kind: 'failure',
          failure: failure(signal?.aborted ? 'cancelled' : 'program', messageOf(error)),
          usage,
        }
      }
    },
    async close() {},
  }
}
