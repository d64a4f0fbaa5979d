/**
 * A Gaussian process on features that a small network learns together with the kernel: HbBoPs' structure-aware deep
 * kernel, on principal components of embeddings.
 *
 *     x_g   the g-th part of a prompt (its whole text, or one slot), encoded by its own network and concatenated
 *     z     latent features, n×q, from a joint network
 *     K     σ² Matérn-5/2(Σ_k (z_ik − z_jk)²/ℓ_k²) + τ² I, zero mean, standardized y
 *     L     −log N(y; 0, K)/n, minimized in network weights, log ℓ, log σ², log τ² by Adam
 *
 * @module
 */
import type { Random } from '../../numerics/random/index.ts'
import { createAdam } from './adam.ts'
import { createPerceptron } from './perceptron.ts'
import type { Components } from './pool-components.ts'

/** Width of a part's code. */
const CODE = 16

export interface DeepKernelOptions {
  /** Latent dimensions. @defaultValue 10 */
  readonly latent?: number
  /** @defaultValue 0.01 */
  readonly learningRate?: number
  /** @defaultValue 300 */
  readonly maximumSteps?: number
  /** Steps without a better loss before training stops. @defaultValue 10 */
  readonly patience?: number
}

export interface DeepKernelPrediction {
  readonly means: Float64Array
  readonly standardDeviations: Float64Array
}

/**
 * Trains on some rows and predicts every row of the features.
 *
 * @param parts One table of features a part, with equal numbers of rows.
 * @param rows Observed rows, and in `targets` what was observed there.
 */
export function deepKernelRegression(
  parts: readonly Components[],
  rows: readonly number[],
  targets: readonly number[],
  random: Random,
  options: DeepKernelOptions = {},
): DeepKernelPrediction {
  const { latent = 10, learningRate = 0.01, maximumSteps = 300, patience = 10 } = options
  const n = rows.length
  const center = targets.reduce((sum, target) => sum + target, 0) / n
  const spread = Math.sqrt(targets.reduce((sum, target) => sum + (target - center) ** 2, 0) / Math.max(1, n - 1)) || 1
  const y = Float64Array.from(targets, (target) => (target - center) / spread)

  const encoders = parts.map((part) => createPerceptron([part.columns, 32, CODE], learningRate, random, 0.01))
  const joint = createPerceptron([CODE * parts.length, 32, latent], learningRate, random, 0.01)
  const width = CODE * parts.length
  const gather = (chosen: readonly number[]) =>
    parts.map(({ values, columns }) => {
      const inputs = new Float64Array(chosen.length * columns)
      chosen.forEach((row, at) => {
        inputs.set(values.subarray(row * columns, (row + 1) * columns), at * columns)
      })
      return inputs
    })
  const encode = (inputs: readonly Float64Array[], count: number) => {
    const codes = new Float64Array(count * width)
    inputs.forEach((input, index) => {
      const outputs = encoders[index]!.forward(input, count)
      let from = 0
      for (let at = 0; at < count; at++) {
        const start = at * width + index * CODE
        // The encoders end in ReLU too, as in the paper.
        for (let k = 0; k < CODE; k++) codes[start + k] = Math.max(0, outputs[from++]!)
      }
    })
    return codes
  }
  const training = gather(rows)

  // log ℓ_1 … log ℓ_q, log σ², log τ²
  const hyper = new Float64Array(latent + 2)
  hyper[latent + 1] = Math.log(0.1)
  const hyperStep = createAdam(hyper, learningRate)
  let best = Number.POSITIVE_INFINITY
  let waited = 0
  for (let step = 0; step < maximumSteps && waited < patience; step++) {
    const codes = encode(training, n)
    const z = joint.forward(codes, n)
    const { loss, latentGradient, hyperGradient } = lossGradients(z, y, hyper, latent)
    waited = loss < best - 1e-6 ? 0 : waited + 1
    best = Math.min(best, loss)
    const below = joint.backward(latentGradient)
    hyperStep(hyperGradient)
    for (let k = 0; k < hyper.length; k++) hyper[k] = Math.min(6, Math.max(k > latent ? -9 : -6, hyper[k]!))
    encoders.forEach((encoder, index) => {
      const slice = new Float64Array(n * CODE)
      let to = 0
      for (let at = 0; at < n; at++) {
        const start = at * width + index * CODE
        for (let k = 0; k < CODE; k++) slice[to++] = codes[start + k]! > 0 ? below[start + k]! : 0
      }
      encoder.backward(slice, false)
    })
  }

  const everything = Array.from({ length: parts[0]!.rows }, (_, row) => row)
  const z = joint.forward(encode(gather(everything), everything.length), everything.length)
  const observed = new Float64Array(n * latent)
  rows.forEach((row, at) => {
    observed.set(z.subarray(row * latent, (row + 1) * latent), at * latent)
  })
  const { means, standardDeviations } = predict(z, observed, y, hyper, latent)
  return {
    means: means.map((mean) => center + spread * mean),
    standardDeviations: standardDeviations.map((deviation) => spread * deviation),
  }
}

/** Matérn-5/2 at scaled distance r, and its derivative by r². */
function matern52(r2: number): readonly [number, number] {
  const a = Math.sqrt(5 * Math.max(0, r2))
  const decay = Math.exp(-a)
  return [(1 + a + (a * a) / 3) * decay, (-5 / 6) * (1 + a) * decay]
}

/** z divided by the length scales. */
function scaledBy(z: Float64Array, hyper: Float64Array, q: number): Float64Array {
  const inverse = Float64Array.from({ length: q }, (_, k) => Math.exp(-hyper[k]!))
  return z.map((value, index) => value * inverse[index % q]!)
}

