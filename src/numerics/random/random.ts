/**
 * The one source of randomness: seeded, splittable, serializable streams.
 *
 * A stream has an immutable *key*, from which {@link Random.split} derives the keys of its children. It also has the
 * state of an engine (xoroshiro128+, from pure-rand), which draws advance. A child therefore depends on the seed and
 * the labels on the way to it, never on how much was drawn before. A replay may skip draws and still reach the same
 * streams.
 *
 * @module
 */
import { xoroshiro128plusFromState } from 'pure-rand/generator/xoroshiro128plus'
import { InvalidArgumentError } from '../../errors.ts'
import { normalQuantile } from '../special/normal-quantile.ts'
import { deriveKey, keyFromSeed, type StreamKey } from './stream-key.ts'

/** Everything about a stream, as JSON. */
export interface RandomState {
  readonly key: StreamKey
  readonly engine: readonly number[]
}

/** A stream of random numbers. Draws change it; {@link Random.split} and {@link Random.state} do not. */
export interface Random {
  /** Uniform in (0, 1), with 52 random bits; never 0 or 1. */
  uniform(): number
  /** Uniform integer in [0, bound), without bias, for 1 ≤ bound ≤ 2⁵². */
  integer(bound: number): number
  /** Standard normal: one uniform through the inverse distribution function, so antithetic and ordered uses work. */
  normal(): number
  /** Exponential with mean 1. */
  exponential(): number
  /** Gamma with density ∝ x^(shape−1) exp(−x/scale); shape and scale positive, scale 1 by default. */
  gamma(shape: number, scale?: number): number
  /** Beta(a, b), a and b positive. */
  beta(a: number, b: number): number
  /** Index i with probability weightsᵢ/Σ weights; weights non-negative with a positive, finite sum. */
  categorical(weights: ArrayLike<number>): number
  /** The integers 0 … n−1 in random order. */
  permutation(n: number): Int32Array<ArrayBuffer>
  /** An independent stream that depends on this stream's seed and the label only, not on draws made. */
  split(label: string | number): Random
  /** The stream as it stands; {@link restoreRandom} continues it. */
  state(): RandomState
}

/**
 * A stream from a seed: any finite number or any string.
 *
 * @throws InvalidArgumentError when the seed is NaN or infinite.
 * @example
 * const random = createRandom(7)
 * random.uniform() // ≈ 0.20989304: the same on every machine
 * random.split('candidates').normal() // from another, independent stream
 */
export function createRandom(seed: number | string): Random {
  if (typeof seed === 'number' && !Number.isFinite(seed)) {
    throw new InvalidArgumentError(`seed is ${seed}; expected a finite number or a string`)
  }
  const key = keyFromSeed(seed)
  return streamOf(key, key)
}

/**
 * Continues a stream where {@link Random.state} was taken.
 *
 * @throws InvalidArgumentError when the state does not have the shape of one.
 * @example
 * const copy = restoreRandom(JSON.parse(JSON.stringify(random.state())))
 * copy.uniform() === random.uniform() // true
 */
export function restoreRandom(state: RandomState): Random {
  const words = [...state.key, ...state.engine]
  if (state.key.length !== 4 || state.engine.length !== 4 || !words.every((word) => word === (word | 0))) {
    throw new InvalidArgumentError(
      `random state has words ${words.join(', ')}; expected 4 + 4 signed 32-bit integers as state() returns them`,
    )
  }
  return streamOf(state.key, state.engine)
}

function streamOf(key: StreamKey, engineState: readonly number[]): Random {
  const engine = xoroshiro128plusFromState(engineState)

  // The engine's lowest bits are its weakest: they are dropped. The half keeps 0 out and the sum below 1.
  const bits52 = () => (engine.next() >>> 6) * 0x4000000 + (engine.next() >>> 6)
  const uniform = () => (bits52() + 0.5) * 2 ** -52

  const integer = (bound: number) => {
    if (!(Number.isInteger(bound) && bound >= 1 && bound <= 2 ** 52)) {
      throw new InvalidArgumentError(`bound is ${bound}; expected an integer from 1 to 2^52`)
    }
    // The ragged end of the range is rejected; what is left is cut into `bound` equal blocks by the high bits.
    const range = bound > 2 ** 32 ? 2 ** 52 : 2 ** 32
    const block = Math.floor(range / bound)
    for (;;) {
      const value = Math.floor((bound > 2 ** 32 ? bits52() : engine.next() >>> 0) / block)
      if (value < bound) return value
    }
  }

  const normal = () => normalQuantile(uniform())

  // G. Marsaglia and W. W. Tsang, "A simple method for generating gamma variables", ACM TOMS 26 (2000).
  const gamma = (shape: number, scale = 1): number => {
    if (!(shape > 0 && scale > 0)) {
      throw new InvalidArgumentError(`gamma(${shape}, ${scale}); expected a positive shape and scale`)
    }
    if (shape < 1) return gamma(shape + 1, scale) * uniform() ** (1 / shape)
    const d = shape - 1 / 3
    const c = 1 / Math.sqrt(9 * d)
    for (;;) {
      const z = normal()
      const root = 1 + c * z
      if (root <= 0) continue
      const v = root * root * root
      if (Math.log(uniform()) < 0.5 * z * z + d * (1 - v + Math.log(v))) return d * v * scale
    }
  }

  return {
    uniform,
    integer,
    normal,
    gamma,
    exponential: () => -Math.log(uniform()),
    beta(a, b) {
      const first = gamma(a)
      const second = gamma(b)
      // Both may underflow for tiny parameters, where the distribution is two points.
      return first + second > 0 ? first / (first + second) : uniform() * (a + b) < a ? 1 : 0
    },
    categorical(weights) {
      let total = 0
      for (let index = 0; index < weights.length; index++) {
        const weight = weights[index]!
        if (!(weight >= 0)) throw new InvalidArgumentError(`weights[${index}] is ${weight}; expected a number >= 0`)
        total += weight
      }
      if (!(total > 0 && total < Number.POSITIVE_INFINITY)) {
        throw new InvalidArgumentError(`weights sum to ${total}; expected a positive finite sum`)
      }
      let rest = uniform() * total
      let last = 0
      for (let index = 0; index < weights.length; index++) {
        const weight = weights[index]!
        if (weight === 0) continue
        last = index
        rest -= weight
        if (rest < 0) return index
      }
      return last
    },
    permutation(n) {
      const order = Int32Array.from({ length: n }, (_, index) => index)
      for (let index = n - 1; index > 0; index--) {
        const other = integer(index + 1)
        const held = order[index]!
        order[index] = order[other]!
        order[other] = held
      }
      return order
    },
    split(label) {
      const child = deriveKey(key, label)
      return streamOf(child, child)
    },
    state: () => ({ key, engine: [...engine.getState()] }),
  }
}
