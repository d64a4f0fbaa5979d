import type { Decision, PolicyContext, PolicyState } from '../policy.ts'
import type { Design } from './design.ts'

/** Turns a point into an action: a new candidate, measured on all examples or on as many as are paid for. */
export function proposePoint(
  state: PolicyState,
  context: PolicyContext,
  design: Design,
  x: ArrayLike<number> | undefined,
  why: { readonly origin: string; readonly summary: string },
): Decision {
  if (state.evaluationsLeft < 1) return { kind: 'done', reason: 'the budget is spent' }
  if (!x) return { kind: 'done', reason: 'every point of the space has been tried' }
  const count = Math.min(context.exampleCount, state.evaluationsLeft)
  return {
    kind: 'act',
    action: {
      kind: 'evaluate',
      candidate: design.candidate(x, `${why.origin}-${state.pool.length}`, why.origin),
      examples: Array.from({ length: count }, (_, example) => example),
      reason: { summary: why.summary },
    },
  }
}
