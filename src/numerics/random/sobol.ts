/**
 * Sobol' sequences with Owen's nested uniform scrambling.
 *
 * Source: I. M. Sobol' (1967); I. A. Antonov and V. M. Saleev (1979) for the Gray-code order; A. B. Owen, "Randomly
 * permuted (t,m,s)-nets and (t,s)-sequences" (1995) for the scrambling, whose random bit at a node of the tree of binary
 * prefixes is a hash of (seed, dimension, node).
 *
 * @module
 */
import { InvalidArgumentError } from '../../errors.ts'
import { JOE_KUO_DIMENSIONS } from './joe-kuo-table.ts'
import { createRandom } from './random.ts'
import { SOBOL_BITS, sobolDirections } from './sobol-directions.ts'
import { hashWords } from './stream-key.ts'

/**
 * Coordinates a sequence may have.
 *
 * @example
 * createSobol({ dimensions: SOBOL_MAX_DIMENSIONS }).next().length === SOBOL_MAX_DIMENSIONS // true
 */
export const SOBOL_MAX_DIMENSIONS = JOE_KUO_DIMENSIONS

export interface SobolOptions {
  /** 1 … {@link SOBOL_MAX_DIMENSIONS}. */
  readonly dimensions: number
  /** Scrambles the sequence; without a seed it is the plain one, whose first point is the corner 0. */
  readonly seed?: number | string
}

/** A low-discrepancy sequence in the open unit cube. */
export interface SobolSequence {
  readonly dimensions: number
  /** Index of the next point. */
  readonly index: number
  /** The next point, into `out` when given. */
  next(out?: Float64Array): Float64Array
  /** The next n points, row-major n×dimensions. */
  take(n: number): Float64Array<ArrayBuffer>
  /** Jumps to the point with this index, in constant time. */
  seek(index: number): void
}

/**
 * A Sobol' sequence. Scrambled, it is unbiased and keeps its balance: every power-of-two prefix has one point in each of
 * as many equal slices of every axis. Take powers of two.
 *
 * @throws InvalidArgumentError when there are no direction numbers for so many dimensions, or after 2³² points.
 * @example
 * createSobol({ dimensions: 6, seed: 1 }).take(64).length // 384: 64 points of six coordinates
 */
export function createSobol(options: SobolOptions): SobolSequence {
  const { dimensions, seed } = options
  if (!(Number.isInteger(dimensions) && dimensions >= 1 && dimensions <= SOBOL_MAX_DIMENSIONS)) {
    throw new InvalidArgumentError(`dimensions is ${dimensions}; expected an integer from 1 to ${SOBOL_MAX_DIMENSIONS}`)
  }
  const directions = sobolDirections(dimensions)
  const scrambles = seed === undefined ? undefined : scrambleSeeds(seed, dimensions)
  const current = new Int32Array(dimensions)
  let index = 0

  const write = (out: Float64Array, offset: number) => {
    if (index >= 2 ** SOBOL_BITS) throw new InvalidArgumentError(`point ${index} of a Sobol sequence; expected < 2^32`)
    for (let d = 0; d < dimensions; d++) {
      const x = current[d]!
      out[offset + d] = scrambles
        ? ((owenScramble(x, scrambles[d]!) >>> 0) + 0.5) * 2 ** -SOBOL_BITS
        : (x >>> 0) * 2 ** -SOBOL_BITS
    }
    index++
    // Gray codes of neighbors differ in one bit: the lowest set bit of the new index.
    const bit = index >= 2 ** SOBOL_BITS ? 0 : 31 - Math.clz32(index & -index)
    for (let d = 0; d < dimensions; d++) current[d]! ^= directions[d * SOBOL_BITS + bit]!
  }

  return {
    dimensions,
    get index() {
      return index
    },
    next(out = new Float64Array(dimensions)) {
      write(out, 0)
      return out
    },
    take(n) {
      const out = new Float64Array(n * dimensions)
      for (let row = 0; row < n; row++) write(out, row * dimensions)
      return out
    },
    seek(target) {
      if (!(Number.isInteger(target) && target >= 0 && target < 2 ** SOBOL_BITS)) {
        throw new InvalidArgumentError(`seek to ${target}; expected an integer from 0 to 2^32 - 1`)
      }
      index = target
      current.fill(0)
      const gray = target ^ (target >>> 1)
      for (let d = 0; d < dimensions; d++) {
        for (let bit = 0; bit < SOBOL_BITS; bit++) {
          if ((gray >>> bit) & 1) current[d]! ^= directions[d * SOBOL_BITS + bit]!
        }
      }
    },
  }
}

function scrambleSeeds(seed: number | string, dimensions: number): Int32Array {
  const root = createRandom(seed).split('sobol')
  return Int32Array.from({ length: dimensions }, (_, d) => root.split(d).state().engine[0]!)
}

/** Flips each bit of x by a random bit that depends on all bits above it. */
function owenScramble(x: number, seed: number): number {
  // Node of the prefix tree, numbered as in a heap: a leading 1, then the bits above.
  let node = 1
  let scrambled = 0
  for (let bit = SOBOL_BITS - 1; bit >= 0; bit--) {
    const digit = (x >>> bit) & 1
    scrambled = (scrambled << 1) | (digit ^ (hashWords(seed, node) >>> 31))
    node = (node << 1) | digit
  }
  return scrambled
}
