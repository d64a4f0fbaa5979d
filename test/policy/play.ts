import type { ObservationLog } from '../../src/history/observation-log.ts'
import { playPolicy } from '../../src/policy/play-policy.ts'
import type { Decision, PendingCell, Policy, PolicyContext, PolicyState } from '../../src/policy/policy.ts'
import type { PoolEntry } from '../../src/prompt/candidate.ts'

/** Test prompts: short texts in a few styles. */
export function promptPool(size: number): PoolEntry[] {
  const styles = ['Answer briefly: {input}', 'Think step by step.\n\n{input}\nAnswer:', 'Q: {input}\nA:', '{input}?']
  return Array.from({ length: size }, (_, i) => ({
    candidate: { id: `p${i}`, text: `${styles[i % styles.length]} (${String.fromCharCode(97 + (i % 26))}${i})` },
  }))
}

export interface PlayOptions {
  readonly context: PolicyContext
  readonly pool: PoolEntry[]
  readonly budget: number
  readonly score: (candidate: number, example: number) => number | null
  /** How many calls are in flight at once. @defaultValue 1 */
  readonly workers?: number
  /** Called before every decision; may add to the pool. */
  readonly before?: (state: PolicyState, observations: ObservationLog) => void
  /** Called with every decision. */
  readonly onDecision?: (decision: Decision, state: PolicyState) => void
}

/** Plays a policy to the end of its budget, holding it to the contract all policies share. */
export function play(policy: Policy, options: PlayOptions): { state: PolicyState; spent: number; cells: Set<string> } {
  const { context, pool, budget, score, workers = 1, before, onDecision } = options
  const cells = new Set<string>()
  const measure = ({ candidate, example }: PendingCell) => {
    cells.add(`${candidate}/${example}`)
    return score(candidate, example)
  }
  const heard: Policy = {
    ...policy,
    next(state) {
      const decision = policy.next(state)
      onDecision?.(decision, state)
      return decision
    },
  }
  const { state, spent } = playPolicy(
    heard,
    { pool, exampleCount: context.exampleCount, budget, measure },
    {
      inFlight: workers,
      // Told out of order: the newest first, every third time.
      first: ({ pending, evaluationsLeft }) => ((budget - evaluationsLeft) % 3 === 0 ? pending.length - 1 : 0),
      onAsk: ({ state, observations }) => before?.(state, observations),
    },
  )
  return { state, spent, cells }
}
