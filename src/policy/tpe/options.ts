import * as z from 'zod'

export const tpeOptionsSchema = z.strictObject({
  startup: z.int().min(1).default(10).describe('Scored candidates before the densities are used.'),
  candidates: z
    .int()
    .min(1)
    .max(10_000)
    .default(24)
    .describe('Draws from the good density, the best of which is tried.'),
  multivariate: z.boolean().default(true).describe('Estimates parameters that exist together jointly.'),
  good: z.enum(['tenth', 'root']).default('tenth').describe('How many observations count as good: n/10 or √n/4.'),
  priorWeight: z.number().min(0).default(1).describe('Weight of the prior component, in observations.'),
  magicClip: z.boolean().default(true).describe('Keeps kernels from becoming too narrow.'),
  endpoints: z.boolean().default(false).describe('Lets the range ends count as neighbours of the outermost points.'),
})

export type TpeOptions = z.infer<typeof tpeOptionsSchema>
