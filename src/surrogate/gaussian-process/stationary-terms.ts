/**
 * Kernels that the backends know: sums of stationary kernels of numeric coordinates, read off a kernel's description.
 *
 * @module
 */
import { InvalidArgumentError } from '../../errors.ts'
import type { Backend, KernelFamily, Triangle } from '../../numerics/linalg/backend.ts'
import type { Matrix } from '../../numerics/linalg/matrix.ts'
import type { KernelDescription } from '../kernels/kernel.ts'
import type { Points } from '../points.ts'

/** s·k(r²) of some coordinates. Hyper-parameters, in the kernel's own order: scale, length scales, shape. */
export interface StationaryTerm {
  readonly family: KernelFamily
  /** Undefined when the kernel is not scaled: then it has no such hyper-parameter. */
  readonly outputScale: number | undefined
  readonly lengthScales: readonly number[]
  /** One length scale for all coordinates. */
  readonly shared: boolean
  readonly shape: number | undefined
  /** The coordinates it sees; undefined means all. */
  readonly dimensions: readonly number[] | undefined
}

const families: Readonly<Record<string, KernelFamily>> = {
  'matern-1/2': 'matern12',
  'matern-3/2': 'matern32',
  'matern-5/2': 'matern52',
  'radial-basis': 'rbf',
  'rational-quadratic': 'rational-quadratic',
}

/**
 * The terms of a kernel, in its order. They are undefined when it is anything but a sum of stationary kernels of
 * numeric coordinates (or a single one).
 *
 * @example
 * const kernel = sum([matern52({ lengthScale: 1 }), scale(radialBasis({ lengthScale: 2 }))])
 * asStationaryTerms(kernel.description)?.length // 2
 */
export function asStationaryTerms(description: KernelDescription): readonly StationaryTerm[] | undefined {
  if (description.kind !== 'sum') {
    const term = asTerm(description)
    return term && [term]
  }
  const { kernels } = description
  if (!Array.isArray(kernels)) return undefined
  const terms: StationaryTerm[] = []
  for (const kernel of kernels) {
    const inner = isDescription(kernel) ? asStationaryTerms(kernel) : undefined
    if (!inner) return undefined
    terms.push(...inner)
  }
  return terms
}

function asTerm({ kind, outputScale, kernel, dimensions, ...rest }: KernelDescription): StationaryTerm | undefined {
  if (kind === 'scale' || kind === 'active-dimensions') {
    const inner = isDescription(kernel) ? asTerm(kernel) : undefined
    if (kind === 'scale' && typeof outputScale === 'number') {
      return inner && inner.outputScale === undefined ? { ...inner, outputScale } : undefined
    }
    return inner && inner.dimensions === undefined && isNumbers(dimensions) ? { ...inner, dimensions } : undefined
  }
  const family = families[kind]
  const { lengthScale, lengthScales, shape, categorical } = rest
  if (family === undefined || categorical !== undefined) return undefined
  const shared = typeof lengthScale === 'number'
  const scales: unknown = shared ? [lengthScale] : lengthScales
  if (!isNumbers(scales)) return undefined
  return {
    family,
    outputScale: undefined,
    lengthScales: scales,
    shared,
    shape: typeof shape === 'number' ? shape : undefined,
    dimensions: undefined,
  }
}

function isDescription(value: unknown): value is KernelDescription {
  return typeof value === 'object' && value !== null && 'kind' in value && typeof value.kind === 'string'
}

function isNumbers(value: unknown): value is readonly number[] {
  return Array.isArray(value) && value.every((item) => typeof item === 'number')
}

/** How many coordinates a term sees. @throws InvalidArgumentError when the points do not have them, or have others */
export function widthOf(term: StationaryTerm, dimension: number): number {
  const beyond = term.dimensions?.find((index) => index >= dimension)
  if (beyond !== undefined) {
    throw new InvalidArgumentError(`coordinate ${beyond} is asked for; expected less than ${dimension}`)
  }
  const width = term.dimensions?.length ?? dimension
  if (!term.shared && term.lengthScales.length !== width) {
    throw new InvalidArgumentError(
      `points have ${width} coordinates; expected ${term.lengthScales.length}, one a length scale`,
    )
  }
  return width
}

/** The coordinates that a term sees, as they are. */
export function takeCoordinates(term: StationaryTerm, at: Points, to: Matrix): void {
  const { dimensions } = term
  if (!dimensions) {
    to.data.set(at.data.subarray(0, at.count * at.dimension))
    return
  }
  const { data } = to
  for (let i = 0, index = 0; i < at.count; i++) {
    for (const d of dimensions) data[index++] = at.data[i * at.dimension + d]!
  }
}

/** Divides coordinates by the term's length scales, unless it has one for all, which the kernel takes care of. */
export function divideByLengths(term: StationaryTerm, from: Matrix, to: Matrix): void {
  if (term.shared) return
  const inverse = Float64Array.from(term.lengthScales, (scale) => 1 / scale)
  const width = inverse.length
  const source = from.data
  const target = to.data
  for (let i = 0, at = 0; i < from.rows; i++) {
    for (let d = 0; d < width; d++, at++) target[at] = source[at]! * inverse[d]!
  }
}

/** What becomes of squared distances. */
export interface TermFill {
  readonly squaredDistances: Matrix
  readonly out: Matrix
  readonly derivative?: Matrix
  readonly shapeDerivative?: Matrix
  readonly accumulate?: boolean
  readonly triangle?: Triangle
}

/** The kernel of a term from squared distances, of raw coordinates when it has one length scale, else of divided ones. */
export function fillTerm(term: StationaryTerm, backend: Backend, fill: TermFill): void {
  const { family, shared, lengthScales, shape, outputScale = 1 } = term
  backend.kernelFill({
    ...fill,
    family,
    outputScale,
    inverseSquaredLength: shared ? 1 / (lengthScales[0]! * lengthScales[0]!) : 1,
    ...(shape === undefined ? {} : { shape }),
  })
}
