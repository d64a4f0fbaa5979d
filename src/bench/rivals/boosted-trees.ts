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
  const value = (row: number, k: number) => features.values[row * d + k]!
  // Each feature's order of the training rows, once: a split is then one pass.
  const orders = Array.from({ length: d }, (_, k) =>
    Int32Array.from(rows.keys()).sort((a, b) => value(rows[a]!, k) - value(rows[b]!, k)),
  )
  let total = 0
  let centre = 0
  for (let i = 0; i < count; i++) {
    total += weights[i]!
    centre += weights[i]! * targets[i]!
  }
  centre /= total
  const predictions = new Float64Array(features.rows).fill(centre)
  const residuals = new Float64Array(count)
  const member = new Int32Array(count)
  const everywhere = new Int32Array(features.rows)

  for (let tree = 0; tree < trees; tree++) {
    for (let i = 0; i < count; i++) residuals[i] = targets[i]! - predictions[rows[i]!]!
    member.fill(0)
    everywhere.fill(0)
    let leaves = 1
    for (let level = 0; level < depth; level++) {
      const splits = bestSplits(orders, member, leaves, residuals, weights, (i, k) => value(rows[i]!, k))
      if (splits.every((split) => split === undefined)) break
      const go = (leaf: number, row: number) => {
        const split = splits[leaf]
        return 2 * leaf + (split && value(row, split.feature) > split.threshold ? 1 : 0)
      }
      for (let i = 0; i < count; i++) member[i] = go(member[i]!, rows[i]!)
      for (let row = 0; row < features.rows; row++) everywhere[row] = go(everywhere[row]!, row)
      leaves *= 2
    }
    const sums = new Float64Array(leaves)
    const masses = new Float64Array(leaves)
    for (let i = 0; i < count; i++) {
      sums[member[i]!]! += weights[i]! * residuals[i]!
      masses[member[i]!]! += weights[i]!
    }
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

/** The split of each leaf that lowers the weighted squared error most; undefined where none does. */
function bestSplits(
  orders: readonly Int32Array[],
  member: Int32Array,
  leaves: number,
  residuals: Float64Array,
  weights: Float64Array,
  value: (row: number, feature: number) => number,
): (Split | undefined)[] {
  const sums = new Float64Array(leaves)
  const masses = new Float64Array(leaves)
  for (let i = 0; i < member.length; i++) {
    sums[member[i]!]! += weights[i]! * residuals[i]!
    masses[member[i]!]! += weights[i]!
  }
  const gains = new Float64Array(leaves).fill(1e-12)
  const splits: (Split | undefined)[] = new Array(leaves).fill(undefined)
  const leftSums = new Float64Array(leaves)
  const leftMasses = new Float64Array(leaves)
  const lastRow = new Int32Array(leaves)
  orders.forEach((order, feature) => {
    leftSums.fill(0)
    leftMasses.fill(0)
    lastRow.fill(-1)
    for (const i of order) {
      const leaf = member[i]!
      const before = lastRow[leaf]!
      if (before >= 0 && value(before, feature) < value(i, feature)) {
        const left = leftSums[leaf]! ** 2 / leftMasses[leaf]!
        const right = (sums[leaf]! - leftSums[leaf]!) ** 2 / (masses[leaf]! - leftMasses[leaf]!)
        const gain = left + right - sums[leaf]! ** 2 / masses[leaf]!
        if (gain > gains[leaf]!) {
          gains[leaf] = gain
          splits[leaf] = { feature, threshold: (value(before, feature) + value(i, feature)) / 2 }
        }
      }
      leftSums[leaf]! += weights[i]! * residuals[i]!
      leftMasses[leaf]! += weights[i]!
      lastRow[leaf] = i
    }
  })
  return splits
}
