/**
 * Adam with decoupled weight decay (Kingma & Ba 2015; Loshchilov & Hutter 2019), β = (0.9, 0.999).
 *
 * @param parameters Changed in place.
 * @returns A step that takes dLoss/dparameters.
 * @example
 * const parameters = Float64Array.of(1)
 * createAdam(parameters, 0.01)([2])
 * parameters // ≈ [0.99]
 */
export function createAdam(
  parameters: Float64Array,
  learningRate: number,
  decay = 0,
): (gradient: ArrayLike<number>) => void {
  const first = new Float64Array(parameters.length)
  const second = new Float64Array(parameters.length)
  let time = 0
  return (gradient) => {
    time++
    const firstScale = 1 / (1 - 0.9 ** time)
    const secondScale = 1 / (1 - 0.999 ** time)
    for (let index = 0; index < parameters.length; index++) {
      const g = gradient[index]!
      first[index] = 0.9 * first[index]! + 0.1 * g
      second[index] = 0.999 * second[index]! + 0.001 * g * g
      const step = (first[index]! * firstScale) / (Math.sqrt(second[index]! * secondScale) + 1e-8)
      parameters[index] = parameters[index]! * (1 - learningRate * decay) - learningRate * step
    }
  }
}
