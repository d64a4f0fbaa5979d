/**
 * Log-probabilities of the cells of a stepped dimension under every component.
 *
 * Components that share mean and width, as they do on a coarse grid, share a code, and its masses are computed once.
 *
 * Notation: a cell is [left, right] around a grid value; z and h its middle and half width in units of σ from μ.
 *
 * @module
 */
import { LOG_SQRT_TWO_PI, logNormalMass } from '../../numerics/special/index.ts'
import { logKernelScale } from './kernel-scale.ts'
import { cellOf, type NumericDimension } from './parzen-dimension.ts'

export interface CellMasses {
  /** How many values the grid has. */
  readonly levels: number
  /** The code of components with this mean and width. */
  codeOf(mean: number, width: number): number
  /** Log-probabilities of the coordinate's cell, by code: where candidates repeat, as on a coarse grid. */
  table(coordinate: number): Float64Array
  /** The same for one code at a time. Valid until the next call. */
  mass(coordinate: number): (code: number) => number
}

/** Numbers that tables may hold before they are made anew. */
const MOST_KEPT = 1 << 18

export function createCellMasses(dimension: NumericDimension): CellMasses {
  const { low, high } = dimension
  const cell = new Float64Array(2)
  /** Codes by mean, then by width. */
  const codes = new Map<number, Map<number, number>>()
  const means: number[] = []
  const inverses: number[] = []
  const logScales: number[] = []
  const known = new Map<number, { table: Float64Array; filled: number }>()
  let kept = 0
  let left = 0
  let right = 0
  let logSize = 0

  const compute = (code: number) => {
    const inverse = inverses[code]!
    const from = (left - means[code]!) * inverse
    const to = (right - means[code]!) * inverse
    const h = 0.5 * (to - from)
    const z = 0.5 * (to + from)
    // logScale is −log σ − log √2π − Z, of which a probability needs −Z only.
    return (
      logScales[code]! +
      (h * (1 + Math.abs(z)) < 0.05
        ? logSize - 0.5 * z * z + logSeries(h * h, z * z)
        : LOG_SQRT_TWO_PI - Math.log(inverse) + logNormalMass(from, to))
    )
  }
  const mass = (coordinate: number) => {
    cellOf(dimension, coordinate, cell)
    left = cell[0]!
    right = cell[1]!
    logSize = Math.log(right - left)
    return compute
  }

  return {
    levels: Math.round((dimension.last - dimension.first) / dimension.step) + 1,
    codeOf(mean, width) {
      const ofMean = codes.get(mean) ?? new Map<number, number>()
      codes.set(mean, ofMean)
      let code = ofMean.get(width)
      if (code === undefined) {
        code = means.length
        ofMean.set(width, code)
        means.push(mean)
        inverses.push(1 / width)
        logScales.push(logKernelScale(mean, width, low, high))
      }
      return code
    },
    table(coordinate) {
      const count = means.length
      let entry = known.get(coordinate)
      if (!entry || entry.table.length < count) {
        if (kept > MOST_KEPT) {
          known.clear()
          kept = 0
          entry = undefined
        }
        const table = new Float64Array(2 * count)
        if (entry) table.set(entry.table)
        entry = { table, filled: entry?.filled ?? 0 }
        known.set(coordinate, entry)
        kept += table.length
      }
      if (entry.filled < count) mass(coordinate)
      for (; entry.filled < count; entry.filled++) entry.table[entry.filled] = compute(entry.filled)
      return entry.table
    },
    mass,
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
