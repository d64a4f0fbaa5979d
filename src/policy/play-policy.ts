/**
 * Plays a policy against a world that answers at once, holding it to its contract. Benches, conformance suites and
 * tests do so instead of running a study.
 *
 * @module
 */
import { ConflictError } from '../errors.ts'
import { createObservationLog, type ObservationLog } from '../history/observation-log.ts'
import type { Candidate, PoolEntry } from '../prompt/candidate.ts'
import type { Action, Decision, EvaluateAction, Fit, Generation, PendingCell, Policy, PolicyState } from './policy.ts'

/** What a policy is played against. */
export interface World {
  /** Grows by what a policy proposes, and by what {@link PolicyPlay.grow} adds. */
  readonly pool: PoolEntry[]
  readonly exampleCount: number
  readonly budget: number
  /** The score of a cell; `null` where it failed. */
  measure(cell: PendingCell): number | null
  /** Whether a policy may propose points of a space, and look at a point more than once. @defaultValue false */
  readonly hasSpace?: boolean
  /** Whether a policy may ask for drafts. @defaultValue false */
  readonly hasProposers?: boolean
  /** Whether calls of proposers are paid out of the same budget; otherwise they are free. @defaultValue false */
  readonly chargesCalls?: boolean
}

/** A game of a policy, one step at a time. */
export interface PolicyPlay {
  readonly state: PolicyState
  readonly observations: ObservationLog
  /** Evaluations asked for, and what else was charged. */
  readonly spent: number
  /** Asks the policy; the cells it wants are pending afterward. @throws ConflictError when it breaks its contract. */
  ask(policy: Policy): Decision
  /** Tells the outcome of a pending cell. @param place Among those pending; 0 is the one that waits longest. */
  tell(place?: number): PendingCell & { readonly score: number | null }
  /** Ends a generation. @returns The indices that its candidates have. */
  grow(
    entries: readonly PoolEntry[],
    generation: Pick<Generation, 'proposer' | 'parents' | 'calls'> & { readonly duplicates?: number },
  ): readonly number[]
  /** Takes evaluations from the budget, or gives some back where negative. */
  charge(evaluations: number): void
}

/** The step at a time; {@link playPolicy} plays to the end. */
export function startPlay(world: World): PolicyPlay {
  const { pool, exampleCount, budget, hasProposers = false, chargesCalls = false } = world
  const observations = createObservationLog()
  const pending: PendingCell[] = []
  const fits: Fit[] = []
  const generations: Generation[] = []
  const asked = new Set<string>()
  let spent = 0
  const state: PolicyState = {
    pool,
    observations,
    pending,
    fits,
    generations,
    pendingGenerations: 0,
    get evaluationsLeft() {
      return budget - spent
    },
    get callsLeft() {
      return chargesCalls ? budget - spent : Number.POSITIVE_INFINITY
    },
  }

  const checkEvaluation = (policy: Policy, { candidate, examples, repeat = 0 }: EvaluateAction) => {
    if (typeof candidate !== 'number' && !world.hasSpace) {
      throw breach(policy, `wants a new candidate "${candidate.id}" measured`)
    }
    if (typeof candidate === 'number' && !isIndex(candidate, pool.length)) {
      throw breach(policy, `asks for candidate ${candidate} of ${pool.length}`)
    }
    if (repeat !== 0 && !world.hasSpace)
      throw breach(policy, `asks for repeat ${repeat}, which cannot be answered here`)
    if (examples.length === 0) throw breach(policy, 'asks for no example at all')
    const left = budget - spent
    if (examples.length > left) throw breach(policy, `asks for ${examples.length} evaluations with ${left} left`)
    const outside = examples.find((example) => !isIndex(example, exampleCount))
    if (outside !== undefined) throw breach(policy, `asks for example ${outside} of ${exampleCount}`)
  }
  const join = (candidate: Candidate) => pool.push({ candidate }) - 1

  return {
    state,
    observations,
    get spent() {
      return spent
    },
    ask(policy) {
      const decision = policy.next(state)
      if (decision.kind === 'wait' && pending.length === 0) throw breach(policy, 'waits although nothing is pending')
      if (decision.kind !== 'act') return decision
      const { action, fit } = decision
      if (fit) fits.push(fit)
      if (action.kind === 'evaluate') {
        checkEvaluation(policy, action)
        const { examples, repeat = 0 } = action
        const candidate = typeof action.candidate === 'number' ? action.candidate : join(action.candidate)
        for (const example of examples) {
          const cell = `${candidate}/${example}/${repeat}`
          if (asked.has(cell)) throw breach(policy, `asks for prompt ${candidate} on example ${example} a second time`)
          asked.add(cell)
          pending.push({ candidate, example, repeat })
        }
        spent += examples.length
      } else if (!mayGenerate(action)) throw breach(policy, `wants to ${action.kind}, which cannot be answered here`)
      return decision
    },
    tell(place = 0) {
      const [cell] = pending.splice(place, 1) as [PendingCell]
      const told = { ...cell, score: world.measure(cell) }
      observations.append(told)
      return told
    },
    grow(entries, { duplicates = 0, ...generation }) {
      const added = entries.map((entry) => pool.push(entry) - 1)
      generations.push({ action: generations.length, added, duplicates, rejected: {}, ...generation })
      return added
    },
    charge(evaluations) {
      spent += evaluations
    },
  }

  function mayGenerate({ kind }: Action): boolean {
    return hasProposers && kind === 'generate'
  }
}

