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
}

/** Answers kept for repeated requests. */
const KEPT = 10_000

/**
 * A POST with an `Idempotency-Key` is carried out once; a repeated one gets the first answer. What failed on the server's
 * side is carried out again. The answers are in memory. After a restart, too, actions asked for again are the same ones,
 * and results told twice count once: the log knows of them.
 */
export function idempotency(): MiddlewareHandler {
  const entries = new Map<string, Entry>()
  return async (context, next) => {
    const key = context.req.header('idempotency-key')
    if (context.req.method !== 'POST' || key === undefined) return next()
    const place = `${context.req.path}\n${key}`
    const request = createHash('sha256')
      .update(await context.req.text())
      .digest('hex')
    const known = entries.get(place)
    if (known && known.request !== request) {
      const message = `idempotency key ${key.slice(0, 200)} was used with another body`
      return context.json({ error: { code: 'conflict', message, remedy: 'Use a new key.' } }, 409)
    }
    const before = await known?.answer
    if (before) {
      return new Response(before.body, {
        status: before.status,
        headers: { 'Content-Type': before.type, 'Idempotent-Replayed': 'true' },
      })
    }
    let settle: (answer: Answer | undefined) => void = () => undefined
    entries.set(place, { request, answer: new Promise((resolve) => (settle = resolve)) })
    if (entries.size > KEPT) entries.delete(entries.keys().next().value!)
    try {
      await next()
      const { status } = context.res
      if (status < 500) {
        const type = context.res.headers.get('content-type') ?? 'application/json'
        return settle({ body: await context.res.clone().text(), status, type })
      }
      entries.delete(place)
      settle(undefined)
    } catch (error) {
      entries.delete(place)
      settle(undefined)
      throw error
    }
  }
}