function squaredDistance(a: Float64Array, i: number, b: Float64Array, j: number, q: number): number {
  let sum = 0
  for (let k = 0; k < q; k++) sum += (a[i * q + k]! - b[j * q + k]!) ** 2
  return sum
}

/** Lower Cholesky factor in place; n is a few dozen, so the plain loop is the fast one. */
function factorize(k: Float64Array, n: number): void {
  for (let j = 0; j < n; j++) {
    for (let i = j; i < n; i++) {
      let sum = k[i * n + j]!
      for (let l = 0; l < j; l++) sum -= k[i * n + l]! * k[j * n + l]!
      k[i * n + j] = i === j ? Math.sqrt(Math.max(sum, 1e-10)) : sum / k[j * n + j]!
    }
  }
}

/** b ← L⁻¹ b */
function solveLower(l: Float64Array, n: number, b: Float64Array): void {
  for (let i = 0; i < n; i++) {
    let sum = b[i]!
    for (let k = 0; k < i; k++) sum -= l[i * n + k]! * b[k]!
    b[i] = sum / l[i * n + i]!
  }
}

/** b ← L⁻ᵀ b */
function solveUpper(l: Float64Array, n: number, b: Float64Array): void {
  for (let i = n - 1; i >= 0; i--) {
    let sum = b[i]!
    for (let k = i + 1; k < n; k++) sum -= l[k * n + i]! * b[k]!
    b[i] = sum / l[i * n + i]!
  }
}

/** L, dL/dz and dL/d(hyper): Rasmussen & Williams (2006) eq. 5.9, negated and divided by n. */
export function lossGradients(z: Float64Array, y: Float64Array, hyper: Float64Array, q: number) {
  const n = y.length
  const outputScale = Math.exp(hyper[q]!)
  const noise = Math.exp(hyper[q + 1]!)
  const scaled = scaledBy(z, hyper, q)
  const inverse = Float64Array.from({ length: q }, (_, k) => Math.exp(-hyper[k]!))
  const factor = new Float64Array(n * n)
  const correlation = new Float64Array(n * n)
  const slope = new Float64Array(n * n)
  for (let i = 0; i < n; i++) {
    for (let j = 0; j <= i; j++) {
      const [value, derivative] = matern52(squaredDistance(scaled, i, scaled, j, q))
      correlation[i * n + j] = value
      slope[i * n + j] = derivative
      factor[i * n + j] = outputScale * value + (i === j ? noise : 0)
    }
  }
  factorize(factor, n)
  const weights = y.slice()
  solveLower(factor, n, weights)
  let loss = 0
  for (let i = 0; i < n; i++) loss += 0.5 * weights[i]! ** 2 + Math.log(factor[i * n + i]!)
  loss = loss / n + 0.5 * Math.log(2 * Math.PI)
  solveUpper(factor, n, weights)

  const latentGradient = new Float64Array(n * q)
  const hyperGradient = new Float64Array(q + 2)
  for (let j = 0; j < n; j++) {
    const column = new Float64Array(n)
    column[j] = 1
    solveLower(factor, n, column)
    solveUpper(factor, n, column)
    for (let i = j; i < n; i++) {
      // dL/dK_ij of a symmetric pair, both halves together.
      const both = (i === j ? 1 : 2) * ((column[i]! - weights[i]! * weights[j]!) / (2 * n))
      hyperGradient[q]! += both * outputScale * correlation[i * n + j]!
      if (i === j) {
        hyperGradient[q + 1]! += both * noise
        continue
      }
      const common = both * outputScale * slope[i * n + j]!
      for (let k = 0; k < q; k++) {
        const difference = scaled[i * q + k]! - scaled[j * q + k]!
        hyperGradient[k]! -= common * 2 * difference * difference
        const pull = common * 2 * difference * inverse[k]!
        latentGradient[i * q + k]! += pull
        latentGradient[j * q + k]! -= pull
      }
    }
  }
  return { loss, latentGradient, hyperGradient }
}

function predict(z: Float64Array, observed: Float64Array, y: Float64Array, hyper: Float64Array, q: number) {
  const n = y.length
  const count = z.length / q
  const outputScale = Math.exp(hyper[q]!)
  const noise = Math.exp(hyper[q + 1]!)
  const everywhere = scaledBy(z, hyper, q)
  const here = scaledBy(observed, hyper, q)
  const factor = new Float64Array(n * n)
  for (let i = 0; i < n; i++) {
    for (let j = 0; j <= i; j++) {
      const [value] = matern52(squaredDistance(here, i, here, j, q))
      factor[i * n + j] = outputScale * value + (i === j ? noise : 0)
    }
  }
  factorize(factor, n)
  const white = y.slice()
  solveLower(factor, n, white)
  const means = new Float64Array(count)
  const standardDeviations = new Float64Array(count)
  const cross = new Float64Array(n)
  for (let row = 0; row < count; row++) {
    for (let i = 0; i < n; i++) cross[i] = outputScale * matern52(squaredDistance(everywhere, row, here, i, q))[0]
    solveLower(factor, n, cross)
    let mean = 0
    let variance = outputScale
    for (let i = 0; i < n; i++) {
      mean += cross[i]! * white[i]!
      variance -= cross[i]! ** 2
    }
    means[row] = mean
    standardDeviations[row] = Math.sqrt(Math.max(variance, 1e-12))
  }
  return { means, standardDeviations }
}
