/**
 * Paired successive halving: all survivors are measured on the same nested examples, then the best 1/η stay.
 *
 * Karnin, Koren & Somekh, "Almost optimal exploration in multi-armed bandits" (2013), with two changes. Examples are
 * common instead of independent samples, which pairs every comparison. All earlier outcomes of a survivor count.
 *
 * @module
 */
import * as z from 'zod'
import { createHalvingPolicy } from './halving/halving-policy.ts'
import { planRungs } from './halving/rungs.ts'
import type { Policy, PolicyContext } from './policy.ts'
import type { PolicyEntry } from './policy-entry.ts'

export const successiveHalvingOptionsSchema = z.strictObject({
  eta: z.number().min(1.2).max(32).default(2).describe('One in η survives a rung.'),
  start: z.int().min(1).optional().describe('How many candidates start; all by default.'),
})

/**
 * @example
 * const policy = createSuccessiveHalvingPolicy({ ...context, options: { eta: 3 } })
 * policy.next(state) // { kind: 'act', … }
 */
export function createSuccessiveHalvingPolicy(context: PolicyContext): Policy {
  const { eta, start } = successiveHalvingOptionsSchema.parse(context.options ?? {})
  return createHalvingPolicy('successive-halving', context, (order, budget) => {
    const starters = order.slice(0, start ?? order.length)
    return [{ starters, rungs: planRungs({ starters: starters.length, examples: context.exampleCount, budget, eta }) }]
  })
}

export const successiveHalvingPolicy: PolicyEntry = {
  name: 'successive-halving',
  poolOnly: true,
  summary: 'Paired successive halving over nested examples',
  create: createSuccessiveHalvingPolicy,
  options: successiveHalvingOptionsSchema,
}
