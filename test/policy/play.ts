import { createObservationLog, type ObservationLog } from '../../src/history/observation-log.ts'
import type { Decision, Policy, PolicyContext, PolicyState } from '../../src/policy/policy.ts'
import type { PoolEntry } from '../../src/prompt/candidate.ts'

/** Test prompts: short texts in a few styles. */
export function promptPool(size: number): PoolEntry[] {
  const styles = ['Answer briefly: {input}', 'Think step by step.\n\n{input}\nAnswer:', 'Q: {input}\nA:', '{input}?']
  return Array.from({ length: size }, (_, i) => ({
    candidate: { id: `p${i}`, text: `${styles[i % styles.length]} (${String.fromCharCode(97 + (i % 26))}${i})` },
  }))
}

export interface Play {
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
export function play(policy: Policy, options: Play): { state: PolicyState; spent: number; cells: Set<string> } {
  const { pool, budget, score, workers = 1, before, onDecision } = options
  const observations = createObservationLog()
  const pending: { candidate: number; example: number; repeat: number }[] = []
  const cells = new Set<string>()
  let spent = 0
  const state: PolicyState = {
    pool,
    observations,
    pending,
    fits: [],
    get evaluationsLeft() {
      return budget - spent
    },
  }
  const tellOne = () => {
    // Told out of order: the newest first, every third time.
    const cell = (spent % 3 === 0 ? pending.pop() : pending.shift())!
    observations.append({ ...cell, score: score(cell.candidate, cell.example) })
  }
  for (;;) {
    before?.(state, observations)
    const decision = policy.next(state)
    onDecision?.(decision, state)
    if (decision.kind === 'done') break
    if (decision.kind === 'wait') {
      if (pending.length === 0) throw new Error('waits with nothing pending')
      tellOne()
      continue
    }
    const { action } = decision
    if (action.kind !== 'evaluate' || typeof action.candidate !== 'number') throw new Error(`unexpected ${action.kind}`)
    if (action.examples.length === 0) throw new Error('no examples')
    for (const example of action.examples) {
      const key = `${action.candidate}/${example}`
      if (cells.has(key)) throw new Error(`cell ${key} is asked for twice`)
      if (action.candidate < 0 || action.candidate >= pool.length) throw new Error(`no candidate ${action.candidate}`)
      if (example < 0 || example >= options.context.exampleCount) throw new Error(`no example ${example}`)
      cells.add(key)
      spent++
      pending.push({ candidate: action.candidate, example, repeat: 0 })
    }
    if (spent > budget) throw new Error(`${spent} of ${budget} spent`)
    while (pending.length >= workers) tellOne()
  }
  while (pending.length > 0) tellOne()
  return { state, spent, cells }
}
