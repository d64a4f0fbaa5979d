/**
 * Replays a proposal stream to a policy that decides when to look at the next drafts and which of them to measure.
 *
 * A policy starts with the first prompts of the stream. A `generate` action reveals the next ones, in order; a policy that
 * has nothing left to measure is shown them unasked. A cell costs one evaluation; one that the run did not measure is
 * answered as missing, and costs nothing.
 *
 * @module
 */
import { ConflictError } from '../../errors.ts'
import { createObservationLog } from '../../history/observation-log.ts'
import type {
  Fit,
  Generation,
  Policy,
  PolicyContext,
  PolicyFactory,
  PolicyState,
  ProposerInfo,
} from '../../policy/policy.ts'
import type { PoolEntry } from '../../prompt/candidate.ts'
import { bestMeasuredInFull, outcomeOf, type Stream, streamMeans } from '../../recording/stream.ts'

/** How many prompts there are at the start, and how many come where it is not said: CAPO's population. */
export const FIRST_PROMPTS = 10
/** What shows the next prompts of a stream; a draft of the original run took two calls, crossover and mutation. */
export const STREAM_PROPOSER: ProposerInfo = { name: 'stream', calls: (count) => 2 * count }
/** A recommendation is looked at after so many further cells. */
const CHECK_EVERY = 30
/** How often a policy may ask for drafts after the last one came. */
const MOST_REFUSALS = 10
/** Means this close count as equal. */
const TOLERANCE = 0.005

export interface StreamPlay {
  readonly cellsSpent: number
  /** Cells until the recommended prompt was as good as the best of those the run measured in full; null if it never was. */
  readonly cellsToMatch: number | null
}

export interface StreamPlayOptions {
  readonly seed: number
  readonly backend: PolicyContext['backend']
  readonly options?: Readonly<Record<string, unknown>>
}

/**
 * Plays until the recommended prompt matches, the policy has seen and measured everything it wants, or as many cells are
 * spent as the run spent.
 *
 * @param entries The stream's prompts with their embeddings, in order.
 * @throws ConflictError when the policy breaks its contract.
 */
export function playStream(
  stream: Stream,
  entries: readonly PoolEntry[],
  factory: PolicyFactory,
  options: StreamPlayOptions,
): StreamPlay {
  const exampleCount = stream.examples
  const budget = stream.cells
  const means = streamMeans(stream)
  const target = bestMeasuredInFull(stream) - TOLERANCE
  const policy = factory({
    seed: options.seed,
    space: {},
    exampleCount,
    evaluationBudget: budget,
    estimand: 'set',
    backend: options.backend,
    proposers: [STREAM_PROPOSER],
    ...(options.options ? { options: options.options } : {}),
  })
  const observations = createObservationLog()
  const fits: Fit[] = []
  const asked = new Uint8Array(entries.length * exampleCount)
  let pool = entries.slice(0, FIRST_PROMPTS)
  const generations: Generation[] = []
  let spent = 0
  let checked = 0
  let refused = 0
  const state: PolicyState = {
    get pool() {
      return pool
    },
    observations,
    pending: [],
    fits,
    generations,
    pendingGenerations: 0,
    get evaluationsLeft() {
      return budget - spent
    },
  }
  /** Whether there were any. */
  const reveal = (count: number, parents: readonly number[] = []): boolean => {
    const before = pool.length
    pool = entries.slice(0, Math.min(entries.length, before + count))
    generations.push({
      action: generations.length,
      proposer: STREAM_PROPOSER.name,
      parents,
      added: Array.from({ length: pool.length - before }, (_, k) => before + k),
      duplicates: 0,
      rejected: {},
      calls: STREAM_PROPOSER.calls(pool.length - before),
    })
    return pool.length > before
  }
  const matches = () => {
    const chosen = policy.recommend(state)?.candidate
    return chosen !== undefined && means[chosen]! >= target
  }

  while (spent < budget) {
    const decision = policy.next(state)
    if (decision.kind === 'wait') throw breach(policy, 'waits although nothing is pending')
    if (decision.kind === 'done') {
      if (!reveal(FIRST_PROMPTS)) break
      continue
    }
    const { action } = decision
    if (decision.fit) fits.push(decision.fit)
    if (action.kind === 'generate') {
      if (!reveal(action.count, action.parents) && ++refused > MOST_REFUSALS) {
        throw breach(policy, 'keeps asking for drafts where there are no more')
      }
      continue
    }
    if (action.kind !== 'evaluate') throw breach(policy, `wants to ${action.kind}, which a stream cannot answer`)
    const { candidate, examples } = action
    if (typeof candidate !== 'number' || !(candidate >= 0 && candidate < pool.length)) {
      throw breach(policy, `asks for candidate ${typeof candidate === 'number' ? candidate : candidate.id}`)
    }
    if (examples.length === 0 || examples.length > budget - spent) {
      throw breach(policy, `asks for ${examples.length} evaluations with ${budget - spent} left`)
    }
    for (const example of examples) {
      const cell = candidate * exampleCount + example
      if (asked[cell] !== 0) throw breach(policy, `asks for prompt ${candidate} on example ${example} a second time`)
      asked[cell] = 1
      const score = outcomeOf(stream, candidate, example)
      observations.append({ candidate, example, repeat: 0, score: Number.isNaN(score) ? null : score })
      if (!Number.isNaN(score)) spent++
    }
    if (spent - checked >= CHECK_EVERY) {
      checked = spent
      if (matches()) return { cellsSpent: spent, cellsToMatch: spent }
    }
  }
  return { cellsSpent: spent, cellsToMatch: spent > checked && matches() ? spent : null }
}

function breach(policy: Policy, what: string): ConflictError {
  return new ConflictError(`policy ${policy.name} ${what}`, {
    remedy: 'This is a defect of the policy; its results were not recorded.',
  })
}
