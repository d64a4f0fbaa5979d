import type { Context } from 'hono'
import { HTTPException } from 'hono/http-exception'
import { KrigeError, type KrigeErrorCode } from '../errors.ts'
import { UnknownStudyError } from './served-studies.ts'

const STATUS: Partial<Record<KrigeErrorCode, 400 | 409 | 503>> = {
  'invalid-argument': 400,
  'invalid-input': 400,
  conflict: 409,
  budget: 409,
  unavailable: 503,
}

/** An error as JSON: code, message and remedy; what is no fault of the caller's is told to `onFault` and not shown. */
export function errorAnswer(error: Error, context: Context, onFault: ((error: unknown) => void) | undefined): Response {
  if (error instanceof UnknownStudyError) return context.json(bodyOf(error), 404)
  const status = KrigeError.isInstance(error) ? STATUS[error.code] : undefined
  if (status !== undefined && KrigeError.isInstance(error)) return context.json(bodyOf(error), status)
  // Hono's own: a body that is no JSON, or says that it is something else.
  if (error instanceof HTTPException && error.status < 500) {
    const remedy = error.status === 415 ? { remedy: 'Send JSON, with Content-Type: application/json.' } : {}
    return context.json({ error: { code: 'invalid-argument', message: error.message, ...remedy } }, error.status)
  }
  onFault?.(error)
  return context.json({ error: { code: 'fault', message: 'a fault of the server; its log says more' } }, 500)
}

function bodyOf({ code, message, remedy }: KrigeError) {
  return { error: { code, message, ...(remedy === undefined ? {} : { remedy }) } }
}
