/**
 * What was learned across studies, as a file. It says how traits of prompts go with their ability, which
 * hyper-parameters explained earlier histories, what proposers brought, and on which tasks it helped. It holds no text
 * of a prompt.
 *
 * @module
 */
import * as z from 'zod'
import { describeProblems } from '../../check-input.ts'
import { InvalidInputError } from '../../errors.ts'
import { promptTraitNames } from '../../features/prompt-traits.ts'

/**
 * The version of the format that priors are written in.
 *
 * @example
 * parsePrior(prior).format === PRIOR_FORMAT // true
 */
export const PRIOR_FORMAT = 'prior/1'

const share = z.number().min(0).max(1)

const taskSchema = z.strictObject({
  task: z.string().min(1),
  histories: z.int().positive().describe('Studies and tables of this task that it was learned from.'),
  prompts: z.int().nonnegative().describe('Measured prompts in them.'),
  outcomes: z.int().nonnegative(),
  leftOut: z
    .strictObject({
      rankCorrelation: z.number().min(-1).max(1).describe('Spearman, of predicted and measured abilities.'),
      explained: z.number().max(1).describe('Share of the variance of abilities; negative where it misleads.'),
      helped: z.boolean(),
    })
    .optional()
    .describe('What a prior learned from the other tasks says of this one; absent with a single task.'),
})

export const priorSchema = z.strictObject({
  format: z.literal(PRIOR_FORMAT, `expected "${PRIOR_FORMAT}"`),
  traits: z
    .partialRecord(z.enum(promptTraitNames as [string, ...string[]]), z.number())
    .describe('Standard deviations of ability per unit of each trait.'),
  trust: share.describe('Prior probability that it holds of a new task.'),
  settings: z
    .array(
      z.strictObject({
        abilityVariance: z.number().positive(),
        independentShare: share,
        weight: share,
      }),
    )
    .describe('Mean posterior weight of hyper-parameters over tasks.'),
  proposers: z
    .record(
      z.string().min(1),
      z.strictObject({ weight: z.number().nonnegative(), sum: z.number(), squares: z.number() }),
    )
    .describe('By proposer: ability of drafts minus that of their best parent, as weighted sums.'),
  tasks: z.array(taskSchema),
})

export type LearnedPrior = z.output<typeof priorSchema>
export type LearnedTask = LearnedPrior['tasks'][number]

/**
 * Checks what `krige learn` wrote, or a person did.
 *
 * @param where What it is called in messages: a file, or an option.
 * @throws InvalidInputError naming the first thing that is wrong, and the remedy.
 * @example
 * parsePrior({ format: 'prior/9' }) // throws InvalidInputError: prior.format is "prior/9"; expected "prior/1"
 */
export function parsePrior(given: unknown, where = 'prior'): LearnedPrior {
  const checked = priorSchema.safeParse(given)
  if (checked.success) return checked.data
  const problems = describeProblems(checked.error, priorSchema, given, 'prior')
  const version = problems.find(({ path }) => path[0] === 'format')
  const { message, remedy } = version ?? problems[0]!
  throw new InvalidInputError(message, {
    where,
    remedy: version
      ? 'Learn it again with this version: krige learn STUDY… --out prior.json'
      : `${remedy ? `${remedy} ` : ''}krige learn STUDY… --out prior.json writes one.`,
  })
}
