/**
 * From the policy's decision to an action that is handed out, its evaluations reserved.
 *
 * @module
 */
import { BudgetError, InvalidArgumentError, KrigeError } from '../errors.ts'
import { inScoreUnits } from '../policy/in-score-units.ts'
import type {
  Action,
  CompareAction,
  Decision,
  GenerateAction,
  Policy,
  PolicyState,
  Reason,
  Recommendation,
} from '../policy/policy.ts'
import { callsLeft, evaluationsLeft, searchBudget } from './allowance.ts'
import type { AskedAction, AskedComparison, AskedEvaluation, Next } from './asked.ts'
import type { StudyHoldout, StudySearch } from './audiences.ts'
import { checkExample, checkExamples, checkIndex } from './checks.ts'
import { EVENT_VERSION, type Split } from './events.ts'
import type { Growing } from './growing.ts'
import { hopelessCandidates } from './recommend-feasible.ts'
import type { StudyParts } from './study-parts.ts'

export interface Asking extends Pick<StudySearch, 'ask' | 'next'>, Omit<StudyHoldout, 'state'> {
  /** What the policy recommends, maximized. */
  recommend(): Recommendation | undefined
  /** Limits that changed reach a fresh policy. */
  forgetPolicy(): void
}

export function createAsking(parts: StudyParts, join: Growing['join']): Asking {
  const { state, environment, pool, emit } = parts
  const { config, ledger } = state
  let policy: Policy | undefined
  let request: string | undefined

  /** Created when first needed, because adding the pool comes before. Limits changed later reach a fresh policy. */
  const policyOf = (): Policy => {
    // Looked up now: a new study's pool is empty when it is opened.
    const baselineIndex = config.baseline === undefined ? undefined : state.indexById.get(config.baseline)
    policy ??= inScoreUnits(environment.policy)({
      seed: config.seed,
      space: config.space,
      exampleCount: config.exampleCount,
      evaluationBudget: searchBudget(state, ledger.limits),
      estimand: config.estimand,
      backend: environment.backend,
      ...(baselineIndex === undefined ? {} : { baseline: baselineIndex }),
      ...(config.policyOptions === undefined ? {} : { options: config.policyOptions }),
      ...(environment.priors === undefined ? {} : { priors: environment.priors }),
      ...(environment.proposers === undefined ? {} : { proposers: environment.proposers }),
      ...(config.stages === undefined ? {} : { stages: config.stages }),
      ...(environment.program === undefined ? {} : { program: environment.program }),
      ...(config.prior === undefined ? {} : { prior: config.prior }),
    })
    return policy
  }

  const policyState = (): PolicyState => ({
    pool,
    observations: state.observations,
    pending: state.pending('search'),
    evaluationsLeft: evaluationsLeft(state),
    callsLeft: callsLeft(state),
    generations: state.generations,
    pendingGenerations: state.pendingGenerations,
    fits: state.fits,
    ...(config.response === 'comparison'
      ? { comparisons: state.comparisons, pendingComparisons: state.pendingComparisons('search') }
      : {}),
    ...(config.constraints ? { excluded: hopelessCandidates(state) } : {}),
  })

  interface Extra {
    readonly repeat?: number
    readonly split?: Split
    readonly enqueued?: true
    readonly reason?: Reason
  }

  /** Reserves and logs it; what an evaluation and a comparison have in common is returned. */
  const issue = (candidate: number, examples: readonly number[], extra: Extra, rival?: number) => {
    const id = state.lastAction + 1
    const { repeat, split, enqueued, reason } = extra
    emit({
      v: EVENT_VERSION,
      type: 'asked',
      action: id,
      kind: rival === undefined ? 'evaluate' : 'compare',
      candidate,
      ...(rival === undefined ? {} : { rival }),
      examples: [...examples],
      ...(repeat ? { repeat } : {}),
      ...(split === 'holdout' ? { stage: split } : {}),
      ...(enqueued ? { enqueued } : {}),
      ...(reason ? { reason } : {}),
      ...(request === undefined ? {} : { request }),
    })
    return {
      id,
      candidate: state.candidates[candidate]!,
      index: candidate,
      examples,
      repeat: repeat ?? 0,
      split: split ?? ('search' as const),
      ...(reason ? { reason } : {}),
    }
  }
  const evaluate = (candidate: number, examples: readonly number[], extra: Extra): AskedEvaluation => ({
    kind: 'evaluate',
    ...issue(candidate, examples, extra),
  })
  const compare = (candidate: number, rival: number, examples: readonly number[], extra: Extra): AskedComparison => ({
    kind: 'compare',
    ...issue(candidate, examples, extra, rival),
    rival: { candidate: state.candidates[rival]!, index: rival },
  })

  const act = (action: Action): AskedAction => {
    if (action.kind === 'compare') return actOnComparison(action)
    if (action.kind === 'generate') {
      checkGeneration(action)
      const id = state.lastAction + 1
      emit({ v: EVENT_VERSION, type: 'asked', action: id, ...action })
      return { id, ...action }
    }
    const left = evaluationsLeft(state)
    const examples = action.examples.length > left ? action.examples.slice(0, left) : action.examples
    if (examples.length === 0) throw misbehaved(config.policy, 'an evaluation of no examples')
    let index: number
    if (typeof action.candidate === 'number') index = action.candidate
    else index = state.indexById.get(action.candidate.id) ?? join(action.candidate)
    if (!(index >= 0 && index < pool.length)) throw misbehaved(config.policy, `candidate ${index}`)
    for (const example of examples) {
      checkExample(example, config.exampleCount)
      if (state.cells.has(index, example, action.repeat ?? 0)) {
        throw misbehaved(config.policy, `candidate ${index} on example ${example}, which is measured or pending`)
      }
    }
    return evaluate(index, examples, {
      ...(action.repeat === undefined ? {} : { repeat: action.repeat }),
      ...(action.reason === undefined ? {} : { reason: action.reason }),
    })
  }

  const checkGeneration = ({ proposer, parents, examples = [], count }: GenerateAction) => {
    if (!(Number.isInteger(count) && count > 0)) throw misbehaved(config.policy, `${count} new candidates`)
    for (const index of parents) {
      if (!(index >= 0 && index < pool.length)) throw misbehaved(config.policy, `candidate ${index} as a parent`)
    }
    for (const example of examples) checkExample(example, config.exampleCount)
    const known = environment.proposers?.map(({ name }) => name)
    if (known && !known.includes(proposer)) {
      throw new InvalidArgumentError(`policy ${config.policy} asks proposer ${proposer}; expected ${known.join(', ')}`)
    }
  }

  const actOnComparison = ({ candidates: [a, b], examples, reason }: CompareAction): AskedComparison => {
    const asked = examples.slice(0, evaluationsLeft(state))
    if (config.response !== 'comparison') {
      throw new InvalidArgumentError(`policy ${config.policy} compares two candidates; the study expects scores`, {
        remedy: "Create the study with response: 'comparison'.",
      })
    }
    if (asked.length === 0) throw misbehaved(config.policy, 'a comparison on no examples')
    for (const index of [a, b]) {
      if (!(index >= 0 && index < pool.length)) throw misbehaved(config.policy, `candidate ${index}`)
    }
    for (const example of asked) {
      checkExample(example, config.exampleCount)
      if (a === b || state.hasComparison('search', a, b, example)) {
        throw misbehaved(config.policy, `a comparison of ${a} and ${b} on example ${example}, which is told or pending`)
      }
    }
    return compare(a, b, asked, reason === undefined ? {} : { reason })
  }

  const checkHoldout = (examples: readonly number[], ...candidates: readonly number[]) => {
    for (const index of candidates) checkIndex(index, pool.length)
    checkExamples(examples, config.holdoutCount)
    const { evaluations } = ledger.left()
    if (evaluations < examples.length) {
      throw new BudgetError(`the budget has ${evaluations} evaluations left; the holdout needs ${examples.length}`, {
        remedy: 'Raise budget.evaluations, or ask for fewer examples.',
      })
    }
  }

  const nextEnqueued = (): AskedEvaluation | undefined => {
    const [head] = state.queue
    if (!head) return undefined
    const examples = head.examples
      .filter((example) => !state.cells.has(head.candidate, example, 0))
      .slice(0, evaluationsLeft(state))
    return evaluate(head.candidate, examples, { enqueued: true, reason: { summary: 'enqueued' } })
  }

  const nextAction = (): Next => {
    if (evaluationsLeft(state) < 1) {
      return state.pending('search').length + state.pendingComparisons('search').length > 0
        ? { kind: 'wait' }
        : { kind: 'done', reason: 'the budget of the search is spent' }
    }
    while (state.queue.length > 0) {
      const action = nextEnqueued()
      if (action && action.examples.length > 0) return { kind: 'act', action }
    }
    const decision: Decision = policyOf().next(policyState())
    if (decision.kind !== 'act') return decision
    if (decision.fit) emit({ v: EVENT_VERSION, type: 'fit', fit: decision.fit })
    return { kind: 'act', action: act(decision.action) }
  }

  const asking: Asking = {
    ask() {
      const next = asking.next()
      if (next.kind === 'act') return next.action
      if (next.kind === 'done')
        throw new BudgetError(`the study is done: ${next.reason}`, {
          remedy: 'See study.recommend(), or raise the budget.',
        })
      throw new KrigeError('conflict', 'nothing can be proposed before pending actions are told', {
        remedy: 'Tell the results of the actions asked so far, or use study.next().',
      })
    },
    next(by) {
      request = by
      try {
        return nextAction()
      } finally {
        request = undefined
      }
    },
    askHoldout(candidate, examples) {
      checkHoldout(examples, candidate)
      return evaluate(candidate, examples, { split: 'holdout' })
    },
    askHoldoutComparison(candidate, rival, examples) {
      checkHoldout(examples, candidate, rival)
      return compare(candidate, rival, examples, { split: 'holdout' })
    },
    recommend: () => policyOf().recommend(policyState()),
    forgetPolicy() {
      policy = undefined
    },
  }
  return asking
}

function misbehaved(policy: string, what: string): KrigeError {
  return new InvalidArgumentError(`policy ${policy} proposes ${what}; expected cells that exist and are not taken`)
}
