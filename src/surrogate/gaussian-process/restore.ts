import * as z from 'zod'
import { InvalidArgumentError } from '../../errors.ts'
import type { Backend } from '../../numerics/linalg/backend.ts'
import { kernelFromDescription } from '../kernels/restore.ts'
import { points } from '../points.ts'
import { conditionOnFactor, type GaussianProcess, gaussianProcess } from './gaussian-process.ts'

const numbers = z.array(z.number())

/**
 * The JSON form of a conditioned process.
 *
 * @example
 * gaussianProcessDescriptionSchema.safeParse(describeProcess(surrogate)).success // true
 */
export const gaussianProcessDescriptionSchema = z.strictObject({
  format: z.literal('gaussian-process/1'),
  kernel: z.unknown(),
  observationNoise: z.number(),
  mean: z.enum(['zero', 'constant', 'linear']),
  dimension: z.int().positive(),
  points: numbers,
  targets: numbers,
  noiseVariances: numbers.optional(),
  jitter: z.number(),
  /** Rows of L up to the diagonal, one after another. Left out, the process is conditioned again. */
  factor: numbers.optional(),
})

export type GaussianProcessDescription = z.output<typeof gaussianProcessDescriptionSchema>

/**
 * A process as plain data. With its factor it is restored to the last bit, even if it was grown by appending; without,
 * * it is restored to rounding, at O(n) instead of O(n²) numbers.
 *
 * @param options.factor - default true.
 * @example
 * JSON.parse(JSON.stringify(describeProcess(surrogate))) // { format: 'gaussian-process/1', mean: 'constant', … }
 */
export function describeProcess(
  process: GaussianProcess,
  options: { readonly factor?: boolean } = {},
): GaussianProcessDescription {
  const { model, data, jitter, factor } = process
  const n = data.points.count
  const rows: number[] = []
  if (options.factor ?? true) {
    for (let i = 0; i < n; i++) for (let j = 0; j <= i; j++) rows.push(factor[i * n + j]!)
  }
  return {
    format: 'gaussian-process/1',
    kernel: model.kernel.description,
    observationNoise: model.observationNoise,
    mean: model.mean,
    dimension: data.points.dimension,
    points: Array.from(data.points.data),
    targets: Array.from(data.targets),
    ...(data.noiseVariances ? { noiseVariances: Array.from(data.noiseVariances) } : {}),
    jitter,
    ...(rows.length > 0 ? { factor: rows } : {}),
  }
}

/**
 * @throws InvalidArgumentError when the description is not one `describeProcess` wrote.
 * @example
 * const process = restoreProcess(JSON.parse(JSON.stringify(describeProcess(surrogate))), backend)
 * process.logMarginalLikelihood === surrogate.logMarginalLikelihood // true
 */
export function restoreProcess(description: unknown, backend: Backend): GaussianProcess {
  const parsed = gaussianProcessDescriptionSchema.safeParse(description)
  if (!parsed.success) {
    throw new InvalidArgumentError(`process description is not understood: ${z.prettifyError(parsed.error)}`)
  }
  const { kernel, observationNoise, mean, dimension, targets, noiseVariances, jitter, factor } = parsed.data
  const model = { kernel: kernelFromDescription(kernel), observationNoise, mean }
  const data = {
    points: points(Float64Array.from(parsed.data.points), dimension),
    targets: Float64Array.from(targets),
    ...(noiseVariances ? { noiseVariances: Float64Array.from(noiseVariances) } : {}),
  }
  if (!factor) return gaussianProcess(model, data, backend)
  const n = data.points.count
  if (factor.length !== (n * (n + 1)) / 2) {
    throw new InvalidArgumentError(`factor has ${factor.length} numbers; expected ${(n * (n + 1)) / 2} for ${n} points`)
  }
  const full = new Float64Array(n * n)
  for (let i = 0, at = 0; i < n; i++) for (let j = 0; j <= i; j++, at++) full[i * n + j] = factor[at]!
  return conditionOnFactor(model, data, full, jitter, backend)
}
