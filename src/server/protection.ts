/**
 * What protects the server: a token, the name it is called by, and how much it takes at once.
 *
 * @module
 */
import { createHash, timingSafeEqual } from 'node:crypto'
import type { MiddlewareHandler } from 'hono'
import { bodyLimit } from 'hono/body-limit'
import { refuseLostKeys } from '../task/json-limits.ts'
import type { Limits } from './limits.ts'

const refuse = (code: string, message: string, remedy?: string) => ({
  error: { code, message, ...(remedy === undefined ? {} : { remedy }) },
})

/** Compares in constant time: hashes have one length whatever was sent. */
export function requireToken(token: string): MiddlewareHandler {
  const hash = (text: string) => createHash('sha256').update(text).digest()
  const expected = hash(token)
  return async (context, next) => {
    const sent = /^Bearer +(.+)$/i.exec(context.req.header('authorization') ?? '')?.[1] ?? ''
    if (timingSafeEqual(hash(sent), expected)) return next()
    context.header('WWW-Authenticate', 'Bearer')
    return context.json(refuse('unauthorized', 'the bearer token is missing or wrong'), 401)
  }
}

const LOOPBACK_NAMES = /^(localhost|127(\.\d{1,3}){3}|\[::1\])(:\d+)?$/i

/** Without a token only who calls it by a name of this machine is answered: a web page elsewhere cannot reach it by DNS. */
export const requireLoopbackName: MiddlewareHandler = async (context, next) => {
  const host = context.req.header('host')
  if (host === undefined || LOOPBACK_NAMES.test(host)) return next()
  return context.json(refuse('unauthorized', 'this server answers on this machine only', 'Start it with a token.'), 403)
}

/** A page of another site cannot send here what a person did not mean to. Who is no browser says nothing of an origin. */
export const requireSameOrigin: MiddlewareHandler = async (context, next) => {
  const origin = context.req.header('origin')
  if (origin === undefined || URL.parse(origin)?.host === context.req.header('host')) return next()
  return context.json(refuse('unauthorized', `pages of ${origin} may not use this server`), 403)
}

/** Refuses bodies of more than `maxSize` bytes. */
export function limitBody(maxSize: number): MiddlewareHandler {
  const onError: Parameters<typeof bodyLimit>[0]['onError'] = (context) =>
    context.json(refuse('too-large', `a body may have ${maxSize} bytes`), 413)
  const counted = bodyLimit({ maxSize, onError })
  return (context, next) => {
    const length = context.req.header('content-length')
    // Asking for the body makes a stream of it, which costs a small request more than its answer.
    if (length === undefined || context.req.header('transfer-encoding') !== undefined) return counted(context, next)
    return Number(length) > maxSize ? Promise.resolve(onError(context)) : next()
  }
}

/** Refuses a body with a key that copying it would lose. */
export const refuseKeysThatGetLost: MiddlewareHandler = async (context, next) => {
  if (context.req.header('content-type')?.includes('json') && (await context.req.text()).includes('"__proto__"')) {
    refuseLostKeys(await context.req.json(), (path) => path.join('.'))
  }
  return next()
}

/** @param now A clock in milliseconds. */
export function limitLoad(limits: Required<Limits>, now: () => number): MiddlewareHandler {
  let inFlight = 0
  let tokens = limits.requestsPerSecond
  let filledAt = now()
  return async (context, next) => {
    const at = now()
    tokens = Math.min(limits.requestsPerSecond, tokens + ((at - filledAt) / 1000) * limits.requestsPerSecond)
    filledAt = at
    if (tokens < 1) {
      context.header('Retry-After', '1')
      return context.json(refuse('too-many-requests', 'too many requests', 'Wait a second.'), 429)
    }
    if (inFlight >= limits.concurrency) {
      context.header('Retry-After', '1')
      return context.json(refuse('unavailable', 'too many requests at once', 'Try again in a second.'), 503)
    }
    tokens--
    inFlight++
    try {
      await next()
    } finally {
      inFlight--
    }
  }
}
