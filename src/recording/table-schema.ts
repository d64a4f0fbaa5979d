/**
 * The replay table, format `table/1`: what every prompt of a pool scored on every example, measured once with a real
 * model. Search policies can then be compared without calling it again.
 *
 * @module
 */
import * as z from 'zod'

const score = z.number().min(0).max(1).nullable()

/** A row: digits 0/1, or numbers in [0,1] with null where the call failed. */
const row = z.union([z.string().regex(/^[01]*$/, 'expected only the digits 0 and 1'), z.array(score)], {
  error: 'expected a string of digits 0/1, or an array of numbers in [0,1] or null',
})

/** A prompt as tables and streams write it. */
export const recordedPrompt = z
  .object({
    id: z.string().min(1),
    text: z.string().optional(),
    slots: z.record(z.string(), z.string()).optional(),
  })
  .refine((written) => written.text !== undefined || written.slots !== undefined, 'expected "text" or "slots"')

/**
 * Unknown keys pass: a recorder may write more than a replay needs.
 *
 * @example
 * const [task, model, prompts] = ['tickets', 'm', [{ id: 'a', text: 'Bug or billing?' }]]
 * tableSchema.parse({ format: 'table/1', task, model, examples: 2, prompts, scores: ['01'] }).scores // ['01']
 */
export const tableSchema = z.object({
  format: z.literal('table/1'),
  task: z.string().min(1),
  model: z.string().min(1),
  /** Number of columns, the held-out ones included. */
  examples: z.int().positive(),
  prompts: z.array(recordedPrompt).min(1),
  scores: z.array(row),
  /** The last `holdout` columns are never shown to a policy. */
  holdout: z.int().nonnegative().optional(),
  exampleTexts: z.array(z.string()).optional(),
  /** Whatever a recorder writes. Krige's has what {@link Table.recorded} holds. */
  provenance: z
    .looseObject({ recorded: z.object({ evaluator: z.string(), examples: z.array(z.string()) }).optional() })
    .optional()
    .catch(undefined),
})

/** A table as written. */
export type TableDocument = z.infer<typeof tableSchema>
