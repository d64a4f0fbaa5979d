/**
 * Bayesian ridge regression: precisions of noise and weights by evidence (MacKay 1992), as scikit-learn's BayesianRidge.
 *
 *     X   n×d, y n×1, ω n×1 counts (a row stands for that many observations of mean y)
 *     λ   prior precision of the coefficients, α noise precision
 *     s_k eigenvalues of XᵀΩX; γ = Σ α s_k/(λ + α s_k); λ ← γ/|w|²; α ← (N − γ)/(residual sum of squares)
 *
 * @module
 */
import type { PolicyContext } from '../../policy/policy.ts'
import type { Components } from './pool-components.ts'

/** Some rows of a table of features with what was observed there. */
export interface WeightedData {
  readonly features: Components
  /** Rows of `features` that were observed. */
  readonly rows: readonly number[]
  /** Mean observation of each. */
  readonly targets: Float64Array
  /** Number of observations behind each mean. */
  readonly weights: Float64Array
}

/** Predictions for all rows of the features. */
export function bayesianRidge(data: WeightedData, backend: PolicyContext['backend']): Float64Array {
  const { features, rows, targets, weights } = data
  const d = features.columns
  const total = weights.reduce((sum, weight) => sum + weight, 0)
  const weighted = (values: (index: number) => number) =>
    rows.reduce((sum, _, index) => sum + weights[index]! * values(index), 0) / total
  const center = weighted((index) => targets[index]!)
  const feature = (row: number, k: number) => features.values[row * d + k]!
  const featureMeans = Float64Array.from({ length: d }, (_, k) => weighted((index) => feature(rows[index]!, k)))
  const x = rows.map((row, index) =>
    Float64Array.from({ length: d }, (_, k) => (feature(row, k) - featureMeans[k]!) * Math.sqrt(weights[index]!)),
  )
  const y = rows.map((_, index) => (targets[index]! - center) * Math.sqrt(weights[index]!))
  const variance = y.reduce((sum, value) => sum + value ** 2, 0) / total
  if (variance < 1e-12) return new Float64Array(features.rows).fill(center)

  const coefficients = backend.scope((workspace) => {
    const gram = workspace.matrix(d, d)
    backend.syrk(workspace.from(x), gram, { transpose: true, triangle: 'full' })
    const vectors = workspace.matrix(d, d)
    const eigenvalues = backend.symmetricEigen(gram, vectors)
    const { data: v, stride } = vectors
    // u = Vᵀ Xᵀ y: everything that follows is diagonal in this basis.
    const projected = new Float64Array(d)
    const crossed = Float64Array.from({ length: d }, (_, k) => x.reduce((sum, row, i) => sum + row[k]! * y[i]!, 0))
    for (let j = 0; j < d; j++) for (let k = 0; k < d; k++) projected[j]! += v[k * stride + j]! * crossed[k]!
    const squares = y.reduce((sum, value) => sum + value ** 2, 0)
    let alpha = 1 / variance
    let lambda = 1
    const rotated = new Float64Array(d)
    for (let iteration = 0; iteration < 50; iteration++) {
      let gamma = 0
      let norm = 0
      let residual = squares
      for (let j = 0; j < d; j++) {
        const s = Math.max(0, eigenvalues[j]!)
        const w = (alpha * projected[j]!) / (lambda + alpha * s)
        rotated[j] = w
        gamma += (alpha * s) / (lambda + alpha * s)
        norm += w * w
        residual += s * w * w - 2 * w * projected[j]!
      }
      const nextLambda = Math.min(1e9, (gamma + 1e-6) / (norm + 1e-6))
      const nextAlpha = (total - gamma + 1e-6) / (Math.max(0, residual) + 1e-6)
      const change = Math.abs(Math.log(nextLambda / lambda)) + Math.abs(Math.log(nextAlpha / alpha))
      lambda = nextLambda
      alpha = nextAlpha
      if (change < 1e-4) break
    }
    return Float64Array.from({ length: d }, (_, k) => {
      let sum = 0
      for (let j = 0; j < d; j++) sum += v[k * stride + j]! * rotated[j]!
      return sum
    })
  })
  return Float64Array.from({ length: features.rows }, (_, row) => {
    let value = center
    for (let k = 0; k < d; k++) value += (feature(row, k) - featureMeans[k]!) * coefficients[k]!
    return value
  })
}
