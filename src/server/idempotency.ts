import { createHash } from 'node:crypto'
import type { MiddlewareHandler } from 'hono'

interface Answer {
  readonly body: string
  readonly status: number
  readonly type: string
}

interface Entry {
  readonly request: string
  readonly answer: Promise<Answer | undefined>
  /** Characters of the answer; 0 until it is there. */
  size: number
}

/** Answers kept for repeated requests, and their characters together: an answer may hold a thousand prompts. */
const KEPT = 10_000
const KEPT_CHARACTERS = 2 ** 24

/**
 * A POST with an `Idempotency-Key` is carried out once; a repeated one gets the first answer. What failed on the server's
 * side is carried out again. The latest answers are in memory. After them and after a restart, too, actions asked for again
 * are the same ones, and results told twice count once: the log knows of them.
 *
 * @param kept Answers that are kept, and their characters together.
 */
export function idempotency({ answers = KEPT, characters = KEPT_CHARACTERS } = {}): MiddlewareHandler {
  const entries = new Map<string, Entry>()
  let held = 0
  const forget = (place: string) => {
    held -= entries.get(place)?.size ?? 0
    entries.delete(place)
  }
  const forgetOldest = () => {
    for (const [place, { size }] of entries) {
      if (entries.size <= answers && held <= characters) return
      if (size > 0) forget(place)
    }
  }
  return async (context, next) => {
    const key = context.req.header('idempotency-key')
    if (context.req.method !== 'POST' || key === undefined) return next()
    const place = `${context.req.path}\n${key}`
    const request = createHash('sha256')
      .update(await context.req.text())
      .digest('hex')
    for (let known = entries.get(place); known; known = entries.get(place)) {
      if (known.request !== request) {
        const message = `idempotency key ${key.slice(0, 200)} was used with another body`
        return context.json({ error: { code: 'conflict', message, remedy: 'Use a new key.' } }, 409)
      }
      const before = await known.answer
      if (before) {
        return new Response(before.body, {
          status: before.status,
          headers: { 'Content-Type': before.type, 'Idempotent-Replayed': 'true' },
        })
      }
    }
    let settle: (answer: Answer | undefined) => void = () => undefined
    const entry: Entry = { request, answer: new Promise((resolve) => (settle = resolve)), size: 0 }
    entries.set(place, entry)
    forgetOldest()
    try {
      await next()
      const { status } = context.res
      if (status < 500) {
        const type = context.res.headers.get('content-type') ?? 'application/json'
        const body = await context.res.clone().text()
        settle({ body, status, type })
        entry.size = body.length
        held += body.length
        return forgetOldest()
      }
      forget(place)
      settle(undefined)
    } catch (error) {
      forget(place)
      settle(undefined)
      throw error
    }
  }
}
