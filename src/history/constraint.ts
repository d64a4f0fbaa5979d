/**
 * Limits a prompt has to keep beside its score: tokens, time, money, or anything a metric or a program measures.
 *
 * @module
 */
import * as z from 'zod'

export const constraintSchema = z
  .strictObject({
    metric: z.string().min(1),
    atMost: z.number().optional(),
    atLeast: z.number().optional(),
  })
  .refine(({ atMost, atLeast }) => atMost !== undefined || atLeast !== undefined, 'expected atMost, atLeast or both')
  .refine(
    ({ atMost = Number.POSITIVE_INFINITY, atLeast = Number.NEGATIVE_INFINITY }) => atLeast <= atMost,
    'expected atLeast below atMost',
  )

/** The mean of a measurement over examples like these lies within these limits. */
export interface Constraint {
  readonly metric: string
  readonly atMost?: number
  readonly atLeast?: number
}

/** What is measured of every evaluation, whatever the metric. */
export const BUILT_IN_MEASUREMENTS = ['inputTokens', 'outputTokens', 'tokens', 'calls', 'latency', 'usd'] as const

/**
 * @example
 * constraintText({ metric: 'outputTokens', atMost: 200 }) // 'outputTokens at most 200'
 */
export function constraintText({ metric, atMost, atLeast }: Constraint): string {
  const limits = [
    ...(atLeast === undefined ? [] : [`at least ${atLeast}`]),
    ...(atMost === undefined ? [] : [`at most ${atMost}`]),
  ]
  return `${metric} ${limits.join(' and ')}`
}
