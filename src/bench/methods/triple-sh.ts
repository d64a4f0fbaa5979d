/**
 * TRIPLE-SH: prompt selection as fixed-budget best-arm identification by sequential halving.
 *
 * Shi, Yang, Chen, Li, Yang, Shen (2024), "Efficient Prompt Optimization Through the Lens of Best Arm Identification",
 * NeurIPS, Algorithm 1; Karnin, Koren, Somekh (2013), ICML. As in their code there are ⌈log₂ P⌉ phases with an equal
 * share of the budget. Every surviving prompt is pulled equally often, and the better half survives, by means over all
 * pulls so far. A pull is one example drawn at random for that prompt alone (no pairing). It is drawn without
 * replacement, since a second measurement of a cell would tell nothing.
 *
 * In its favor, beyond the paper, a phase's share is of what is left. Pulls saved by prompts that are measured on every
 * example already, or lost to rounding, are not wasted.
 *
 * @module
 */
import * as z from 'zod'
import { argmax } from '../../numerics/vector.ts'
import type { PolicyFactory } from '../../policy/policy.ts'
import { procedurePolicy, rankedBy, shuffled } from './procedure-policy.ts'

export const tripleShOptions = z.strictObject({
  /** Prompts that start, drawn at random. @defaultValue all, as in the paper */
  start: z.int().positive().optional(),
})

export const createTripleShPolicy: PolicyFactory = (context) => {
  const { start } = tripleShOptions.parse(context.options ?? {})
  return procedurePolicy('triple-sh', context, function* ({ pool, exampleCount, left, asked, mean, random }, choice) {
    const examples = Array.from({ length: exampleCount }, (_, example) => example)
    const orders = pool.map(() => shuffled(examples, random))
    let active = shuffled(
      pool.map((_, candidate) => candidate),
      random,
    ).slice(0, start)
    let phases = Math.max(1, Math.ceil(Math.log2(active.length)))
    while (left() > 0 && phases > 0) {
      const pulls = Math.max(1, Math.floor(left() / (phases * active.length)))
      for (const candidate of active) {
        const from = asked(candidate)
        if (from < exampleCount) yield { candidate, examples: orders[candidate]!.slice(from, from + pulls) }
        if (left() === 0) break
      }
      active = rankedBy(active, mean).slice(0, Math.ceil(active.length / 2))
      choice.candidate = active[0]
      phases--
    }
    choice.candidate ??= argmax(Float64Array.from(pool, (_, candidate) => mean(candidate)))
  })
}
