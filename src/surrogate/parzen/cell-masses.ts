/**
 * Log-probabilities of the cells of a stepped dimension under every component.
 *
 * Components that share mean and width, as they do on a coarse grid, are computed once.
 *
 * Notation: a cell is [left, right] around a grid value; z and h its middle and half width in units of σ from μ.
 *
 * @module
 */
import { LOG_SQRT_TWO_PI, logNormalMass } from '../../numerics/special/index.ts'
import type { ObservationStore } from './observation-store.ts'
import { cellOf, type ParzenDimension } from './parzen-dimension.ts'

export interface CellMasses {
  /** Groups equal components. */
  refresh(store: ObservationStore, dimension: number): void
  /** Adds the cell's log-probability under component j to `exponents[j]`. */
  addTo(exponents: Float64Array, coordinate: number): void
}

export function createCellMasses(dimension: ParzenDimension): CellMasses {
  if (dimension.kind === 'categorical') throw new TypeError('a categorical dimension has no cells')
  const cell = new Float64Array(2)
  let groupOf = new Int32Array(0)
  let components = 0
  let means: number[] = []
  let inverses: number[] = []
  let normalisers: number[] = []
  /** Masses by coordinate, kept until the components change: candidates repeat on a coarse grid. */
  let known = new Map<number, Float64Array>()

  return {
    refresh(store, i) {
      components = store.size + 1
      if (groupOf.length < components) groupOf = new Int32Array(2 * components)
      means = []
      inverses = []
      normalisers = []
      known = new Map()
      const groups = new Map<number, number[]>()
      for (let j = 0; j < components; j++) {
        const mean = store.mean(j, i)
        const inverse = store.inverseWidth(j, i)
        const same = groups.get(mean) ?? []
        if (same.length === 0) groups.set(mean, same)
        let group = same.find((candidate) => inverses[candidate] === inverse)
        if (group === undefined) {
          group = means.length
          same.push(group)
          means.push(mean)
          inverses.push(inverse)
          // logScale is −log σ − log √2π − Z; the cell's probability needs −Z.
          normalisers.push(store.logScale(j, i) - Math.log(inverse) + LOG_SQRT_TWO_PI)
        }
        groupOf[j] = group
      }
    },
    addTo(exponents, coordinate) {
      let masses = known.get(coordinate)
      if (!masses) {
        cellOf(dimension, coordinate, cell)
        masses = Float64Array.from(means, (mean, group) => {
          const inverse = inverses[group]!
          return logCellMass((cell[0]! - mean) * inverse, (cell[1]! - mean) * inverse) + normalisers[group]!
        })
        known.set(coordinate, masses)
      }
      for (let j = 0; j < components; j++) exponents[j]! += masses[groupOf[j]!]!
    },
  }
}

/** log(Φ(right) − Φ(left)): by its Taylor series about the middle where the cell is narrow, which saves two erfc. */
function logCellMass(left: number, right: number): number {
  const h = 0.5 * (right - left)
  const z = 0.5 * (right + left)
  if (h * (1 + Math.abs(z)) > 0.05) return logNormalMass(left, right)
  const hh = h * h
  const zz = z * z
  const series =
    hh * ((zz - 1) / 6 + hh * ((zz * (zz - 6) + 3) / 120 + (hh * (zz * (zz * (zz - 15) + 45) - 15)) / 5040))
  return Math.log(2 * h) - LOG_SQRT_TWO_PI - 0.5 * zz + Math.log1p(series)
}
