/**
 * The budget: what may be spent, what has been spent, what is promised. The worst case is reserved before anything is
 * sent and settled to what was really used afterward, so concurrent work cannot overshoot.
 *
 * @module
 */
import * as z from 'zod'
import { checkInput, showValue } from '../check-input.ts'
import { InvalidArgumentError } from '../errors.ts'
import type { CallRole } from '../history/trace.ts'

/** Limits of a study; what is absent is unlimited. */
export interface Budget {
  /** Cells measured, in the search and on the holdout together. */
  readonly evaluations?: number
  /** Requests sent: retries, judges, proposers and every stage of a program. */
  readonly calls?: number
  readonly inputTokens?: number
  readonly outputTokens?: number
  /** Input and output tokens together. */
  readonly tokens?: number
  /** US dollars. */
  readonly usd?: number
}

/** What one call uses, or may use at worst. */
export interface CallCost {
  readonly inputTokens: number
  readonly outputTokens: number
  readonly usd: number
}

/** What a call is for, so that cost by role, stage and action is known. */
export interface CallPurpose {
  /** The action whose cell or generation it serves. */
  readonly action: number
  /** Which cell of the action. */
  readonly position?: number
  readonly role: CallRole
  /** Stage of a program, as the program names it. */
  readonly stage?: string
}

/** What a number of settled calls took. */
export interface CallTotal extends CallCost {
  readonly calls: number
}

/** The right to send one call, its worst cost held until it is settled or released. */
export interface Reservation {
  readonly call: number
  /** The call came back, or failed: what it took. */
  settle(cost: CallCost): void
  /** The call was for certain not sent: its cost is given back. */
  release(): void
  /**
   * The call was sent in a batch: the log knows by which name its answer can be fetched.
   *
   * @param content What was asked, as a hash. @defaultValue only what the call was for tells it from others
   */
  sentIn(batch: string, content?: string): void
  /** The batch that it was sent in, by an earlier process. */
  readonly batch?: string
}

/** A call that was sent, as far as the log knows, and not settled; its worst cost. */
export interface OpenCall extends CallCost {
  readonly for?: CallPurpose
  /** The batch that it was sent in: its answer can be fetched by that name. */
  readonly batch?: string
  /** What was asked in it, as a hash. */
  readonly content?: string
}

export interface Spending extends CallCost {
  readonly evaluations: number
  readonly calls: number
}

export const NO_COST: CallCost = { inputTokens: 0, outputTokens: 0, usd: 0 }

/** Sums of prices are not exact in binary; a hundred-millionth of a cent is not an overshoot. */
const USD_TOLERANCE = 1e-10

/** A limit: nothing below 0; `Infinity` is none. */
const limitOf = (isWhole: boolean) =>
  z
    .custom<number>((limit) => typeof limit === 'number' && limit >= 0, 'expected a number of at least 0')
    .refine(
      (limit) => !isWhole || limit === Number.POSITIVE_INFINITY || Number.isInteger(limit),
      'expected a whole number',
    )
    .optional()

const budgetSchema = z.strictObject({
  evaluations: limitOf(true),
  calls: limitOf(true),
  inputTokens: limitOf(true),
  outputTokens: limitOf(true),
  tokens: limitOf(true),
  usd: limitOf(false),
})

/** @throws InvalidArgumentError on unknown keys, and when a limit is negative, NaN, or a fraction of something countable. */
export function checkBudget(budget: Budget): Budget {
  checkInput<unknown>(budgetSchema, budget, 'budget')
  return budget
}

/** @throws InvalidArgumentError when a cost is negative or no finite number. */
export function checkCost(cost: CallCost, name = 'cost'): void {
  if (typeof cost !== 'object' || cost === null) {
    throw new InvalidArgumentError(`${name} is ${showValue(cost)}; expected { inputTokens, outputTokens, usd }`)
  }
  for (const key of ['inputTokens', 'outputTokens', 'usd'] as const) {
    const amount: unknown = cost[key]
    if (typeof amount === 'number' && amount >= 0 && amount < Number.POSITIVE_INFINITY) continue
    throw new InvalidArgumentError(`${name}.${key} is ${showValue(amount)}; expected a number of at least 0`)
  }
}

export interface Ledger {
  readonly limits: Budget
  readonly spent: Spending
  readonly reserved: Spending
  /** Evaluations spent, and calls sent, before the limits were last set: a limit below them was lowered, not exceeded. */
  readonly before: Pick<Spending, 'evaluations' | 'calls'>
  /** By how much settled costs exceeded their reservations: what providers under-reported or we under-counted. */
  readonly exceeded: CallCost
  /** What is neither spent nor reserved; `Infinity` where unlimited. */
  left(): Required<Budget>
  setLimits(limits: Budget): void
  reserveEvaluations(count: number): void
  /** The cell was measured (or failed): the evaluation is spent. */
  settleEvaluations(count: number): void
  /** The cell was never sent: the evaluation is given back. */
  releaseEvaluations(count: number): void
  /** Whether one more call of this worst cost fits. */
  affords(worst: CallCost): boolean
  reserveCall(call: number, worst: OpenCall): void
  /** An open call was sent in a batch. */
  noteBatch(call: number, batch: string, content?: string): void
  /** @param cost.lost Whether the call went out and its answer was never seen. */
  settleCall(call: number, cost: CallCost & { readonly lost?: true }): void
  /** The call was never sent: its reservation is given back. */
  releaseCall(call: number): void
  /** Settled calls of cells, without those whose answer was lost: their cells are measured anew. */
  readonly cellCalls: number
  /** Calls that were sent, as far as the log knows, and not settled. */
  openCalls(): ReadonlyMap<number, OpenCall>
  /** Settled calls by what they were for; logs of earlier versions do not say. */
  readonly byRole: ReadonlyMap<CallRole, CallTotal>
  /** The same by action, for the calls of proposers. */
  readonly byGeneration: ReadonlyMap<number, CallTotal>
}

