import { startPlay } from '../../policy/play-policy.ts'
import type { PolicyContext, PolicyFactory } from '../../policy/policy.ts'
import type { PoolEntry } from '../../prompt/candidate.ts'
import type { GenerativeLandscape, LandscapePrompt } from './generative-landscape.ts'

export interface LandscapeSearch {
  /** Expected score of the recommended prompt after every `every` calls. */
  readonly scores: readonly number[]
  readonly drafts: number
  /** How many drafts got at least one outcome. */
  readonly measured: number
  /** What was asked of which proposer, in order, and what was spent and told before. */
  readonly proposals: readonly Proposal[]
}

export interface Proposal {
  readonly proposer: string
  readonly slot?: string
  readonly count: number
  readonly evaluations: number
}

export interface LandscapeSearchOptions {
  /** An outcome costs one, drafts what their proposer says. */
  readonly calls: number
  readonly every: number
  readonly seed: number
  readonly backend: PolicyContext['backend']
  readonly options?: Readonly<Record<string, unknown>>
}

/** Searches from one prompt until the calls are spent. */
export async function searchLandscape(
  landscape: GenerativeLandscape,
  factory: PolicyFactory,
  { calls, every, seed, backend, options }: LandscapeSearchOptions,
): Promise<LandscapeSearch> {
  const policy = factory({
    seed,
    space: {},
    exampleCount: landscape.examples,
    evaluationBudget: calls,
    estimand: 'population',
    backend,
    proposers: landscape.proposers,
    ...(landscape.stages ? { stages: landscape.stages } : {}),
    ...(options ? { options } : {}),
  })
  // Then nothing is told before the policy waits for it.
  const inRounds = Number(options?.['batch'] ?? 1) > 1
  const prompts: LandscapePrompt[] = [landscape.start]
  const scores: number[] = []
  const proposals: Proposal[] = []
  const play = startPlay({
    pool: [entryOf(landscape.start, 0)],
    exampleCount: landscape.examples,
    budget: calls,
    hasProposers: true,
    chargesCalls: true,
    measure: ({ candidate, example }) => landscape.measure(prompts[candidate]!, example),
  })
  const { state, observations } = play
  const record = () => {
    while (scores.length < Math.floor(play.spent / every)) {
      scores.push(landscape.expectedScore(prompts[policy.recommend(state)?.candidate ?? 0]!))
    }
  }
  // Step by step, because drafts take their time, and come out of the same budget.
  while (play.spent < calls) {
    const decision = play.ask(policy)
    if (decision.kind !== 'act') {
      if (state.pending.length === 0) break
      while (state.pending.length > 0) play.tell()
      record()
      continue
    }
    const { action } = decision
    if (action.kind === 'generate') {
      const parents = action.parents.map((parent) => prompts[parent]!)
      const known = new Set(prompts.map(({ text }) => text))
      const { proposer, slot } = action
      const asked = { proposer, ...(slot === undefined ? {} : { slot }) }
      proposals.push({ ...asked, count: action.count, evaluations: observations.length })
      const written = await landscape.children(parents, action.count, asked)
      const fresh = written.filter(({ text }) => !known.has(text) && known.add(text))
      const entries = fresh.map((prompt) =>
        entryOf(prompt, prompts.push(prompt) - 1, parentsOf(prompt, action.parents)),
      )
      const cost = landscape.proposers.find(({ name }) => name === proposer)!.calls(action.count)
      const duplicates = written.length - fresh.length
      play.grow(entries, { proposer, parents: action.parents, calls: cost, duplicates })
      play.charge(cost)
    }
    while (!inRounds && state.pending.length > 0) play.tell()
    record()
  }
  const measured = new Set(Array.from({ length: observations.length }, (_, k) => observations.candidate(k)))
  return { scores, drafts: prompts.length - 1, measured: [...measured].filter((i) => i > 0).length, proposals }
}

const parentsOf = ({ parent }: LandscapePrompt, parents: readonly number[]) =>
  parent === undefined ? parents : [parents[parent]!]

function entryOf({ text, slots, embedding }: LandscapePrompt, index: number, parents?: readonly number[]): PoolEntry {
  const origin = parents ? ({ by: 'proposer', name: 'landscape', parents } as const) : ({ by: 'baseline' } as const)
  const candidate = { id: String(index), ...(slots ? { slots } : { text }), origin }
  return embedding ? { candidate, embedding } : { candidate }
}
