/**
 * Unpacks Joe and Kuo's direction numbers and extends them by Sobol's recurrence.
 *
 * Source: S. Joe and F. Y. Kuo, "Constructing Sobol sequences with better two-dimensional projections", SIAM Journal on
 * Scientific Computing 30 (2008); P. Bratley and B. L. Fox, "Algorithm 659", ACM TOMS 14 (1988).
 *
 * @module
 */
import { JOE_KUO_PACKED } from './joe-kuo-table.ts'

export const SOBOL_BITS = 32
const POLYNOMIAL_BITS = 14

/**
 * Direction numbers v[d·32 + k], k = 0 … 31, as 32-bit fractions, of the first `dimensions` dimensions.
 *
 * Packed layout, for each dimension from the second on: 14 bits of the primitive polynomial with its leading and constant
 * coefficient, then m₁ … m_degree without their lowest bit (always 1), mᵢ in i − 1 bits.
 */
export function sobolDirections(dimensions: number): Uint32Array<ArrayBuffer> {
  const directions = new Uint32Array(dimensions * SOBOL_BITS)
  for (let k = 0; k < SOBOL_BITS; k++) directions[k] = 2 ** (31 - k)
  const read = bitReader(JOE_KUO_PACKED)
  for (let dimension = 1; dimension < dimensions; dimension++) {
    const polynomial = read(POLYNOMIAL_BITS)
    const degree = 31 - Math.clz32(polynomial)
    const v = directions.subarray(dimension * SOBOL_BITS, (dimension + 1) * SOBOL_BITS)
    for (let k = 0; k < degree; k++) v[k] = (read(k) * 2 + 1) << (31 - k)
    for (let k = degree; k < SOBOL_BITS; k++) {
      let next = v[k - degree]! ^ (v[k - degree]! >>> degree)
      for (let j = 1; j < degree; j++) if ((polynomial >>> (degree - j)) & 1) next ^= v[k - j]!
      v[k] = next
    }
  }
  return directions
}

function bitReader(base64: string): (count: number) => number {
  const bytes = atob(base64)
  let position = 0
  return (count) => {
    let value = 0
    for (let taken = 0; taken < count; taken++, position++) {
      value = value * 2 + ((bytes.charCodeAt(position >> 3) >> (7 - (position & 7))) & 1)
    }
    return value
  }
}
