import { InvalidArgumentError } from '../../errors.ts'
import { normalCdf, normalDensity } from '../../numerics/special/index.ts'

/** Quantiles found before: one takes tens of thousands of normal integrals. */
const found = new Map<string, number>()

/** Nodes of the composite Simpson rule over z ∈ [−8, 8]; the integrand is smooth and vanishes at both ends. */
const INTERVALS = 400

/**
 * P(range of k independent standard normals ≤ q) = k ∫ φ(z) [Φ(z) − Φ(z − q)]^{k−1} dz: the studentized range with
 * infinitely many degrees of freedom.
 *
 * @example
 * normalRangeCdf(3.314, 3) // ≈ 0.950
 */
export function normalRangeCdf(q: number, k: number): number {
  if (q <= 0) return 0
  const step = 16 / INTERVALS
  let sum = 0
  for (let index = 0; index <= INTERVALS; index++) {
    const z = -8 + index * step
    const weight = index === 0 || index === INTERVALS ? 1 : index % 2 === 1 ? 4 : 2
    sum += weight * normalDensity(z) * (normalCdf(z) - normalCdf(z - q)) ** (k - 1)
  }
  return Math.min(1, (k * sum * step) / 3)
}

/**
 * The q with {@link normalRangeCdf}(q, k) = probability, by bisection.
 *
 * @throws InvalidArgumentError for a probability outside (0, 1) or fewer than two groups.
 * @example
 * normalRangeQuantile(0.95, 2) // ≈ 2.772: 1.96·√2
 */
export function normalRangeQuantile(probability: number, k: number): number {
  if (!(probability > 0 && probability < 1)) {
    throw new InvalidArgumentError(`probability is ${probability}; expected a number between 0 and 1`)
  }
  if (!(Number.isInteger(k) && k >= 2)) throw new InvalidArgumentError(`k is ${k}; expected an integer of at least 2`)
  const key = `${probability} ${k}`
  const known = found.get(key)
  if (known !== undefined) return known
  let low = 0
  let high = 20
  for (let step = 0; step < 45; step++) {
    const middle = (low + high) / 2
    if (normalRangeCdf(middle, k) < probability) low = middle
    else high = middle
  }
  found.set(key, (low + high) / 2)
  return (low + high) / 2
}
