/**
 * An ensemble of networks that predict scores, each trained on its own bootstrap sample. Their spread, calibrated on
 * the examples each did not see, is the uncertainty.
 *
 * B. Lakshminarayanan, A. Pritzel, C. Blundell, "Simple and scalable predictive uncertainty estimation using deep
 * ensembles" (2017); bootstrap and out-of-bag calibration after L. Breiman (1996).
 *
 * @module
 */
import { InvalidArgumentError } from '../../errors.ts'
import type { Backend } from '../../numerics/linalg/backend.ts'
import type { Random } from '../../numerics/random/index.ts'
import { standardize, type TargetTransform } from '../gaussian-process/standardize.ts'
import { checkPoints, type Points, row } from '../points.ts'
import { gaussianPosterior } from '../posterior.ts'
import type { Surrogate } from '../surrogate.ts'
import { applyNetwork, createNetwork, type Network, trainable, weightPenalty } from './network.ts'
import type { TensorFlow } from './tensor.ts'

export interface ScoreEnsembleOptions {
  /** Default 10. */
  readonly members?: number
  /** Hidden units. Default 24. */
  readonly hidden?: number
  /** Gradient steps. Default 150. */
  readonly steps?: number
  /** Adam's rate. Default 0.02. */
  readonly rate?: number
}

export interface ScoreEnsemble extends Surrogate {
  readonly networks: readonly Network[]
  /** Predictions are on its scale: standardized targets. */
  readonly transform: TargetTransform
  /** What the members' variance is multiplied by. */
  readonly calibration: number
  /** Variance of one observation around the function, as fitted out of bag. */
  readonly observationNoise: number
}

/** Weight of the prior on the weights against one squared residual of standardized targets. */
const PRIOR_WEIGHT = 0.05
/** Added to every variance: an ensemble may agree exactly, and still not know. */
const FLOOR = 1e-6

/**
 * @throws InvalidArgumentError with fewer than 4 observations.
 * @example
 * const [targets, tensorFlow] = [candidates.data.map((x) => Math.sin(3 * x)), await loadTensorFlow('wasm')]
 * const surrogate = fitScoreEnsemble(candidates, targets, tensorFlow, backend, random, { members: 4 })
 * const mean = surrogate.transform.inverse(surrogate.posterior(points([[0.5]])).mean[0]!)
 * Math.abs(mean - Math.sin(1.5)) < 0.3 // true
 */
export function fitScoreEnsemble(
  points: Points,
  targets: Float64Array,
  tensorFlow: TensorFlow,
  backend: Backend,
  random: Random,
  options: ScoreEnsembleOptions = {},
): ScoreEnsemble {
  const { members = 10, hidden = 24, steps = 150, rate = 0.02 } = options
  const { count: n, dimension } = points
  if (n < 4) throw new InvalidArgumentError(`there are ${n} observations; expected at least 4`)
  const transform = standardize(targets)
  const y = targets.map(transform.forward)
  const widths = [dimension, hidden, 1]
  const networks: Network[] = []
  const left: Uint8Array[] = []
  for (let member = 0; member < members; member++) {
    const stream = random.split(member)
    const drawn = Array.from({ length: n }, () => stream.integer(n))
    const out = new Uint8Array(n).fill(1)
    for (const index of drawn) out[index] = 0
    left.push(out)
    networks.push(train(drawn, createNetwork(widths, stream)))
  }

  function train(drawn: readonly number[], start: Network): Network {
    const rows = new Float32Array(n * dimension)
    for (const [i, index] of drawn.entries()) rows.set(row(points, index), i * dimension)
    const input = tensorFlow.tensor2d(rows, [n, dimension])
    const wanted = tensorFlow.tensor2d(
      Float32Array.from(drawn, (index) => y[index]!),
      [n, 1],
    )
    const network = trainable(start, tensorFlow)
    const optimizer = tensorFlow.train.adam(rate)
    try {
      for (let step = 0; step < steps; step++) {
        tensorFlow.tidy(() => {
          const { grads } = tensorFlow.variableGrads(() => {
            const error = tensorFlow.sum(tensorFlow.square(tensorFlow.sub(network.forward(input), wanted)))
            const penalty = weightPenalty(network, widths, tensorFlow)
            return tensorFlow.add(error, tensorFlow.mul(penalty, tensorFlow.scalar(PRIOR_WEIGHT)))
          }, network.variables)
          optimizer.applyGradients(grads)
        })
      }
      return network.read()
    } finally {
      network.dispose()
      tensorFlow.dispose([input, wanted])
      optimizer.dispose()
    }
  }

  const predictions = (at: Points) => networks.map((network) => applyNetwork(network, at, backend).data)
  const { calibration, observationNoise } = calibrate(predictions(points), left, y)

  return {
    networks,
    transform,
    calibration,
    observationNoise,
    posterior(at) {
      checkPoints(at, points.dimension)
      const m = at.count
      const each = predictions(at)
      const mean = new Float64Array(m)
      for (const values of each) for (let i = 0; i < m; i++) mean[i]! += values[i]! / members
      const spread = (i: number, j: number) => {
        let total = 0
        for (const values of each) total += ((values[i]! - mean[i]!) * (values[j]! - mean[j]!)) / members
        return calibration * total + (i === j ? FLOOR : 0)
      }
      return gaussianPosterior(
        mean,
        Float64Array.from({ length: m }, (_, i) => spread(i, i)),
        () => {
          const covariance = new Float64Array(m * m)
          for (let i = 0; i < m; i++) for (let j = 0; j < m; j++) covariance[i * m + j] = spread(i, j)
          return covariance
        },
        backend,
      )
    },
  }
}

/** The pair of factors under which out-of-bag residuals are most likely, on a grid. */
function calibrate(
  each: readonly Float64Array[],
  left: readonly Uint8Array[],
  y: Float64Array,
): { calibration: number; observationNoise: number } {
  const residuals: number[] = []
  const spreads: number[] = []
  for (const [i, target] of y.entries()) {
    const unseen = each.filter((_, member) => left[member]![i] === 1).map((values) => values[i]!)
    if (unseen.length < 2) continue
    const mean = unseen.reduce((a, b) => a + b, 0) / unseen.length
    spreads.push(unseen.reduce((total, value) => total + (value - mean) ** 2, 0) / unseen.length)
    residuals.push(target - mean)
  }
  let best = { calibration: 1, observationNoise: 0.1, value: Number.NEGATIVE_INFINITY }
  for (let a = -4; a <= 8; a++) {
    for (let b = -12; b <= 2; b++) {
      const [calibration, observationNoise] = [2 ** a, 2 ** b]
      let value = 0
      for (const [k, residual] of residuals.entries()) {
        const variance = calibration * spreads[k]! + observationNoise
        value -= 0.5 * (Math.log(variance) + (residual * residual) / variance)
      }
      if (value > best.value) best = { calibration, observationNoise, value }
    }
  }
  return best
}
