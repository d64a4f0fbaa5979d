import { createHash } from 'node:crypto'
import type { GenerateRequest, TextModel, Usage } from './text-model.ts'

/** Hexadecimal SHA-256 of everything an answer depends on. */
export type CacheKey = string

export interface CachedResponse {
  readonly text: string
  readonly usage: Usage
  /** Whether it reached its limit of tokens; absent where that was not kept. */
  readonly cut?: boolean
}

/** Answers that were paid for once. Failures are never kept. */
export interface ResponseCache {
  get(key: CacheKey): CachedResponse | undefined
  set(key: CacheKey, response: CachedResponse): void
  close(): void
}

/**
 * The key of a call: model identity, sampling, the exact input and the repeat.
 *
 * @param decides - names what may have stopped a generation early (a metric), since a shortened answer serves only it.
 */
export function cacheKeyOf(model: TextModel, request: GenerateRequest, repeat: number, decides: string): CacheKey {
  const { temperature, topP, maxOutputTokens, stop, seed } = request.sampling
  const parts = [
    'response/1',
    model.identity,
    temperature,
    topP ?? null,
    maxOutputTokens,
    stop ?? [],
    temperature === 0 ? null : (seed ?? null),
    request.system ?? null,
    request.prompt,
    repeat,
    decides,
    ...(request.turns ? [request.turns] : []),
  ]
  return createHash('sha256').update(JSON.stringify(parts)).digest('hex')
}

/**
 * Answers kept for as long as the process lives.
 *
 * @example
 * const cache = createMemoryResponseCache()
 * cache.set('a key', { text: 'bug', usage: { inputTokens: 20, outputTokens: 1 } })
 * cache.get('a key')?.text // 'bug'
 */
export function createMemoryResponseCache(): ResponseCache {
  const responses = new Map<CacheKey, CachedResponse>()
  return {
    get: (key) => responses.get(key),
    set: (key, response) => {
      responses.set(key, response)
    },
    close: () => responses.clear(),
  }
}
