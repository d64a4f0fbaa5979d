/**
 * Hyperband over examples: several brackets of paired successive halving, each with an equal share of the budget. They
 * go from many prompts on few examples to few prompts on all of them.
 *
 * Li, Jamieson, DeSalvo, Rostamizadeh & Talwalkar (2018), with nested examples as the resource as in Schneider et al.,
 * "Hyperband-based Bayesian optimization for black-box prompt selection" (2025): at least 10 examples, η = 2. A prompt that
 * two brackets draw is measured once.
 *
 * @module
 */
import * as z from 'zod'
import { planBrackets } from './halving/brackets.ts'
import { createHalvingPolicy } from './halving/halving-policy.ts'
import type { Policy, PolicyContext } from './policy.ts'
import type { PolicyEntry } from './policy-entry.ts'
import { stableShuffle } from './stable-shuffle.ts'

export const hyperbandOptionsSchema = z.strictObject({
  eta: z.number().min(1.2).max(32).default(2).describe('One in η survives a rung.'),
  minimumExamples: z.int().positive().default(10).describe('Examples on the first rung of the widest bracket.'),
})

/**
 * @example
 * const policy = createHyperbandPolicy({ ...context, options: { minimumExamples: 5 } })
 * policy.next(state) // { kind: 'act', … }
 */
export function createHyperbandPolicy(context: PolicyContext): Policy {
  const { eta, minimumExamples } = hyperbandOptionsSchema.parse(context.options ?? {})
  return createHalvingPolicy('hyperband', context, (order, budget) =>
    planBrackets({ candidates: order.length, examples: context.exampleCount, budget, eta, minimumExamples }).map(
      (rungs, bracket) => {
        const drawn = stableShuffle(order.length, context.seed, `bracket ${bracket}`)
        return { starters: drawn.slice(0, rungs[0]!.survivors), rungs }
      },
    ),
  )
}

export const hyperbandPolicy: PolicyEntry = {
  name: 'hyperband',
  poolOnly: true,
  summary: 'Brackets of paired successive halving, from wide and shallow to narrow and deep',
  create: createHyperbandPolicy,
  options: hyperbandOptionsSchema,
}
