/**
 * Limits of tokens and money where only the caller's `evaluate` knows what a call takes, once it has ended.
 *
 * @module
 */
import type { CellEvaluator } from '../engine/cell.ts'
import { InvalidInputError } from '../errors.ts'
import type { Budget, Ledger } from '../study/ledger.ts'

const COSTS_OF_LIMITS = {
  usd: ['usd'],
  inputTokens: ['inputTokens'],
  outputTokens: ['outputTokens'],
  tokens: ['inputTokens', 'outputTokens'],
} as const

type CostLimit = keyof typeof COSTS_OF_LIMITS

/** Sums of prices are not exact in binary. */
const ROUNDING = 1e-9

/** Scores without a word of costs, after which none is expected. */
const ENOUGH_SILENCE = 8

/** The first calls are sent before it is known what one takes, and another may take more than all before. */
export function exceededLimits({ limits, spent }: Pick<Ledger, 'limits' | 'spent'>): string[] {
  return limitsIn(limits).flatMap((limit) => {
    const over = COSTS_OF_LIMITS[limit].reduce((sum, cost) => sum + spent[cost], 0) - limits[limit]!
    if (over <= ROUNDING) return []
    const amount = Number(over.toPrecision(3))
    return [`The budget's ${limit} was exceeded by ${amount}: what a call takes is known once it has ended.`]
  })
}

/** A limit on what `evaluate` never said held nothing back. */
export function unusedLimits({ limits, spent }: Pick<Ledger, 'limits' | 'spent'>, said: ReadonlySet<string>): string[] {
  return limitsIn(limits).flatMap((limit) => {
    const costs = COSTS_OF_LIMITS[limit]
    if (costs.some((cost) => said.has(cost) || spent[cost] > 0)) return []
    return [`The budget's ${limit} held nothing back: evaluate did not say what a call takes. ${remedyFor(limit)}.`]
  })
}

/**
 * Where prompts are written without end and costs alone are limited, a search whose `evaluate` does not say what a call
 * takes would go on for ever.
 *
 * @param said What `evaluate` has returned of a call's cost so far.
 */
export function endingWithoutCosts(evaluate: CellEvaluator, limits: Budget, said: ReadonlySet<string>): CellEvaluator {
  if (isLimited(limits.evaluations) || isLimited(limits.calls)) return evaluate
  const [limit] = limitsIn(limits)
  if (limit === undefined) return evaluate
  let silent = 0
  return async (request) => {
    const measurement = await evaluate(request)
    if (measurement.failure === undefined && said.size === 0 && ++silent >= ENOUGH_SILENCE) {
      throw new InvalidInputError(`the budget limits ${limit} alone, and evaluate does not say what a call takes`, {
        remedy: `${remedyFor(limit)}, or limit evaluations.`,
      })
    }
    return measurement
  }
}

/** Whether a limit is set, and ends something. */
export function isLimited(limit: number | undefined): limit is number {
  return limit !== undefined && limit < Number.POSITIVE_INFINITY
}

function limitsIn(limits: Budget): CostLimit[] {
  return (Object.keys(COSTS_OF_LIMITS) as CostLimit[]).filter((limit) => isLimited(limits[limit]))
}

function remedyFor(limit: CostLimit): string {
  return `Return { ${['score', ...COSTS_OF_LIMITS[limit]].join(', ')} }`
}
