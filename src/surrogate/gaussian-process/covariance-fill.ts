/**
 * Covariances with fixed points, computed where the backend wants them.
 *
 * @module
 */
import { InvalidArgumentError } from '../../errors.ts'
import type { Backend } from '../../numerics/linalg/backend.ts'
import { assign, type Matrix, type Workspace } from '../../numerics/linalg/matrix.ts'
import type { Kernel } from '../kernels/kernel.ts'
import type { Points } from '../points.ts'
import {
  asStationaryTerms,
  divideByLengths,
  fillTerm,
  type StationaryTerm,
  takeCoordinates,
  widthOf,
} from './stationary-terms.ts'

export interface CovarianceFill {
  /** out (n×m) ← k(points, at). */
  cross(at: Points, out: Matrix): void
  /** Lower triangle of out (n×n) ← k(points, points). */
  own(out: Matrix): void
}

/** One term and its coordinates of the fixed points, divided by its length scales. */
interface PlacedTerm {
  readonly term: StationaryTerm
  readonly fixed: Matrix
  readonly width: number
  /** Room for the others, taken when it is first needed. */
  moving: Matrix | undefined
}

/**
 * Covariances with `points`, without n×m numbers leaving the backend when the kernel is a sum of stationary ones;
 * other kernels compute theirs as ever.
 *
 * @param most points in one call of `cross`
 * @throws InvalidArgumentError when the kernel and the points disagree on the number of coordinates
 * @example
 * using workspace = backend.workspace()
 * const covariances = workspace.matrix(3, 11)
 * covarianceFill(matern52({ lengthScale: 0.3 }), data.points, 512, backend, workspace).cross(candidates, covariances)
 * covariances.data[0] // 1: the first of both is the same point
 */
export function covarianceFill(
  kernel: Kernel,
  points: Points,
  most: number,
  backend: Backend,
  workspace: Workspace,
): CovarianceFill {
  const terms = asStationaryTerms(kernel.description)
  if (!terms) {
    return {
      cross: (at, out) => assign(out, kernel.covariance(points, at, backend)),
      own: (out) => assign(out, kernel.covariance(points, points, backend)),
    }
  }
  const { count: n, dimension } = points
  /** A term's view of some points, in memory of the backend. */
  const place = (term: StationaryTerm, at: Points, to: Matrix): Matrix => {
    takeCoordinates(term, at, to)
    divideByLengths(term, to, to)
    return to
  }
  const placed = terms.map((term): PlacedTerm => {
    const width = widthOf(term, dimension)
    return { term, width, fixed: place(term, points, workspace.matrix(n, width)), moving: undefined }
  })
  let spare: Matrix | undefined

  /** The first term's distances stand in `out`, the others' beside it. */
  const distancesAt = (index: number, out: Matrix): Matrix => {
    if (index === 0) return out
    spare ??= workspace.matrix(n, Math.max(most, n))
    return spare.view(0, 0, n, out.columns)
  }

  return {
    cross(at, out) {
      if (at.dimension !== dimension) {
        throw new InvalidArgumentError(`points have ${at.dimension} coordinates; expected ${dimension}`)
      }
      for (const [index, item] of placed.entries()) {
        const { term, fixed, width } = item
        item.moving ??= workspace.matrix(most, width)
        const moving = place(term, at, item.moving.view(0, 0, at.count, width))
        const squaredDistances = distancesAt(index, out)
        backend.crossSquaredDistances(fixed, moving, squaredDistances)
        fillTerm(term, backend, { squaredDistances, out, accumulate: index > 0 })
      }
    },
    own(out) {
      const triangle = 'lower'
      for (const [index, { term, fixed }] of placed.entries()) {
        const squaredDistances = distancesAt(index, out)
        backend.squaredDistances(fixed, squaredDistances, { triangle })
        fillTerm(term, backend, { squaredDistances, out, accumulate: index > 0, triangle })
      }
    },
  }
}
