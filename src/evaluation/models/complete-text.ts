import type { LanguageModelV4, LanguageModelV4GenerateResult } from '@ai-sdk/provider'
import type { LanguageModel } from 'ai'
import { loadOptional } from '../../load-optional.ts'
import { messagesOf } from '../../prompt/turns.ts'
import type { GenerateRequest } from '../text-model.ts'

export interface Completion {
  readonly text: string
  readonly finishReason: string
  /** `undefined` where the provider does not say. */
  readonly inputTokens: number | undefined
  readonly outputTokens: number | undefined
}

/**
 * One request through a language model of the AI SDK, without retries. Models of the present interface are called
 * directly, which takes half the time; older ones through `generateText`, which knows how to.
 *
 * @throws whatever the provider throws.
 */
export async function completeText(
  model: LanguageModel,
  request: GenerateRequest,
  abortSignal: AbortSignal,
): Promise<Completion> {
  if (isPresent(model)) return completionOf(await model.doGenerate({ ...callOptionsOf(request), abortSignal }))
  const { system, ...spoken } = request
  const { generateText } = await loadOptional(() => import('ai'), 'this model', 'ai')
  const { text, finishReason, usage } = await generateText({
    ...settingsOf(request),
    abortSignal,
    model,
    maxRetries: 0,
    messages: messagesOf(spoken),
    ...(system === undefined ? {} : { instructions: system }),
  })
  return { text, finishReason, inputTokens: usage.inputTokens, outputTokens: usage.outputTokens }
}

function settingsOf({ sampling }: GenerateRequest) {
  return {
    temperature: sampling.temperature,
    maxOutputTokens: sampling.maxOutputTokens,
    ...(sampling.topP === undefined ? {} : { topP: sampling.topP }),
    ...(sampling.stop === undefined ? {} : { stopSequences: [...sampling.stop] }),
    ...(sampling.seed === undefined ? {} : { seed: sampling.seed }),
  }
}

/** A request as models and batch interfaces of the AI SDK take it. */
export function callOptionsOf(request: GenerateRequest) {
  return {
    ...settingsOf(request),
    prompt: messagesOf(request).map(({ role, content }) =>
      role === 'system' ? { role, content } : { role, content: [{ type: 'text' as const, text: content }] },
    ),
  }
}

/** What they answer. */
export function completionOf({ content, finishReason, usage }: LanguageModelV4GenerateResult): Completion {
  return {
    text: content.map((part) => (part.type === 'text' ? part.text : '')).join(''),
    finishReason: finishReason.unified,
    inputTokens: usage.inputTokens.total,
    outputTokens: usage.outputTokens.total,
  }
}

function isPresent(model: LanguageModel): model is LanguageModelV4 {
  return typeof model !== 'string' && model.specificationVersion === 'v4'
}
