import * as z from 'zod'
import type { ProposerDefinition } from '../definition.ts'
import { describeOutcome, instructionOf } from '../describe.ts'
import { failuresOf, parentAt, successesOf } from '../selection.ts'
import { batches, inBatches, writeDrafts } from '../write-drafts.ts'

/**
 * Shows a parent's wrong answers beside right ones and asks for the rule that is missing: GEPA's reflective mutation,
 * arXiv 2507.19457, and ProTeGi, arXiv 2305.03495. Right answers in the batch protect what works.
 */
export const reflect: ProposerDefinition = {
  name: 'reflect',
  summary: 'learns from wrong answers beside right ones (GEPA, ProTeGi)',
  needsGenerator: true,
  options: z.strictObject({
    failures: z.int().min(1).max(20).default(3).describe('Wrong answers shown at once.'),
    successes: z.int().min(0).max(20).default(2).describe('Right answers shown at once.'),
    drafts: z
      .int()
      .min(1)
      .max(8)
      .default(2)
      .describe('Prompts asked for at once: 2 for small models, 4 to 8 for large.'),
  }),
  create({ metaPrompt, options }) {
    const { failures = 3, successes = 2, drafts = 2 } = options as Record<string, number>
    return {
      calls: (count) => batches(count, drafts),
      propose: (request) =>
        inBatches(request.count, drafts, async (count, turn) => {
          const { task, pool, random } = request
          const parent = parentAt(request, turn)
          const wrong = failuresOf(parent, pool, random).slice(0, failures)
          if (wrong.length === 0) return []
          const right = successesOf(parent, pool, random).slice(0, successes)
          const show = (outcomes: typeof wrong) =>
            outcomes.map((outcome) => describeOutcome(outcome, task)).join('\n\n')
          return writeDrafts(request, {
            proposer: 'reflect',
            metaPrompt,
            parent,
            count,
            values: {
              prompt: instructionOf(parent, task),
              failures: show(wrong),
              successes: show(right) || '(none yet)',
            },
            shows: [...wrong, ...right].map(({ example }) => example),
          })
        }),
    }
  },
}