/**
 * @example
 * const ledger = createLedger({ calls: 2 })
 * ledger.reserveCall(1, { inputTokens: 100, outputTokens: 10, usd: 0 })
 * ledger.settleCall(1, { inputTokens: 100, outputTokens: 3, usd: 0 })
 * ledger.left().calls // 1
 */
export function createLedger(budget: Budget): Ledger {
  let limits = checkBudget(budget)
  let before = { evaluations: 0, calls: 0 }
  const spent = { evaluations: 0, calls: 0, inputTokens: 0, outputTokens: 0, usd: 0 }
  const reserved = { evaluations: 0, calls: 0, inputTokens: 0, outputTokens: 0, usd: 0 }
  const exceeded = { inputTokens: 0, outputTokens: 0, usd: 0 }
  const open = new Map<number, OpenCall>()
  const byRole = new Map<CallRole, CallTotal>()
  const byGeneration = new Map<number, CallTotal>()
  let cellCalls = 0

  const close = (call: number): OpenCall => {
    const worst = open.get(call)
    if (worst === undefined) throw new InvalidArgumentError(`call ${call} is not reserved; expected an open call`)
    open.delete(call)
    reserved.calls--
    reserved.inputTokens -= worst.inputTokens
    reserved.outputTokens -= worst.outputTokens
    reserved.usd = open.size === 0 ? 0 : reserved.usd - worst.usd
    return worst
  }
  const limit = (key: keyof Budget) => limits[key] ?? Number.POSITIVE_INFINITY
  const held = (key: keyof Budget) =>
    key === 'tokens'
      ? spent.inputTokens + spent.outputTokens + reserved.inputTokens + reserved.outputTokens
      : spent[key] + reserved[key]
  const left = (key: keyof Budget) => Math.max(0, limit(key) - held(key))
  /** Unlike {@link left}, this is below zero where a limit is exceeded: then not even what takes nothing fits. */
  const fits = (key: keyof Budget, amount: number) => limit(key) - held(key) >= amount

  return {
    get limits() {
      return limits
    },
    spent,
    reserved,
    get before() {
      return before
    },
    exceeded,
    left: () => ({
      evaluations: left('evaluations'),
      calls: left('calls'),
      inputTokens: left('inputTokens'),
      outputTokens: left('outputTokens'),
      tokens: left('tokens'),
      usd: left('usd'),
    }),
    setLimits(next) {
      limits = checkBudget(next)
      before = { evaluations: spent.evaluations, calls: spent.calls + reserved.calls }
    },
    reserveEvaluations(count) {
      reserved.evaluations += count
    },
    settleEvaluations(count) {
      reserved.evaluations -= count
      spent.evaluations += count
    },
    releaseEvaluations(count) {
      reserved.evaluations -= count
    },
    affords(worst) {
      return (
        fits('calls', 1) &&
        fits('inputTokens', worst.inputTokens) &&
        fits('outputTokens', worst.outputTokens) &&
        fits('tokens', worst.inputTokens + worst.outputTokens) &&
        fits('usd', worst.usd - USD_TOLERANCE)
      )
    },
    reserveCall(call, worst) {
      if (open.has(call)) throw new InvalidArgumentError(`call ${call} is already reserved; expected a new number`)
      open.set(call, worst)
      reserved.calls++
      reserved.inputTokens += worst.inputTokens
      reserved.outputTokens += worst.outputTokens
      reserved.usd += worst.usd
    },
    noteBatch(call, batch, content) {
      const worst = open.get(call)
      if (worst === undefined) throw new InvalidArgumentError(`call ${call} is not reserved; expected an open call`)
      open.set(call, { ...worst, batch, ...(content === undefined ? {} : { content }) })
    },
    settleCall(call, cost) {
      const worst = close(call)
      spent.calls++
      spent.inputTokens += cost.inputTokens
      spent.outputTokens += cost.outputTokens
      spent.usd += cost.usd
      exceeded.inputTokens += Math.max(0, cost.inputTokens - worst.inputTokens)
      exceeded.outputTokens += Math.max(0, cost.outputTokens - worst.outputTokens)
      exceeded.usd += Math.max(0, cost.usd - worst.usd)
      if (!worst.for) return
      const { role, action } = worst.for
      byRole.set(role, plus(byRole.get(role), cost))
      if (role === 'proposer') byGeneration.set(action, plus(byGeneration.get(action), cost))
      else if (!cost.lost) cellCalls++
    },
    releaseCall: (call) => void close(call),
    get cellCalls() {
      return cellCalls
    },
    openCalls: () => open,
    byRole,
    byGeneration,
  }
}

function plus(total: CallTotal | undefined, cost: CallCost): CallTotal {
  return {
    calls: (total?.calls ?? 0) + 1,
    inputTokens: (total?.inputTokens ?? 0) + cost.inputTokens,
    outputTokens: (total?.outputTokens ?? 0) + cost.outputTokens,
    usd: (total?.usd ?? 0) + cost.usd,
  }
}
