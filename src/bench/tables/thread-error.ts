import { KrigeError, type KrigeErrorCode } from '../../errors.ts'

/** What is left of an error after the structured clone between threads. */
export interface ThreadError {
  readonly code?: KrigeErrorCode
  readonly message: string
  readonly where?: string
  readonly remedy?: string
  readonly stack?: string
}

export function packError(error: unknown): ThreadError {
  if (!(error instanceof Error)) return { message: String(error) }
  const stack = error.stack === undefined ? {} : { stack: error.stack }
  if (!KrigeError.isInstance(error)) return { message: error.message, ...stack }
  return {
    code: error.code,
    message: error.message,
    ...(error.where === undefined ? {} : { where: error.where }),
    ...(error.remedy === undefined ? {} : { remedy: error.remedy }),
    ...stack,
  }
}

/** The error again, with the code the command line turns into an exit code. */
export function unpackError(packed: ThreadError): Error {
  const error =
    packed.code === undefined
      ? new Error(packed.message)
      : new KrigeError(packed.code, packed.message, {
          ...(packed.where === undefined ? {} : { where: packed.where }),
          ...(packed.remedy === undefined ? {} : { remedy: packed.remedy }),
        })
  if (packed.stack !== undefined) error.stack = packed.stack
  return error
}
