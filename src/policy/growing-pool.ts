/**
 * Any policy over a pool, made one that has the pool grow. First it finds out how much headroom there is. Then prompts
 * are written before anything else is measured, and later more of them from the best, while the budget lasts.
 *
 * @module
 */
import type { Decision, Policy, PolicyFactory, PolicyState } from './policy.ts'
import { stableShuffle } from './stable-shuffle.ts'
import { chooseStage } from './stage-choice.ts'

/** Of all prompts that a budget can tell apart, how many are written in each round … */
const ROUNDS = [0.4, 0.2, 0.2, 0.2] as const
/** … and what share of the evaluations is spent when it comes. */
const TIMES = [0, 0.25, 0.5, 0.7] as const
/** Rounds after those, where everything is measured and budget is left. */
const FURTHER_ROUNDS = 6
/** Of a budget, what a policy that does not ask for prompts itself leaves to those who write them. */
const WRITING_SHARE = 0.15
const FEWEST_PROMPTS = 6
const MOST_PROMPTS = 60
const PARENTS = 3
/** Examples that show whether a baseline leaves room, at first and when all of those are right. */
const FIRST_LOOK = 8
const LONG_LOOK = 40
/** A search with fewer evaluations cannot afford a look beforehand. */
const SMALLEST_BUDGET = 5 * FIRST_LOOK

export interface GrowingOptions {
  /** Whether the policy decides by itself when prompts are written: then only the headroom is looked at. */
  readonly asksItself?: boolean
}

/**
 * Lets a policy's pool grow by what the context's proposers write; without any it is the policy itself.
 *
 * @example
 * const grow = growingPool(createRandomPolicy)
 * grow(context).name // 'random'
 */
export function growingPool(inner: PolicyFactory, { asksItself = false }: GrowingOptions = {}): PolicyFactory {
  return (context) => {
    const { proposers = [], exampleCount, evaluationBudget, baseline } = context
    if (proposers.length === 0) return inner(context)
    const isAsked = proposers.some((proposer) => proposer.calls(1) > 0)
    const planned = evaluationBudget * (isAsked && !asksItself ? 1 - WRITING_SHARE : 1)
    const policy = inner({ ...context, evaluationBudget: planned })
    const each = Math.min(12, Math.max(4, exampleCount / 8))
    const prompts = Math.round(Math.min(MOST_PROMPTS, Math.max(FEWEST_PROMPTS, evaluationBudget / each)))
    const order = stableShuffle(exampleCount, context.seed, 'examples')

    const look = (state: PolicyState): Decision | undefined => {
      if (baseline === undefined || state.pool.length > 1 || evaluationBudget < SMALLEST_BUDGET) return undefined
      const { right, seen, examples } = outcomesOf(state, baseline)
      // One that breaks a constraint leaves room however often it is right.
      const isPerfect = right === seen && !state.excluded?.has(baseline)
      const wanted = Math.min(exampleCount, isPerfect && seen >= FIRST_LOOK ? LONG_LOOK : FIRST_LOOK)
      if (state.pending.length > 0) return { kind: 'wait' }
      const open = order.slice(0, wanted).filter((example) => !examples.has(example))
      if (open.length > 0 && open.length <= state.evaluationsLeft) {
        const reason = { summary: 'how much there is to gain over the baseline' }
        return { kind: 'act', action: { kind: 'evaluate', candidate: baseline, examples: open, reason } }
      }
      if (isPerfect && seen >= Math.min(exampleCount, LONG_LOOK)) {
        return { kind: 'done', reason: `the baseline is right on all of ${seen} examples: there is nothing to gain` }
      }
      return undefined
    }

    const generate = (state: PolicyState, share: number): Decision | undefined => {
      const room = share === ROUNDS[0] ? share * prompts - state.pool.length + 1 : share * prompts
      const count = Math.min(Math.round(room), Math.floor(state.evaluationsLeft / 2))
      if (count < 1) return undefined
      // In turn: only the policy that decides itself knows what each is worth.
      const proposer = proposers[(state.generations ?? []).length % proposers.length]!
      const calls = proposer.calls(count)
      if (calls > (state.callsLeft ?? Number.POSITIVE_INFINITY)) return undefined
      const parents = parentsOf(policy, state, baseline)
      const choice = chooseStage(context, state, parents[0]!)
      const slot = choice ? { slot: choice.stage, reason: { summary: choice.summary } } : {}
      return { kind: 'act', action: { kind: 'generate', proposer: proposer.name, parents, count, ...slot } }
    }

    return {
      name: policy.name,
      next(state) {
        if (!asksItself && (state.pendingGenerations ?? 0) > 0) return { kind: 'wait' }
        const looked = look(state)
        if (looked) return looked
        if (asksItself) return policy.next(state)
        const generations = state.generations ?? []
        const round = generations.length
        const spent = Number.isFinite(evaluationBudget) ? 1 - state.evaluationsLeft / evaluationBudget : 0
        if (round < ROUNDS.length && spent >= TIMES[round]!) {
          const asked = generate(state, ROUNDS[round]!)
          if (asked) return asked
        }
        const decision = policy.next(state)
        if (decision.kind !== 'done' || state.evaluationsLeft < 1) return decision
        const lastAdded = generations.at(-1)?.added.length ?? 1
        if (round >= ROUNDS.length + FURTHER_ROUNDS || (round > 1 && lastAdded === 0)) return decision
        return generate(state, ROUNDS[1]) ?? decision
      },
      recommend: (state) => policy.recommend(state),
    }
  }
}

/** The best by posterior mean; the baseline, before anything is known of others. */
function parentsOf(policy: Policy, state: PolicyState, baseline: number | undefined): number[] {
  const means = state.observations.length > 0 ? policy.recommend(state)?.means : undefined
  if (!means) {
    const first = baseline ?? 0
    return [first, ...state.pool.keys()].filter((index, place, all) => all.indexOf(index) === place).slice(0, PARENTS)
  }
  return [...state.pool.keys()].sort((a, b) => means[b]! - means[a]! || a - b).slice(0, PARENTS)
}

/** Of one candidate: how many answers are right, of how many that did not fail, on which examples. */
function outcomesOf({ observations }: PolicyState, candidate: number) {
  const examples = new Set<number>()
  let [right, seen] = [0, 0]
  for (let index = 0; index < observations.length; index++) {
    if (observations.candidate(index) !== candidate) continue
    examples.add(observations.example(index))
    const score = observations.score(index)
    if (Number.isNaN(score)) continue
    seen++
    if (score >= 1) right++
  }
  return { right, seen, examples }
}
