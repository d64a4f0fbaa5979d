import type { Backend } from '../numerics/linalg/backend.ts'
import { createRandom } from '../numerics/random/index.ts'
import { playPolicy } from '../policy/play-policy.ts'
import type { PendingCell, Policy, PolicyFactory, PolicyState } from '../policy/policy.ts'
import type { PoolEntry } from '../prompt/candidate.ts'
import { type ConformanceCheck, require } from './conformance.ts'

export interface PromptPolicyConformanceOptions {
  readonly backend: Backend
}

interface Trial {
  readonly prompts: number
  readonly examples: number
  readonly budget: number
  readonly seed?: number
  /** Cells in flight before another action is asked for. @defaultValue 1 */
  readonly inFlight?: number
  /** A new instance for every decision. @defaultValue false */
  readonly fresh?: boolean
  /** @defaultValue the prompt's quality, index/prompts, against a fixed threshold of the cell */
  readonly score?: (candidate: number, example: number) => number | null
  /** @defaultValue true */
  readonly embedded?: boolean
}

interface Played {
  readonly asks: readonly string[]
  readonly spent: number
  /** Cells that were pending when the policy said that it was done. */
  readonly pendingAtEnd: number
  readonly policy: Policy
  readonly state: PolicyState
}

/**
 * What every policy over a finite pool of prompts owes. It stays within its budget, and measures no cell twice and none
 * that is pending. It ends or waits but never stalls, and decides as a fresh instance would. It takes failures as
 * missing, and recommends a prompt of the pool.
 *
 * @example
 * for (const { name, run } of promptPolicyConformance(createSuccessiveHalvingPolicy, { backend })) it(name, run)
 */
export function promptPolicyConformance(
  create: PolicyFactory,
  { backend }: PromptPolicyConformanceOptions,
): ConformanceCheck[] {
  const play = (trial: Trial) => playTrial(create, backend, trial)
  const typical = { prompts: 12, examples: 10, budget: 70 }
  return [
    {
      name: 'spends something and no more than it has, down to a single evaluation',
      run() {
        for (const budget of [1, 2, 11, 60, 120, 500]) {
          const { spent } = play({ ...typical, budget })
          // One evaluation compares nothing: a policy may keep it.
          require(spent > 0 || budget === 1, `spent nothing of ${budget} on 120 cells`)
          require(spent <= Math.min(budget, 120), `spent ${spent} of ${budget} on 120 cells`)
        }
      },
    },
    {
      name: 'takes one prompt, one example and one cell',
      run() {
        for (const [prompts, examples] of [
          [1, 5],
          [5, 1],
          [1, 1],
        ] as const) {
          const { policy, state } = play({ prompts, examples, budget: 4 })
          const chosen = policy.recommend(state)?.candidate
          require(chosen !== undefined && chosen < prompts, `recommends ${chosen} of ${prompts} prompts`)
        }
      },
    },
    {
      name: 'does not ask for what is pending, with several cells in flight',
      run() {
        for (const inFlight of [2, 5, 25]) play({ ...typical, inFlight })
      },
    },
    {
      name: 'is not done while cells are pending that may be given back',
      run() {
        const { pendingAtEnd, spent } = play({ prompts: 3, examples: 2, budget: 20, inFlight: 20 })
        require(spent > 0, 'spent nothing of 20 on 6 cells')
        require(pendingAtEnd === 0, `it is done with ${pendingAtEnd} cells pending; any of them may be given back`)
      },
    },
    {
      name: 'decides as a fresh instance that sees the same history',
      run() {
        const live = play(typical)
        const fresh = play({ ...typical, fresh: true })
        require(live.asks.join(' ') ===
          fresh.asks.join(
            ' ',
          ), `asks ${live.asks.slice(0, 40).join(' ')} …, fresh ${fresh.asks.slice(0, 40).join(' ')} …`)
      },
    },
    {
      name: 'repeats itself under a seed',
      run() {
        const first = play(typical).asks.join()
        require(play(typical).asks.join() === first, 'the same seed gave other questions')
      },
    },
    {
      name: 'works without embeddings',
      run() {
        const { policy, state } = play({ ...typical, embedded: false })
        require(policy.recommend(state) !== undefined, 'nothing is recommended')
      },
    },
    {
      name: 'takes failures as missing: some, and nothing else',
      run() {
        const some = play({ ...typical, score: (i, e) => ((i + e) % 3 === 0 ? null : thresholdScore(12)(i, e)) })
        require(some.policy.recommend(some.state) !== undefined, 'nothing is recommended although most cells succeeded')
        play({ ...typical, score: () => null })
      },
    },
    {
      name: 'recommends a prompt of the pool, with an interval and the belief about every prompt',
      run() {
        const { policy, state } = play(typical)
        const recommended = policy.recommend(state)
        require(recommended !== undefined, 'nothing is recommended')
        const { candidate, interval, means, standardDeviations, level } = recommended
        require(Number.isInteger(candidate) && candidate >= 0 && candidate < 12, `recommends candidate ${candidate}`)
        require(interval[0] <= interval[1], `the interval is [${interval.join(', ')}]`)
        require(level > 0 && level < 1, `level is ${level}; expected a probability`)
        require(means.length === 12 && standardDeviations.length === 12, `${means.length} means for 12 prompts`)
      },
    },
    {
      name: 'finds what is better than chance',
      run() {
        let quality = 0
        for (let seed = 1; seed <= 10; seed++) {
          const { policy, state } = play({ prompts: 12, examples: 20, budget: 110, seed })
          quality += policy.recommend(state)!.candidate / 110
        }
        require(quality > 0.62, `mean quality of ten choices is ${quality.toFixed(3)}; chance gives 0.5`)
      },
    },
  ]
}

/** 1 where the prompt's quality exceeds a threshold that belongs to the cell. */
function thresholdScore(prompts: number): (candidate: number, example: number) => number {
  return (candidate, example) =>
    createRandom(candidate * 1009 + example).uniform() < (candidate + 0.5) / prompts ? 1 : 0
}

function playTrial(create: PolicyFactory, backend: Backend, trial: Trial): Played {
  const { prompts, examples, budget, seed = 1, inFlight = 1, fresh = false, embedded = true } = trial
  const score = trial.score ?? thresholdScore(prompts)
  const start = () =>
    create({ seed, space: {}, exampleCount: examples, evaluationBudget: budget, estimand: 'set', backend })
  const pool = Array.from({ length: prompts }, (_, index): PoolEntry => {
    const angle = (Math.PI / 2) * (index / Math.max(1, prompts - 1))
    const candidate = { id: `p${index}`, text: `Prompt ${index}: ${'please '.repeat(index)}answer.` }
    return { candidate, ...(embedded ? { embedding: Float64Array.of(Math.cos(angle), Math.sin(angle)) } : {}) }
  })
  const live = start()
  const policyNow = () => (fresh ? start() : live)
  const asks: string[] = []
  let pendingAtEnd = 0
  const world = {
    pool,
    exampleCount: examples,
    budget,
    measure: ({ candidate, example }: PendingCell) => score(candidate, example),
  }
  const { spent, state } = playPolicy(policyNow, world, {
    inFlight,
    onDecision(decision, { pending }) {
      if (decision.kind === 'done') pendingAtEnd = pending.length
      if (decision.kind !== 'act' || decision.action.kind !== 'evaluate') return
      const { candidate, examples } = decision.action
      asks.push(...examples.map((example) => `${candidate}:${example}`))
    },
  })
  return { asks, spent, pendingAtEnd, policy: policyNow(), state }
}
