import type { GenerateRequest, TextModel } from '../../src/evaluation/text-model.ts'
import { type Failure, failure } from '../../src/history/failure.ts'

export interface ScriptedModel extends TextModel {
  readonly requests: GenerateRequest[]
}

/** A model that says what a function says; a token is a character. */
export function createScriptedModel(
  script: (request: GenerateRequest, index: number) => string | Pick<Failure, 'kind' | 'message'>,
  identity = 'scripted',
): ScriptedModel {
  const requests: GenerateRequest[] = []
  return {
    name: 'scripted:model',
    identity,
    concurrency: 4,
    local: true,
    requests,
    countTokens: (prompt) => prompt.length,
    async generate(request) {
      const said = script(request, requests.length)
      requests.push(request)
      if (request.signal?.aborted) {
        return {
          kind: 'failure',
          failure: failure('cancelled', 'cancelled'),
          usage: { inputTokens: 0, outputTokens: 0 },
        }
      }
      if (typeof said !== 'string') {
        return {
          kind: 'failure',
          failure: failure(said.kind, said.message),
          usage: { inputTokens: request.prompt.length, outputTokens: 0 },
        }
      }
      return {
        kind: 'text',
        text: said,
        reason: 'stop',
        usage: { inputTokens: request.prompt.length, outputTokens: said.length },
      }
    },
    async close() {},
  }
}
