import { nothingLeft } from '../nothing-left.ts'
import type { Decision, Fit, PolicyContext, PolicyState } from '../policy.ts'
import type { Design } from './design.ts'
import { createWaitingEntries } from './waiting-entries.ts'

export interface PointProposal {
  /** `undefined` when every point of the space is taken. */
  readonly x: ArrayLike<number> | undefined
  readonly origin: string
  readonly summary: string
  /** Of the model that chose it; logged where it is new. */
  readonly fit?: Fit
}

/**
 * Turns points into actions: a candidate measured on all examples, or on as many as are paid for. What waits in the pool
 * comes before a new point.
 */
export function createPointProposer(
  context: PolicyContext,
): (state: PolicyState, design: Design, propose: () => PointProposal) => Decision {
  const waitingEntry = createWaitingEntries()
  return (state, design, propose) => {
    if (state.evaluationsLeft < 1) return { kind: 'done', reason: 'the budget is spent' }
    const count = Math.min(context.exampleCount, state.evaluationsLeft)
    const examples = Array.from({ length: count }, (_, example) => example)
    const waiting = waitingEntry(state, design)
    if (waiting !== undefined) {
      const reason = { summary: 'put forward' }
      return { kind: 'act', action: { kind: 'evaluate', candidate: waiting, examples, reason } }
    }
    const { x, origin, summary, fit } = propose()
    if (!x) return nothingLeft(state, 'every point of the space has been tried')
    const candidate = design.candidate(x, `${origin}-${state.pool.length}`, origin)
    return {
      kind: 'act',
      action: { kind: 'evaluate', candidate, examples, reason: { summary } },
      ...(fit && fit !== state.fits.at(-1) ? { fit } : {}),
    }
  }
}
