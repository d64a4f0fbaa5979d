import * as z from 'zod'
import { InvalidArgumentError } from '../../errors.ts'
import { activeDimensions } from './active-dimensions.ts'
import { hamming } from './hamming.ts'
import type { Kernel } from './kernel.ts'
import { linear } from './linear.ts'
import { matern12, matern32, matern52 } from './matern.ts'
import { normalized } from './normalized.ts'
import { product } from './product.ts'
import { radialBasis } from './radial-basis.ts'
import { rationalQuadratic } from './rational-quadratic.ts'
import { scale } from './scale.ts'
import { sum } from './sum.ts'

const positive = z.number().positive()
const stationaryFields = {
  lengthScale: positive.optional(),
  lengthScales: z.array(positive).optional(),
  categorical: z.array(z.int().nonnegative()).optional(),
}

/**
 * The JSON form of a kernel, as `kernel.description` writes it.
 *
 * @example
 * kernelDescriptionSchema.parse(hamming({ lengthScale: 0.5 }).description) // { kind: 'hamming', lengthScale: 0.5 }
 */
export const kernelDescriptionSchema = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('matern-1/2'), ...stationaryFields }),
  z.strictObject({ kind: z.literal('matern-3/2'), ...stationaryFields }),
  z.strictObject({ kind: z.literal('matern-5/2'), ...stationaryFields }),
  z.strictObject({ kind: z.literal('radial-basis'), ...stationaryFields }),
  z.strictObject({ kind: z.literal('rational-quadratic'), ...stationaryFields, shape: positive }),
  z.strictObject({ kind: z.literal('linear'), outputScale: positive }),
  z.strictObject({ kind: z.literal('hamming'), lengthScale: positive }),
  z.strictObject({ kind: z.enum(['normalized', 'normalised']), kernel: z.unknown() }),
  z.strictObject({ kind: z.literal('scale'), outputScale: positive, kernel: z.unknown() }),
  z.strictObject({
    kind: z.literal('active-dimensions'),
    dimensions: z.array(z.int().nonnegative()),
    kernel: z.unknown(),
  }),
  z.strictObject({ kind: z.literal('sum'), kernels: z.array(z.unknown()) }),
  z.strictObject({ kind: z.literal('product'), kernels: z.array(z.unknown()) }),
])

/**
 * Makes a kernel from its plain-data form, exactly.
 *
 * @throws InvalidArgumentError when the description is not one a kernel wrote.
 * @example
 * kernelFromDescription(JSON.parse('{"kind":"hamming","lengthScale":0.5}')).hyperparameters.length // 1
 */
export function kernelFromDescription(input: unknown): Kernel {
  const parsed = kernelDescriptionSchema.safeParse(input)
  if (!parsed.success) {
    throw new InvalidArgumentError(`kernel description is not understood: ${z.prettifyError(parsed.error)}`)
  }
  const description = parsed.data
  switch (description.kind) {
    case 'linear':
      return linear(description)
    case 'hamming':
      return hamming(description)
    case 'normalized':
    case 'normalised': // as it was written before
      return normalized(kernelFromDescription(description.kernel))
    case 'scale':
      return scale(kernelFromDescription(description.kernel), description.outputScale)
    case 'active-dimensions':
      return activeDimensions(kernelFromDescription(description.kernel), description.dimensions)
    case 'sum':
      return sum(description.kernels.map(kernelFromDescription))
    case 'product':
      return product(description.kernels.map(kernelFromDescription))
  }
  const { lengthScale, lengthScales, categorical = [] } = description
  const options =
    lengthScale === undefined ? { lengthScales: lengthScales ?? [], categorical } : { lengthScale, categorical }
  switch (description.kind) {
    case 'matern-1/2':
      return matern12(options)
    case 'matern-3/2':
      return matern32(options)
    case 'matern-5/2':
      return matern52(options)
    case 'radial-basis':
      return radialBasis(options)
    case 'rational-quadratic':
      return rationalQuadratic({ ...options, shape: description.shape })
  }
}
