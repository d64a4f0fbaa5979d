/**
 * Which components of a mixture count at a point, and the sum over them: the loops that a Parzen estimator waits for.
 *
 * @module
 */

/** A dimension of few values: the log-probability of a component is in a table, by its code. */
export interface Lookup {
  readonly codes: Int32Array
  readonly table: Float64Array
}

/**
 * A component whose weighted log-density is this far below another's is left out of the sum. A million of them change
 * it by less than 1e-11, a thousand by less than 1e-14.
 */
export const NEGLIGIBLE = 40

/** Points whose distances are computed together, so that a component is loaded once for all of them. */
export const BLOCK = 4

/**
 * Squared distances, in widths, of a block of points from the first n components: the loop that everything waits for.
 * Leaving a component as soon as it is too far would save half of the products and lose more to mispredicted branches.
 *
 * @param x dimensions×BLOCK coordinates.
 * @param out n×BLOCK, row-major.
 */
export function squaredDistances(
  x: Float64Array,
  means: Float64Array,
  inverses: Float64Array,
  n: number,
  out: Float64Array,
): void {
  let at = 0
  for (let j = 0; j < n; j++) {
    let a = 0
    let b = 0
    let c = 0
    let d = 0
    for (let s = 0; s < x.length; s += BLOCK, at++) {
      const mean = means[at]!
      const inverse = inverses[at]!
      const za = (x[s]! - mean) * inverse
      const zb = (x[s + 1]! - mean) * inverse
      const zc = (x[s + 2]! - mean) * inverse
      const zd = (x[s + 3]! - mean) * inverse
      a += za * za
      b += zb * zb
      c += zc * zc
      d += zd * zd
    }
    const to = j * BLOCK
    out[to] = a
    out[to + 1] = b
    out[to + 2] = c
    out[to + 3] = d
  }
}

/**
 * Lists those of the first n components whose weighted log-density, over the smooth dimensions and those with tables, is
 * above the floor.
 *
 * @param rises Whether every component found raises the floor to `NEGLIGIBLE` below it. The newest come first: they
 * weigh most and are most often near.
 * @returns how many there are; `survivors` and `exponents` hold their indices and weighted log-densities.
 */
export function nearComponents(
  squares: Float64Array,
  member: number,
  peaks: Float64Array,
  n: number,
  lookups: readonly Lookup[],
  floor: number,
  rises: boolean,
  survivors: Int32Array,
  exponents: Float64Array,
): number {
  // The first two by name: the loop is half as long as with a list.
  const [first, second] = lookups
  let count = 0
  let least = floor
  for (let j = n - 1; j >= 0; j--) {
    let exponent = peaks[j]! - 0.5 * squares[j * BLOCK + member]!
    if (!(exponent > least)) continue
    if (first) exponent += first.table[first.codes[j]!]!
    if (second) exponent += second.table[second.codes[j]!]!
    for (let l = 2; l < lookups.length; l++) exponent += lookups[l]!.table[lookups[l]!.codes[j]!]!
    if (exponent > least) {
      survivors[count] = j
      exponents[count] = exponent
      count++
      if (rises && exponent - NEGLIGIBLE > least) least = exponent - NEGLIGIBLE
    }
  }
  return count
}

/** log Σ exp(exponent) over the prior and the survivors. */
export function logSum(prior: number, exponents: Float64Array, count: number): number {
  let largest = prior
  for (let c = 0; c < count; c++) if (exponents[c]! > largest) largest = exponents[c]!
  if (largest === Number.NEGATIVE_INFINITY) return largest
  let sum = Math.exp(prior - largest)
  for (let c = 0; c < count; c++) {
    const below = exponents[c]! - largest
    if (below > -NEGLIGIBLE) sum += Math.exp(below)
  }
  return largest + Math.log(sum)
}
