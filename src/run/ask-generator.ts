import type { GenerationRequest } from '../engine/generation.ts'
import { type CallOutcome, callModel } from '../evaluation/call-model.ts'
import type { RetryOptions } from '../evaluation/retry.ts'
import type { GenerateRequest, TextModel } from '../evaluation/text-model.ts'
import type { CallTrace } from '../history/trace.ts'
import type { PriceOf } from './prices.ts'

export interface AskGeneratorOptions {
  /** The model that writes prompts. */
  readonly model: TextModel
  readonly priceOf: PriceOf
  readonly retry?: RetryOptions
  /** Hides secrets in what is kept and used. @defaultValue nothing is hidden */
  readonly redact?: (text: string) => string
}

/** One answer of the generator, or why there is none. */
export type GeneratorAnswer = CallOutcome['result']

/**
 * How a generation asks its model. Every attempt is reserved and settled as a call of a proposer. An answer is on the
 * disk before it is used. One that was paid for before an interruption is not asked for again.
 */
export function askGenerator(
  { model, priceOf, retry, redact = (text) => text }: AskGeneratorOptions,
  generation: GenerationRequest,
): (request: GenerateRequest & { readonly stage?: string }) => Promise<GeneratorAnswer> {
  const usdOf = (inputTokens: number, outputTokens: number) => {
    const price = priceOf(model.name)
    return price === undefined ? 0 : (inputTokens * price.input + outputTokens * price.output) / 1e6
  }
  return async ({ stage, ...request }) => {
    const question = {
      model: model.name,
      ...(request.system === undefined ? {} : { system: redact(request.system) }),
      prompt: redact(request.prompt),
    }
    const known = generation.recall(question)
    if (known?.text !== undefined) return { kind: 'text', text: known.text }
    const signal = request.signal ? AbortSignal.any([request.signal, generation.signal]) : generation.signal
    const outcome = await callModel(
      model,
      { ...request, signal },
      {
        ...(retry ? { retry } : {}),
        role: 'proposer',
        stage,
        reserve: async ({ inputTokens, maxOutputTokens }) => {
          const usd = usdOf(inputTokens, maxOutputTokens)
          const worst = { inputTokens, outputTokens: maxOutputTokens, usd }
          const held = await generation.reserve(worst, stage === undefined ? {} : { stage })
          return (
            held && {
              release: () => held.release(),
              async settle({ usage, text, milliseconds }) {
                const { inputTokens, outputTokens } = usage
                const answer: CallTrace | undefined =
                  text === undefined
                    ? undefined
                    : {
                        role: 'proposer',
                        ...(stage === undefined ? {} : { stage }),
                        ...question,
                        text: redact(text),
                        usage: { inputTokens, outputTokens },
                        milliseconds: Math.round(milliseconds),
                        cached: false,
                      }
                await held.settle({ inputTokens, outputTokens, usd: usdOf(inputTokens, outputTokens) }, answer)
              },
            }
          )
        },
      },
    )
    return outcome.result.kind === 'text' ? { kind: 'text', text: redact(outcome.result.text) } : outcome.result
  }
}
