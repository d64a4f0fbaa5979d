import * as z from 'zod'
import { viewNames } from '../../features/views.ts'
import { STAGE_CHOICES } from '../stage-choice.ts'

/** Settings of the `krige` policy. */
export const krigeOptionsSchema = z.strictObject({
  text: z.boolean().default(true).describe('Whether the model sees the text of prompts at all.'),
  views: z
    .array(z.enum(viewNames as [string, ...string[]]))
    .optional()
    .describe('Views to use; all by default.'),
  block: z.int().positive().default(1).describe('Examples measured per action.'),
  batch: z
    .int()
    .positive()
    .default(1)
    .describe('Cells that may be told together, as from a batch interface: rounds of at most so many are planned.'),
  updates: z.int().positive().default(30).describe('Refits after the first pass.'),
  firstPassShare: z
    .number()
    .positive()
    .max(1)
    .default(0.25)
    .describe('Largest share of the budget spent on measuring every prompt once.'),
  exampleChoice: z
    .enum(['informative', 'shared-order', 'own-order'])
    .default('informative')
    .describe('Measure a prompt on the example that tells most, all prompts on nested examples, or each on its own.'),
  likelihood: z
    .enum(['binomial', 'gaussian'])
    .default('binomial')
    .describe('Noise of an outcome: by its probability, or the same everywhere.'),
  exampleEffects: z.boolean().default(true).describe('Whether examples differ in easiness.'),
  sharedFailures: z
    .boolean()
    .default(true)
    .describe(
      'Whether prompts that read alike may fail on the same examples: evidence and choice of examples allow for it.',
    ),
  screening: z
    .boolean()
    .default(true)
    .describe('Whether drafts are predicted by their texts before they are measured; else all are taken to be alike.'),
  stageChoice: z
    .enum(STAGE_CHOICES)
    .default('credit')
    .describe(
      'Which stage of a program is rewritten next: the one to blame, another one every time, or one after the other for equal parts of the budget.',
    ),
  stopBelowGain: z
    .number()
    .nonnegative()
    .default(0)
    .describe('Stop when 100 further evaluations are expected to gain less than this; 0 uses the whole budget.'),
})

export type KrigeOptions = z.output<typeof krigeOptionsSchema>
