import * as z from 'zod'

export const tpeOptionsSchema = z.strictObject({
  startup: z
    .int()
    .min(1)
    .optional()
    .describe('Scored candidates before the densities are used; parameters + 3, at most 10.'),
  candidates: z
    .int()
    .min(1)
    .max(10_000)
    .optional()
    .describe(
      'Draws from the good density, the best of which is tried; 16 per parameter, from 24 to 96; 24 for categories beside continuous ones.',
    ),
  multivariate: z.boolean().default(true).describe('Estimates parameters that exist together jointly.'),
  good: z.enum(['tenth', 'root']).default('tenth').describe('How many observations count as good: n/10 or √n/4.'),
  priorWeight: z.number().min(0).default(1).describe('Weight of the prior component, in observations.'),
  magicClip: z.boolean().default(true).describe('Keeps kernels from becoming too narrow.'),
  endpoints: z.boolean().default(false).describe('Lets the range ends count as neighbors of the outermost points.'),
})

export type TpeOptions = z.infer<typeof tpeOptionsSchema>

const FEWEST_DRAWS = 24
const MOST_DRAWS = 96
const DRAWS_A_PARAMETER = 16
/** Draws times observations: what an ask may cost. With 1,000 observations the fewest are left. */
const DRAW_BUDGET = 24_000
const LARGEST_STARTUP = 10

/** Scored candidates before the densities are used. Optuna's 10 are too many for few parameters. */
export function startupCount({ startup }: TpeOptions, parameters: number): number {
  return startup ?? Math.min(LARGEST_STARTUP, parameters + 3)
}

/**
 * More draws than Optuna's 24 find better points where there are many parameters, unless there are categories beside
 * continuous parameters. There the best of many draws has the choice that was good so far again and again. With
 * continuous parameters it is never refused as tried already.
 *
 * @param isMixed Whether the space has categories beside continuous parameters.
 */
export function drawCount(
  { candidates }: TpeOptions,
  observations: number,
  parameters: number,
  isMixed: boolean,
): number {
  if (candidates !== undefined) return candidates
  if (isMixed) return FEWEST_DRAWS
  const affordable = Math.round(DRAW_BUDGET / Math.max(1, observations))
  return Math.max(FEWEST_DRAWS, Math.min(MOST_DRAWS, DRAWS_A_PARAMETER * parameters, affordable))
}
