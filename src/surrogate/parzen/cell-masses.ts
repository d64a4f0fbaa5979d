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
import { cellOf, type NumericDimension } from './parzen-dimension.ts'

export interface CellMasses {
  /** Groups equal components. */
  refresh(store: ObservationStore, dimension: number): void
  /**
   * Log-probabilities of the coordinate's cell by component: in a table, or, on a grid finer than the observations,
   * computed where asked for. Valid until the next call.
   */
  at(coordinate: number): Lookup | ((component: number) => number)
}

/** A dimension of few values: the log-probability of a component is in a table, by its code. */
export interface Lookup {
  readonly codes: Int32Array
  readonly table: Float64Array
}

export function createCellMasses(dimension: NumericDimension): CellMasses {
  const levels = Math.round((dimension.last - dimension.first) / dimension.step) + 1
  const cell = new Float64Array(2)
  let components = 0
  let groups = 0
  let groupOf = new Int32Array(0)
  let means = new Float64Array(0)
  let inverses = new Float64Array(0)
  let logScales = new Float64Array(0)
  /** The next group with the same mean and another width, or −1. */
  let sibling = new Int32Array(0)
  /** Masses by coordinate, kept until the components change: candidates repeat on a coarse grid. */
  const known = new Map<number, Float64Array>()

  let left = 0
  let right = 0
  let logSize = 0

  const compute = (group: number) => {
    const inverse = inverses[group]!
    const from = (left - means[group]!) * inverse
    const to = (right - means[group]!) * inverse
    const h = 0.5 * (to - from)
    const z = 0.5 * (to + from)
    // logScale is −log σ − log √2π − Z, of which a probability needs −Z only.
    return (
      logScales[group]! +
      (h * (1 + Math.abs(z)) < 0.05
        ? logSize - 0.5 * z * z + logSeries(h * h, z * z)
        : LOG_SQRT_TWO_PI - Math.log(inverse) + logNormalMass(from, to))
    )
  }
  /** On a grid finer than the observations hardly a mass is needed twice, and groups are components. */
  const isFine = () => levels >= components
  const open = (mean: number, inverse: number, logScale: number) => {
    means[groups] = mean
    inverses[groups] = inverse
    logScales[groups] = logScale
    sibling[groups] = -1
    return groups++
  }

  return {
    refresh(store, i) {
      components = store.size + 1
      groups = 0
      known.clear()
      if (groupOf.length < components) {
        const capacity = Math.max(32, 2 * components)
        groupOf = new Int32Array(capacity)
        means = new Float64Array(capacity)
        inverses = new Float64Array(capacity)
        logScales = new Float64Array(capacity)
        sibling = new Int32Array(capacity)
      }
      const firstOf = isFine() ? undefined : new Map<number, number>()
      for (let j = 0; j < components; j++) {
        const mean = store.mean(j, i)
        const inverse = store.inverseWidth(j, i)
        let group = firstOf?.get(mean) ?? -1
        let last = -1
        while (group >= 0 && inverses[group] !== inverse) {
          last = group
          group = sibling[group]!
        }
        if (group < 0) {
          group = open(mean, inverse, store.logScale(j, i))
          if (last >= 0) sibling[last] = group
          else firstOf?.set(mean, group)
        }
        groupOf[j] = group
      }
    },
    at(coordinate) {
      cellOf(dimension, coordinate, cell)
      left = cell[0]!
      right = cell[1]!
      logSize = Math.log(right - left)
      if (isFine()) return compute
      let table = known.get(coordinate)
      if (!table) {
        table = Float64Array.from({ length: groups }, (_, group) => compute(group))
        known.set(coordinate, table)
      }
      return { codes: groupOf, table }
    },
  }
}

/**
 * log of ∫φ over [z − h, z + h] divided by 2hφ(z), by Taylor series: two erfc saved where the cell is narrow.
 *
 * @param hh h²
 * @param zz z²
 */
function logSeries(hh: number, zz: number): number {
  const x = hh * ((zz - 1) / 6 + hh * ((zz * (zz - 6) + 3) / 120 + (hh * (zz * (zz * (zz - 15) + 45) - 15)) / 5040))
  // |x| < 5e-4: four terms of log(1 + x) reach 1e-17.
  return x * (1 - x * (0.5 - x * (1 / 3 - 0.25 * x)))
}
