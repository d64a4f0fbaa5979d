import { inputTokensOf } from '../estimate-tokens.ts'
import type { GenerateRequest, Usage } from '../text-model.ts'
import { reachedModel } from './classify-error.ts'

/** What a call takes at most, as it is reserved: its prompt, and all that it may write. */
export function worstUsage(request: GenerateRequest): Usage {
  return { inputTokens: inputTokensOf(request), outputTokens: request.sampling.maxOutputTokens, estimated: true }
}

/**
 * What a failed call may have cost. A server that refused it, or was never reached, has done nothing. Where the call was cut
 * off (cancelled, too late, a broken connection) or its answer cannot be read, the provider may have written all of it and
 * charge for it: it counts as its worst case.
 */
export function usageOfFailure(error: unknown, request: GenerateRequest): Usage {
  return reachedModel(error) ? worstUsage(request) : { inputTokens: 0, outputTokens: 0, estimated: true }
}
