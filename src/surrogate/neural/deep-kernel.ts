/**
 * A Gaussian process on learned features: one network per slot (instruction, demonstrations, …), trained jointly by the
 * marginal likelihood. TensorFlow.js carries the gradient through the networks; the gradient with respect to the
 * features comes from the float64 core.
 *
 *   ∂ log p(y)/∂z_i = 2 Σ_j W_ij ∂k(z_i, z_j)/∂z_i,  W = ½(ααᵀ − K⁻¹)
 *
 * A. Wilson et al., "Deep kernel learning" (2016); per-slot encoders as in HbBoPs (L. Schneider et al., 2025).
 *
 * @module
 */
import { InvalidArgumentError } from '../../errors.ts'
import type { Backend } from '../../numerics/linalg/backend.ts'
import type { Random } from '../../numerics/random/index.ts'
import { fitModel, startingModel } from '../gaussian-process/fit.ts'
import {
  type GaussianProcess,
  type GaussianProcessModel,
  gaussianProcess,
} from '../gaussian-process/gaussian-process.ts'
import { cubePriors } from '../gaussian-process/prior.ts'
import { standardize, type TargetTransform } from '../gaussian-process/standardize.ts'
import { matern52 } from '../kernels/matern.ts'
import { scale } from '../kernels/scale.ts'
import { type Points, row } from '../points.ts'
import type { Surrogate } from '../surrogate.ts'
import { applyNetwork, createNetwork, type Network, trainable, weightPenalty } from './network.ts'
import type { TensorFlow } from './tensor.ts'

export interface DeepKernelOptions {
  /** Widths of the coordinates of each slot, in order; they add up to the points' dimension. Default one slot. */
  readonly slots?: readonly number[]
  /** Hidden units per slot. Default 16. */
  readonly hidden?: number
  /** Learnt features per slot. Default 3. */
  readonly latent?: number
  /** Gradient steps. Default 120. */
  readonly steps?: number
  /** Adam's rate. Default 0.01. */
  readonly rate?: number
}

export interface DeepKernel extends Surrogate {
  readonly networks: readonly Network[]
  /** Predictions are on its scale: standardized targets. */
  readonly process: GaussianProcess
  readonly transform: TargetTransform
  /** Log posterior density of networks and hyper-parameters, by refit, best last. */
  readonly history: readonly number[]
  features(points: Points): Points
}

/** Hyper-parameters are refitted, and the best state kept, every so many steps. */
const REFIT_EVERY = 20

/**
 * @throws InvalidArgumentError when the slots do not add up to the points' dimension.
 * @example
 * const targets = candidates.data.map((x) => Math.sin(3 * x))
 * const surrogate = fitDeepKernel(candidates, targets, await loadTensorFlow('wasm'), backend, random, { steps: 40 })
 * surrogate.transform.inverse(surrogate.posterior(points([[0.5]])).mean[0]!) // ≈ 1.0
 */
