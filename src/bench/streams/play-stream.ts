/**
 * Replays a proposal stream to a policy that decides when to look at the next drafts and which of them to measure.
 *
 * A policy starts with the first prompts of the stream. A `generate` action reveals the next ones, in order; a policy that
 * has nothing left to measure is shown them unasked. A cell costs one evaluation; one that the run did not measure is
 * answered as missing, and costs nothing.
 *
 * @module
 */
import { breach, startPlay } from '../../policy/play-policy.ts'
import type { PolicyContext, PolicyFactory, ProposerInfo } from '../../policy/policy.ts'
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
  const play = startPlay({
    pool: entries.slice(0, FIRST_PROMPTS),
    exampleCount,
    budget,
    hasProposers: true,
    measure({ candidate, example }) {
      const score = outcomeOf(stream, candidate, example)
      return Number.isNaN(score) ? null : score
    },
  })
  const { state } = play
  let checked = 0
  let refused = 0
  /** Whether there were any. */
  const reveal = (count: number, parents: readonly number[] = []): boolean => {
    const { length } = state.pool
    const next = entries.slice(length, length + count)
    play.grow(next, { proposer: STREAM_PROPOSER.name, parents, calls: STREAM_PROPOSER.calls(next.length) })
    return next.length > 0
  }
  const matches = () => {
    const chosen = policy.recommend(state)?.candidate
    return chosen !== undefined && means[chosen]! >= target
  }

  // Step by step, because drafts come in the middle, and cells that the run did not measure cost nothing.
  while (play.spent < budget) {
    const decision = play.ask(policy)
    if (decision.kind === 'done') {
      if (!reveal(FIRST_PROMPTS)) break
      continue
    }
    if (decision.kind === 'act' && decision.action.kind === 'generate') {
      const { count, parents } = decision.action
      if (!reveal(count, parents) && ++refused > MOST_REFUSALS) {
        throw breach(policy, 'keeps asking for drafts where there are no more')
      }
      continue
    }
    while (state.pending.length > 0) if (play.tell().score === null) play.charge(-1)
    const { spent } = play
    if (spent - checked >= CHECK_EVERY) {
      checked = spent
      if (matches()) return { cellsSpent: spent, cellsToMatch: spent }
    }
  }
  const { spent } = play
  return { cellsSpent: spent, cellsToMatch: spent > checked && matches() ? spent : null }
}
