/**
 * `fetch` for model servers: the request goes where the task says and nowhere else, and an answer ends.
 *
 * @module
 */

/** Bytes of an answer at most, unpacked: completions are thousands of times shorter. */
const LONGEST_ANSWER = 8 * 1024 * 1024

/** A server sent the call elsewhere: to an address the task does not name, or in a circle. */
export class RedirectError extends Error {
  override readonly name = 'RedirectError'
  readonly status: number
  /** Origin of where it points to, or the header as it stands where that is no address. */
  readonly target: string
  constructor(status: number, target: string) {
    super(`HTTP ${status}: redirected to ${target}`)
    this.status = status
    this.target = target
  }
}

/** An answer without end, or one packed so that it unfolds into one. */
export class OversizedAnswerError extends Error {
  override readonly name = 'OversizedAnswerError'
}

/**
 * Refuses redirects and cuts answers that grow too long.
 *
 * @param longest Bytes of an answer at most, unpacked. @defaultValue 8 MiB
 * @returns a `fetch` that throws RedirectError, OversizedAnswerError; and as `fetch`.
 * @example
 * import { createOpenAICompatible } from '@ai-sdk/openai-compatible'
 * const fetch = createGuardedFetch()
 * createOpenAICompatible({ name: 'mine', baseURL: 'http://127.0.0.1:8080/v1', fetch }).chatModel('llama3')
 */
export function createGuardedFetch(longest: number = LONGEST_ANSWER): typeof fetch {
  const guarded: typeof fetch = async (input, init) => {
    const response = await fetch(input, { ...init, redirect: 'manual' })
    const { status, statusText, headers } = response
    if (status >= 300 && status < 400) {
      await response.body?.cancel()
      const location = headers.get('location') ?? ''
      const base = typeof input === 'string' || input instanceof URL ? input : input.url
      throw new RedirectError(status, URL.parse(location, base)?.origin ?? '(no address)')
    }
    if (!response.body || isKnownToFit(headers, longest)) return response
    const pieces: Uint8Array[] = []
    let bytes = 0
    // Leaving the loop closes the connection.
    for await (const piece of response.body) {
      bytes += piece.length
      if (bytes > longest) {
        throw new OversizedAnswerError(`the answer is longer than ${longest / 1024 / 1024} MiB`)
      }
      pieces.push(piece)
    }
    return new Response(Buffer.concat(pieces), { status, statusText, headers })
  }
  return guarded
}

/** With the usual limit. */
export const guardedFetch = createGuardedFetch()

function isKnownToFit(headers: Headers, longest: number): boolean {
  const length = Number(headers.get('content-length') ?? Number.NaN)
  return !headers.has('content-encoding') && length <= longest
}
