/**
 * Multivariate tree-structured Parzen estimator over categorical parameters, as in Optuna 5 with its defaults.
 *
 * Bergstra et al. (2011), NeurIPS; Falkner et al. (2018), ICML (multivariate); optuna/samplers/_tpe.
 *
 *     γ(n)      how many of n trials count as good: min(⌈n/10⌉, 25)
 *     l, g      densities of good and of the other trials: mixtures of one kernel a trial and one prior kernel
 *     kernel    product over parameters of rows (1/(K+1) everywhere, +1 at the trial's choice), normalized;
 *               K = number of kernels
 *     weights   1 while a group has fewer than 25 trials, else rising from 1/m to 1 over its oldest m − 25, then 1
 *
 * @module
 */
import type { Random } from '../../numerics/random/index.ts'

export interface CategoricalTrial {
  readonly choices: readonly number[]
  /** To be maximized. */
  readonly value: number
}

const DRAWS = 24

/**
 * The next combination: at random for the first `startup` trials, then the best of 24 draws from l by l/g.
 *
 * @param trials Oldest first.
 * @param sizes Number of values of each parameter.
 */
export function suggestCategorical(
  trials: readonly CategoricalTrial[],
  sizes: readonly number[],
  random: Random,
  startup = 10,
): number[] {
  if (trials.length < startup) return sizes.map((size) => random.integer(size))
  const good = Math.min(Math.ceil(0.1 * trials.length), 25)
  const ranked = trials.map((trial, age) => ({ trial, age })).sort((a, b) => b.trial.value - a.trial.value)
  const group = (from: number, to: number) =>
    ranked
      .slice(from, to)
      .sort((a, b) => a.age - b.age)
      .map(({ trial }) => trial.choices)
  const below = mixture(group(0, good), sizes)
  const above = mixture(group(good, trials.length), sizes)
  let best: number[] = []
  let bestScore = Number.NEGATIVE_INFINITY
  for (let draw = 0; draw < DRAWS; draw++) {
    const choices = below.sample(random)
    const value = below.logDensity(choices) - above.logDensity(choices)
    if (value > bestScore) {
      bestScore = value
      best = choices
    }
  }
  return best
}

/** Weights of a group's trials, oldest first (Optuna's `default_weights`). */
export function trialWeights(count: number): number[] {
  if (count < 25) return new Array<number>(count).fill(1)
  const ramp = count - 25
  return Array.from({ length: count }, (_, index) => {
    if (index >= ramp) return 1
    return ramp === 1 ? 1 / count : 1 / count + (index * (1 - 1 / count)) / (ramp - 1)
  })
}

function mixture(kernels: readonly (readonly number[])[], sizes: readonly number[]) {
  const count = kernels.length + 1
  // The prior kernel stands last, with weight 1.
  const weights = [...trialWeights(kernels.length), 1]
  const total = weights.reduce((sum, weight) => sum + weight, 0)
  const rest = 1 / count
  const probability = (kernel: number, axis: number, choice: number) => {
    const chosen = kernels[kernel]?.[axis]
    const size = sizes[axis]!
    if (chosen === undefined) return 1 / size
    return (rest + (chosen === choice ? 1 : 0)) / (rest * size + 1)
  }
  return {
    sample(random: Random): number[] {
      const kernel = random.categorical(weights)
      return sizes.map((size, axis) =>
        random.categorical(Array.from({ length: size }, (_, choice) => probability(kernel, axis, choice))),
      )
    },
    logDensity(choices: readonly number[]): number {
      let density = 0
      for (let kernel = 0; kernel < count; kernel++) {
        let product = weights[kernel]! / total
        for (let axis = 0; axis < choices.length; axis++) product *= probability(kernel, axis, choices[axis]!)
        density += product
      }
      return Math.log(density)
    },
  }
}
