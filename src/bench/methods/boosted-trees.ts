/**
 * Gradient boosting of regression trees with squared loss (Friedman 2001), weighted.
 *
 * @module
 */
import type { WeightedData } from './bayesian-ridge.ts'

export interface BoostingOptions {
  /** @defaultValue 60 */
  readonly trees?: number
  /** @defaultValue 3 */
  readonly depth?: number
  /** @defaultValue 0.1 */
  readonly learningRate?: number
}

/** Predictions for all rows of the features. */
export function boostedTrees(data: WeightedData, options: BoostingOptions = {}): Float64Array {
  const { features, rows, targets, weights } = data
  const { trees = 60, depth = 3, learningRate = 0.1 } = options
  const d = features.columns
  const count = rows.length
  // A column an array: a split scans one feature over all rows.
  const everything = Array.from({ length: d }, (_, k) =>
    Float64Array.from({ length: features.rows }, (_, row) => features.values[row * d + k]!),
  )
  const columns = everything.map((column) => Float64Array.from(rows, (row) => column[row]!))
  // Each feature's order of the training rows, once: a split is then one pass.
  const orders = columns.map((column) => Int32Array.from(rows.keys()).sort((a, b) => column[a]! - column[b]!))
  let total = 0
  let center = 0
  for (let i = 0; i < count; i++) {
    total += weights[i]!
    center += weights[i]! * targets[i]!
  }
  center /= total
  const predictions = new Float64Array(features.rows).fill(center)
  const pulls = new Float64Array(count)
  const member = new Int32Array(count)
  const everywhere = new Int32Array(features.rows)

  for (let tree = 0; tree < trees; tree++) {
    for (let i = 0; i < count; i++) pulls[i] = weights[i]! * (targets[i]! - predictions[rows[i]!]!)
    member.fill(0)
    everywhere.fill(0)
    let leaves = 1
    for (let level = 0; level < depth; level++) {
      const splits = bestSplits(orders, columns, member, leaves, pulls, weights)
      if (splits.every((split) => split === undefined)) break
      descend(member, columns, splits)
      descend(everywhere, everything, splits)
      leaves *= 2
    }
    const { sums, masses } = leafTotals(member, leaves, pulls, weights)
    for (let row = 0; row < features.rows; row++) {
      const leaf = everywhere[row]!
      if (masses[leaf]! > 0) predictions[row]! += (learningRate * sums[leaf]!) / masses[leaf]!
    }
  }
  return predictions
}

interface Split {
  readonly feature: number
  readonly threshold: number
}

/** Moves every row to the left (2·leaf) or right (2·leaf + 1) child of its leaf. */
function descend(member: Int32Array, columns: readonly Float64Array[], splits: readonly (Split | undefined)[]): void {
  for (let row = 0; row < member.length; row++) {
    const leaf = member[row]!
    const split = splits[leaf]
    member[row] = 2 * leaf + (split && columns[split.feature]![row]! > split.threshold ? 1 : 0)
  }
}

function leafTotals(member: Int32Array, leaves: number, pulls: Float64Array, weights: Float64Array) {
  const sums = new Float64Array(leaves)
  const masses = new Float64Array(leaves)
  for (let i = 0; i < member.length; i++) {
    sums[member[i]!]! += pulls[i]!
    masses[member[i]!]! += weights[i]!
  }
  return { sums, masses }
}

/** The split of each leaf that lowers the weighted squared error most; undefined where none does. */
function bestSplits(
  orders: readonly Int32Array[],
  columns: readonly Float64Array[],
  member: Int32Array,
  leaves: number,
  pulls: Float64Array,
  weights: Float64Array,
): (Split | undefined)[] {
  const { sums, masses } = leafTotals(member, leaves, pulls, weights)
  const gains = new Float64Array(leaves).fill(1e-12)
  const splits: (Split | undefined)[] = new Array(leaves).fill(undefined)
  const leftSums = new Float64Array(leaves)
  const leftMasses = new Float64Array(leaves)
  const lastRow = new Int32Array(leaves)
  for (let feature = 0; feature < orders.length; feature++) {
    const order = orders[feature]!
    const column = columns[feature]!
    leftSums.fill(0)
    leftMasses.fill(0)
    lastRow.fill(-1)
    for (let at = 0; at < order.length; at++) {
      const i = order[at]!
      const leaf = member[i]!
      const before = lastRow[leaf]!
      const leftSum = leftSums[leaf]!
      const leftMass = leftMasses[leaf]!
      if (before >= 0 && column[before]! < column[i]!) {
        const sum = sums[leaf]!
        const rightSum = sum - leftSum
        const mass = masses[leaf]!
        const gain = (leftSum * leftSum) / leftMass + (rightSum * rightSum) / (mass - leftMass) - (sum * sum) / mass
        if (gain > gains[leaf]!) {
          gains[leaf] = gain
          splits[leaf] = { feature, threshold: (column[before]! + column[i]!) / 2 }
        }
      }
      leftSums[leaf] = leftSum + pulls[i]!
      leftMasses[leaf] = leftMass + weights[i]!
      lastRow[leaf] = i
    }
  }
  return splits
}