export function fitDeepKernel(
  points: Points,
  targets: Float64Array,
  tensorFlow: TensorFlow,
  backend: Backend,
  random: Random,
  options: DeepKernelOptions = {},
): DeepKernel {
  const { slots = [points.dimension], hidden = 16, latent = 3, steps = 120, rate = 0.01 } = options
  if (slots.reduce((a, b) => a + b, 0) !== points.dimension) {
    throw new InvalidArgumentError(
      `slots are ${slots.join(' + ')} wide; expected ${points.dimension} coordinates in all`,
    )
  }
  const n = points.count
  const transform = standardize(targets)
  const standardized = targets.map(transform.forward)
  const priors = cubePriors(latent * slots.length)
  const widths = slots.map((width) => [width, hidden, latent])
  const parts = splitSlots(points, slots)
  const inputs = parts.map((part) => tensorFlow.tensor2d(Float32Array.from(part.data), [n, part.dimension]))
  const networks = widths.map((width) => trainable(createNetwork(width, random), tensorFlow))
  const optimizer = tensorFlow.train.adam(rate)

  const featuresOf = (trained: readonly Network[], at: Points): Points =>
    joinSlots(splitSlots(at, slots).map((part, s) => applyNetwork(trained[s]!, part, backend)))
  const penaltyOf = (trained: readonly Network[]) =>
    trained.reduce((total, { weights, widths: w }) => {
      return total + weights.reduce((sum, layer, k) => sum + 0.5 * w[k]! * layer.reduce((q, v) => q + v * v, 0), 0)
    }, 0)
  let model: GaussianProcessModel = startingModel(scale(matern52({ lengthScale: 1 })), priors, { noise: 0.1 })
  let best: { networks: Network[]; model: GaussianProcessModel; value: number } | undefined
  const history: number[] = []

  const refit = () => {
    const trained = networks.map((network) => network.read())
    const data = { points: featuresOf(trained, points), targets: standardized }
    const fitted = fitModel(data, { priors, starts: [model], maxIterations: 30 }, backend)
    model = fitted.model
    const value = fitted.logPosterior - penaltyOf(trained)
    history.push(value)
    if (!best || value > best.value) best = { networks: trained, model, value }
  }

  try {
    refit()
    for (let step = 1; step <= steps; step++) {
      const z = featuresOf(
        networks.map((network) => network.read()),
        points,
      )
      const slopes = featureGradient(model, z, standardized, backend)
      tensorFlow.tidy(() => {
        const upstream = slots.map((_, s) => {
          const own = new Float32Array(n * latent)
          for (let i = 0; i < n; i++) {
            for (let d = 0; d < latent; d++) own[i * latent + d] = slopes[i * z.dimension + s * latent + d]!
          }
          return tensorFlow.tensor2d(own, [n, latent])
        })
        const { grads } = tensorFlow.variableGrads(
          () => {
            let loss = tensorFlow.scalar(0)
            for (const [s, network] of networks.entries()) {
              // Linear in the features with the core's gradient as weights: its derivative is the chain rule.
              const likelihood = tensorFlow.sum(tensorFlow.mul(network.forward(inputs[s]!), upstream[s]!))
              loss = tensorFlow.add(tensorFlow.sub(loss, likelihood), weightPenalty(network, widths[s]!, tensorFlow))
            }
            return loss
          },
          networks.flatMap((network) => network.variables),
        )
        optimizer.applyGradients(grads)
      })
      if (step % REFIT_EVERY === 0 || step === steps) refit()
    }
  } finally {
    for (const network of networks) network.dispose()
    tensorFlow.dispose(inputs)
    optimizer.dispose()
  }

  const kept = best!
  const process = gaussianProcess(
    kept.model,
    { points: featuresOf(kept.networks, points), targets: standardized },
    backend,
  )
  return {
    networks: kept.networks,
    process,
    transform,
    history,
    features: (at) => featuresOf(kept.networks, at),
    posterior: (at) => process.posterior(featuresOf(kept.networks, at)),
  }
}

/** ∂ log p(y)/∂z, n×d row-major, by the float64 core. */
export function featureGradient(
  model: GaussianProcessModel,
  z: Points,
  targets: Float64Array,
  backend: Backend,
): Float64Array {
  const n = z.count
  const { factor, weights } = gaussianProcess(model, { points: z, targets }, backend)
  const inverse = backend.scope((workspace) => {
    const out = workspace.matrix(n, n)
    backend.inverseFromFactor(workspace.copy(factor, n, n), out)
    return Array.from({ length: n }, (_, i) => out.data.slice(i * out.stride, i * out.stride + n))
  })
  const gradient = new Float64Array(n * z.dimension)
  const pull = new Float64Array(n)
  for (let i = 0; i < n; i++) {
    // The diagonal is constant for a stationary kernel; 2·½ for the two places an off-diagonal element stands in.
    for (let j = 0; j < n; j++) pull[j] = i === j ? 0 : weights[i]! * weights[j]! - inverse[i]![j]!
    model.kernel.atPoint(row(z, i), z).addGradient(pull, gradient.subarray(i * z.dimension, (i + 1) * z.dimension))
  }
  return gradient
}

function splitSlots(points: Points, slots: readonly number[]): Points[] {
  let from = 0
  return slots.map((width) => {
    const data = new Float64Array(points.count * width)
    for (let i = 0; i < points.count; i++) data.set(row(points, i).subarray(from, from + width), i * width)
    from += width
    return { count: points.count, dimension: width, data }
  })
}

function joinSlots(parts: readonly Points[]): Points {
  const { count } = parts[0]!
  const dimension = parts.reduce((total, part) => total + part.dimension, 0)
  const data = new Float64Array(count * dimension)
  for (let i = 0; i < count; i++) {
    let at = i * dimension
    for (const part of parts) {
      data.set(row(part, i), at)
      at += part.dimension
    }
  }
  return { count, dimension, data }
}
