import { createSobol, SOBOL_MAX_DIMENSIONS, type SobolSequence } from '../../numerics/random/index.ts'
import type { PoolEntry } from '../../prompt/candidate.ts'
import type { Design } from './design.ts'

/** Points of the sequence that fall on taken points of a coarse space are passed over, this many at most. */
const PASSES = 64

/**
 * The next untaken point of the sequence over a design, from the number of pool entries that came from it.
 *
 * @returns `undefined` when the sequence keeps falling on taken points, or has too few dimensions.
 */
export function createSobolPoints(
  seed: number,
): (design: Design, pool: readonly PoolEntry[]) => Float64Array | undefined {
  let sequence: SobolSequence | undefined
  return (design, pool) => {
    const { encoding } = design
    if (encoding.dimension > SOBOL_MAX_DIMENSIONS) return undefined
    if (sequence?.dimensions !== encoding.dimension) {
      sequence = createSobol({ dimensions: encoding.dimension, seed })
    }
    sequence.seek(pool.length)
    for (let pass = 0; pass < PASSES; pass++) {
      const x = encoding.snap(encoding.fromUniform(sequence.next()))
      if (!design.isTaken(x)) return x
    }
    return undefined
  }
}
