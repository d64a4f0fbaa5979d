import { InvalidArgumentError } from '../../errors.ts'
import type { Backend } from '../../numerics/linalg/backend.ts'
import type { Random } from '../../numerics/random/index.ts'
import { multiply } from '../kernels/multiply.ts'
import type { Points } from '../points.ts'
import type { Tensor, TensorFlow, Variable } from './tensor.ts'

/** A fully connected network: tanh between layers, none after the last. Weights are in×out, row-major. */
export interface Network {
  readonly widths: readonly number[]
  readonly weights: readonly Float64Array[]
  readonly biases: readonly Float64Array[]
}

/**
 * Random weights of variance 1/in (Glorot & Bengio 2010, for tanh), zero biases.
 *
 * @param widths - from input to output.
 * @example
 * createNetwork([384, 32, 8], random).weights.map(({ length }) => length) // [12288, 256]
 */
export function createNetwork(widths: readonly number[], random: Random): Network {
  if (widths.length < 2 || widths.some((width) => !(Number.isInteger(width) && width >= 1))) {
    throw new InvalidArgumentError(`widths are ${widths.join(', ')}; expected two or more positive whole numbers`)
  }
  const layers = widths.slice(1)
  return {
    widths,
    weights: layers.map((out, k) => {
      const scale = 1 / Math.sqrt(widths[k]!)
      return Float64Array.from({ length: widths[k]! * out }, () => scale * random.normal())
    }),
    biases: layers.map((out) => new Float64Array(out)),
  }
}

/**
 * Outputs in float64. What is trained in float32 is used in the precision of everything else. A prediction then does
 * not depend on the batch it was made in.
 * @example
 * applyNetwork(createNetwork([2, 8, 3], random), points([[0, 1]]), backend).dimension // 3
 */
export function applyNetwork(network: Network, input: Points, backend: Backend): Points {
  let { data } = input
  for (const [k, weights] of network.weights.entries()) {
    const [width, out] = [network.widths[k]!, network.widths[k + 1]!]
    const bias = network.biases[k]!
    data = multiply(backend, data, weights, input.count, width, out)
    const last = k === network.weights.length - 1
    for (let i = 0, at = 0; i < input.count; i++) {
      for (let j = 0; j < out; j++, at++) data[at] = last ? data[at]! + bias[j]! : Math.tanh(data[at]! + bias[j]!)
    }
  }
  return { count: input.count, dimension: network.widths.at(-1)!, data }
}

/** A network being trained: its weights as variables, in the order weights, bias, weights, bias, … */
export interface TrainableNetwork {
  readonly variables: Variable[]
  forward(input: Tensor): Tensor
  /** The network as it stands. */
  read(): Network
  dispose(): void
}

export function trainable(network: Network, tensorFlow: TensorFlow): TrainableNetwork {
  const variables = network.weights.flatMap((weights, k) => {
    const [width, out] = [network.widths[k]!, network.widths[k + 1]!]
    return [
      tensorFlow.variable(tensorFlow.tensor2d(Float32Array.from(weights), [width, out])),
      tensorFlow.variable(tensorFlow.tensor2d(Float32Array.from(network.biases[k]!), [1, out])),
    ]
  })
  return {
    variables,
    forward(input) {
      let value = input
      for (let k = 0; k < network.weights.length; k++) {
        value = tensorFlow.add(tensorFlow.matMul(value, variables[2 * k]!), variables[2 * k + 1]!)
        if (k < network.weights.length - 1) value = tensorFlow.tanh(value)
      }
      return value
    },
    read: () => ({
      widths: network.widths,
      weights: network.weights.map((_, k) => Float64Array.from(variables[2 * k]!.dataSync())),
      biases: network.weights.map((_, k) => Float64Array.from(variables[2 * k + 1]!.dataSync())),
    }),
    dispose: () => tensorFlow.dispose(variables),
  }
}

/** ½ Σ w²·in / spread²: the negative log prior under which the weights were drawn. */
export function weightPenalty(network: TrainableNetwork, widths: readonly number[], tensorFlow: TensorFlow): Tensor {
  let total = tensorFlow.scalar(0)
  for (let k = 0; k + 1 < widths.length; k++) {
    const squares = tensorFlow.sum(tensorFlow.square(network.variables[2 * k]!))
    total = tensorFlow.add(total, tensorFlow.mul(squares, tensorFlow.scalar(0.5 * widths[k]!)))
  }
  return total
}
