import * as z from 'zod'

const text = z.string('expected a text')
const parameterValue = z.custom(
  (value) => value === null || typeof value === 'string' || typeof value === 'boolean' || Number.isFinite(value),
  'expected a finite number, a text, true or false, or null',
)

/** What a caller without TypeScript may write as a candidate; vectors, and what the parameters may be, are checked elsewhere. */
export const candidateSchema = z.strictObject({
  id: text.optional(),
  text: text.optional(),
  slots: z.record(z.string(), text, 'expected an object of texts, by slot').optional(),
  parameters: z.record(z.string(), parameterValue, 'expected an object of values, by parameter').optional(),
  origin: z.unknown().optional(),
  shows: z.array(z.int().nonnegative()).optional(),
})
