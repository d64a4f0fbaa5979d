/**
 * A small fully connected network with ReLU between layers, trained by Adam: enough for the surrogates of these methods.
 *
 *     a_0 = x, z_l = W_l a_{l−1} + b_l, a_l = max(0, z_l), output z_L
 *
 * @module
 */
import type { Random } from '../../numerics/random/index.ts'
import { createAdam } from './adam.ts'

export interface Perceptron {
  /** n × outputs for n × inputs, row-major; keeps what {@link backward} needs. */
  forward(inputs: Float64Array, rows: number): Float64Array
  /**
   * Takes dLoss/doutput of the last forward pass, makes one Adam step, and returns dLoss/dinput.
   *
   * @param inputGradient Whether that is wanted. @defaultValue true
   */
  backward(outputGradient: Float64Array, inputGradient?: boolean): Float64Array
}

/**
 * @param sizes Inputs, hidden layers, outputs.
 * @param learningRate Of Adam.
 * @param decay Decoupled weight decay (AdamW) a step, times the learning rate.
 * @example
 * const network = createPerceptron([2, 16, 1], 0.01, createRandom(1))
 * network.forward(Float64Array.of(0, 1, 1, 0), 2).length // 2: an output per row
 */
export function createPerceptron(
  sizes: readonly number[],
  learningRate: number,
  random: Random,
  decay = 0,
): Perceptron {
  const layers = sizes.slice(1).map((outputs, index) => {
    const inputs = sizes[index]!
    // Uniform in ±1/√inputs for weights and biases: PyTorch's default.
    const bound = 1 / Math.sqrt(inputs)
    const draw = () => (2 * random.uniform() - 1) * bound
    const weights = Float64Array.from({ length: inputs * outputs }, draw)
    const biases = Float64Array.from({ length: outputs }, draw)
    return {
      inputs,
      outputs,
      weights,
      biases,
      weightStep: createAdam(weights, learningRate, decay),
      biasStep: createAdam(biases, learningRate),
      input: new Float64Array() as Float64Array,
      weightGradient: new Float64Array(weights.length),
      biasGradient: new Float64Array(biases.length),
    }
  })
  let count = 0

  return {
    forward(inputs, rows) {
      count = rows
      let current = inputs
      layers.forEach((layer, depth) => {
        layer.input = current
        const next = new Float64Array(rows * layer.outputs)
        const last = depth === layers.length - 1
        const { inputs: width, outputs, weights, biases } = layer
        const input = current
        for (let row = 0; row < rows; row++) {
          const start = row * width
          for (let out = 0; out < outputs; out++) {
            let sum = biases[out]!
            const weight = out * width
            for (let k = 0; k < width; k++) sum += weights[weight + k]! * input[start + k]!
            next[row * outputs + out] = last || sum > 0 ? sum : 0
          }
        }
        current = next
      })
      return current
    },
    backward(outputGradient, inputGradient = true) {
      let gradient = outputGradient
      for (let depth = layers.length - 1; depth >= 0; depth--) {
        const layer = layers[depth]!
        const { inputs, outputs, input, weights, weightGradient, biasGradient } = layer
        weightGradient.fill(0)
        biasGradient.fill(0)
        const passOn = depth > 0 || inputGradient
        const below = new Float64Array(passOn ? count * inputs : 0)
        for (let row = 0; row < count; row++) {
          for (let out = 0; out < outputs; out++) {
            const g = gradient[row * outputs + out]!
            if (g === 0) continue
            biasGradient[out]! += g
            const weight = out * inputs
            const start = row * inputs
            for (let k = 0; k < inputs; k++) weightGradient[weight + k]! += g * input[start + k]!
            if (passOn) for (let k = 0; k < inputs; k++) below[start + k]! += g * weights[weight + k]!
          }
        }
        // The input of a layer above the first went through ReLU: where it is 0, nothing flows back.
        if (depth > 0) for (let index = 0; index < below.length; index++) if (input[index] === 0) below[index] = 0
        layer.weightStep(weightGradient)
        layer.biasStep(biasGradient)
        gradient = below
      }
      return gradient
    },
  }
}
