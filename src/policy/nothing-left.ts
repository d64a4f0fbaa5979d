import type { Decision, PolicyState } from './policy.ts'

/**
 * The answer of a policy that has no cell left to ask for. It waits while one is pending, which may be given back or change
 * what is worth asking, and is done when none is.
 *
 * @example
 * nothingLeft({ pending: [] }, 'every prompt has been measured') // { kind: 'done', reason: 'every prompt has been measured' }
 */
export function nothingLeft({ pending }: Pick<PolicyState, 'pending'>, reason: string): Decision {
  return pending.length > 0 ? { kind: 'wait' } : { kind: 'done', reason }
}
