/**
 * Checks of one answer that stand beside an example instead of one right text: what an example's `expected` holds for the
 * metric `assertions`.
 *
 * @module
 */
import * as z from 'zod'

/** Every answer contains, begins and ends with nothing: such a check checks nothing. */
const someText = z.string().min(1, 'expected a text that is not empty')
const texts = z.array(someText).min(1)
const common = {
  /** The check must fail. */
  not: z.boolean().optional(),
  /** What the check counts for; 0: it is measured, but does not count. */
  weight: z.number().nonnegative().optional(),
  /** Names the check's own mean in results. */
  metric: z.string().min(1).optional(),
}
const threshold = z.number().optional()
const text = <Type extends string>(type: Type) => z.strictObject({ type: z.literal(type), value: someText, ...common })
const list = <Type extends string>(type: Type) => z.strictObject({ type: z.literal(type), value: texts, ...common })
const range = <Type extends string>(type: Type) =>
  z.strictObject({
    type: z.literal(type),
    atLeast: z.number().optional(),
    atMost: z.number().optional(),
    ...common,
  })
const json = <Type extends string>(type: Type) =>
  z.strictObject({ type: z.literal(type), schema: z.record(z.string(), z.json()).optional(), ...common })

export const assertionSchema = z.discriminatedUnion('type', [
  z.strictObject({
    type: z.literal('equals'),
    value: z
      .union([z.string(), z.record(z.string(), z.json()), z.array(z.json())])
      .describe('A text, or JSON that the answer is compared with by its values.'),
    ...common,
  }),
  text('contains'),
  text('icontains'),
  text('starts-with'),
  text('ends-with'),
  text('regex'),
  list('contains-any'),
  list('icontains-any'),
  list('contains-all'),
  list('icontains-all'),
  json('is-json'),
  json('contains-json'),
  range('length'),
  range('word-count'),
  z.strictObject({ type: z.literal('similar'), value: z.union([z.string(), texts]), threshold, ...common }),
  z.strictObject({ type: z.literal('rubric'), value: z.string().min(1), threshold, ...common }),
  z.strictObject({ type: z.literal('factuality'), value: z.string().min(1), threshold, ...common }),
])

/** The `expected` of an example scored by `assertions`. */
export const assertionsSchema = z.strictObject({
  assert: z
    .array(assertionSchema)
    .min(1)
    .refine((assertions) => assertions.some(({ weight = 1 }) => weight > 0), 'every weight is 0; nothing would count'),
  threshold: z
    .number()
    .optional()
    .describe('With it the example scores 1 or 0: whether the weighted mean of its checks reaches it.'),
})

export type Assertion = z.output<typeof assertionSchema>
export type Assertions = z.output<typeof assertionsSchema>

/** Checks that ask a judge. */
export function needsJudge({ type }: Assertion): boolean {
  return type === 'rubric' || type === 'factuality'
}