export interface PlayOptions {
  /** Cells in flight before a policy is asked again. @defaultValue 1: every action is told before the next */
  readonly inFlight?: number
  /** Once so many are in flight, all of them are told. @defaultValue false */
  readonly inRounds?: boolean
  /** Place among the pending cells of the one that is told next. @defaultValue the one that waits longest */
  readonly first?: (state: PolicyState) => number
  /** Called before every decision. */
  readonly onAsk?: (play: PolicyPlay) => void
  /** Called with every decision, and with what is pending after it. */
  readonly onDecision?: (decision: Decision, state: PolicyState) => void
}

export interface Played extends PolicyPlay {
  /** Why the policy stopped before the budget was spent, when it did. */
  readonly stopped?: string
}

/**
 * Plays a policy to the end of its budget.
 *
 * @param policy A function is asked for a policy before every decision.
 * @throws ConflictError when the policy breaks its contract: asks for a cell twice, for more than is left, for what is
 * not there, or waits with nothing pending.
 * @example
 * const pool = [{ candidate: { id: 'a', text: 'Label it.' } }, { candidate: { id: 'b', text: 'Which label?' } }]
 * const policy = createRandomPolicy({ seed: 1, space: {}, exampleCount: 5, evaluationBudget: 8, estimand: 'set', backend })
 * playPolicy(policy, { pool, exampleCount: 5, budget: 8, measure: ({ candidate }) => candidate }).spent // 8
 */
export function playPolicy(policy: Policy | (() => Policy), world: World, options: PlayOptions = {}): Played {
  const { inFlight = 1, inRounds = false, first = () => 0, onAsk, onDecision } = options
  const play = startPlay(world)
  const { state } = play
  let stopped: string | undefined
  while (state.evaluationsLeft > 0) {
    onAsk?.(play)
    const decision = play.ask(typeof policy === 'function' ? policy() : policy)
    onDecision?.(decision, state)
    if (decision.kind === 'done') {
      stopped = decision.reason
      break
    }
    // Room for another action, or else what the policy waits for.
    const room = decision.kind === 'act' ? inFlight : state.pending.length
    if (inRounds && state.pending.length >= room) while (state.pending.length > 0) play.tell()
    else while (state.pending.length >= room) play.tell(first(state))
  }
  while (state.pending.length > 0) play.tell()
  return Object.assign(play, stopped === undefined ? {} : { stopped })
}

function isIndex(value: number, count: number): boolean {
  return Number.isInteger(value) && value >= 0 && value < count
}

/** @returns The error for a policy that breaks its contract. */
export function breach(policy: Policy, what: string): ConflictError {
  return new ConflictError(`policy ${policy.name} ${what}`, {
    remedy: 'This is a defect of the policy; its results were not recorded.',
  })
}
