/**
 * A time limit for work that cannot be interrupted from outside. Regular expressions and JSON schemas that come with
 * data may take forever on some texts (`^(a+)+$` on forty letters). While they run no signal and no timer is heard.
 *
 * @module
 */
import { createContext, Script } from 'node:vm'

/** Milliseconds a pattern may work on one answer. Honest ones take well under one. */
export const PATTERN_DEADLINE = 500

const work: { run: () => unknown } = { run: () => undefined }
const context = createContext(work)
const script = new Script('run()')

/** Thrown by {@link withDeadline}. */
export class DeadlineError extends Error {
  override readonly name = 'DeadlineError'
}

/**
 * Runs synchronous work, and stops it after some time. The engine's own watchdog does that, inside regular expressions,
 * too; it costs a tenth of a millisecond.
 *
 * @param what - names the work in the message: `pattern /^(a+)+$/`.
 * @throws DeadlineError when it took too long, whatever it was in the middle of; else what `run` throws.
 * @example
 * withDeadline('pattern /a+/', 500, () => /a+/.test('aaa')) // true
 */
export function withDeadline<T>(what: string, milliseconds: number, run: () => T): T {
  const outer = work.run
  let result: { readonly value: T } | undefined
  work.run = () => {
    result = { value: run() }
  }
  try {
    script.runInContext(context, { timeout: milliseconds })
  } catch (cause) {
    // The watchdog's error belongs to the context, so it is no instance of our Error.
    if (typeof cause === 'object' && cause && 'code' in cause && cause.code === 'ERR_SCRIPT_EXECUTION_TIMEOUT') {
      throw new DeadlineError(`${what} took longer than ${milliseconds} ms`, { cause })
    }
    throw cause
  } finally {
    work.run = outer
  }
  return result!.value
}
