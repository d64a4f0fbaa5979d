/**
 * Log-densities of a Parzen estimator to six digits, in a fraction of the time: enough to tell which of many draws can
 * be the best.
 *
 * Components add up where they are kept, by a tabulated exponential. A sum only grows, so it can end once it is enough.
 *
 * @module
 */
import type { AgeWeights } from './age-weights.ts'
import type { CellMasses } from './cell-masses.ts'
import { choiceRow, logChoices } from './choice-row.ts'
import { BLOCK } from './near-components.ts'
import type { ObservationStore, Slots } from './observation-store.ts'
import type { ParzenDimension } from './parzen-dimension.ts'

/** What a quick log-density may be off by. The exponential's 1e-8 is most of it. */
export const QUICK_ERROR = 1e-6

/** Fewer observations are not worth it. */
const FEWEST = 48
/** Components after which a sum may end; how many an estimate looks at. */
const CHUNK = 256
/** A component this far below the sum so far is left out: a million of them change it by less than 1e-7. */
const FAR = 30
/** Sums below it have lost digits. */
const SMALLEST_SUM = 1e-240

/** Both write `out` and return true, except for few observations, no prior, or a grid finer than the observations. */
export interface QuickDensities {
  /**
   * Log-densities within 1e-6.
   *
   * @param enough where a sum may end: what is written is then a lower bound.
   */
  logDensities(points: Float64Array, count: number, out: Float64Array, enough: Float64Array): boolean
  /** What some 256 observations say of them. */
  estimates(points: Float64Array, count: number, out: Float64Array): boolean
}

/** Log-probabilities of the codes of one dimension at the points of a block. */
interface BlockTables {
  readonly dimension: number
  readonly tables: Float64Array[]
}

export function createQuickDensities(
  dimensions: readonly ParzenDimension[],
  store: ObservationStore,
  masses: readonly (CellMasses | undefined)[],
  { priorWeight, ageWeights }: { readonly priorWeight: number; readonly ageWeights: AgeWeights },
): QuickDensities & { invalidate(): void } {
  const k = dimensions.length
  const smooth = dimensions.flatMap((one, i) => (one.kind === 'numeric' && one.step === 0 ? [i] : []))
  const lookups: BlockTables[] = dimensions.flatMap((one, dimension) => {
    if (one.kind === 'numeric' && one.step === 0) return []
    const size = one.kind === 'categorical' ? one.choices : 0
    return [{ dimension, tables: Array.from({ length: BLOCK }, () => new Float64Array(size)) }]
  })
  const x = new Float64Array(BLOCK * smooth.length)
  const priors = new Float64Array(BLOCK)
  const sums = new Float64Array(BLOCK)
  const ends = new Float64Array(BLOCK)
  let stale = true
  let ages = new Float64Array(0)
  /** Weight of each slot; 0 where it is free. */
  let shares = new Float64Array(0)
  /** Log of each slot's density at its own mean over the smooth dimensions, less the largest of them. */
  let peaks = new Float64Array(0)
  let largest = 0
  let logTotal = 0

  const refresh = (slots: Slots) => {
    if (!stale) return
    stale = false
    const { end, logScales } = slots
    if (shares.length < end) {
      ages = new Float64Array(2 * end)
      shares = new Float64Array(2 * end)
      peaks = new Float64Array(2 * end)
    }
    ageWeights(store.size, ages)
    store.scatterWeights(ages, shares)
    let total = priorWeight
    largest = Number.NEGATIVE_INFINITY
    for (let slot = 0; slot < end; slot++) {
      total += shares[slot]!
      let peak = 0
      for (let s = 0; s < smooth.length; s++) peak += logScales[slot * k + smooth[s]!]!
      peaks[slot] = peak
      if (peak > largest) largest = peak
    }
    for (let slot = 0; slot < end; slot++) peaks[slot]! -= largest
    logTotal = Math.log(total)
  }

  /** Log-density of the prior at a point, and the tables of the dimensions with codes. */
  const prepare = (points: Float64Array, at: number, member: number): number => {
    const n = store.size
    let prior = 0
    for (const [s, i] of smooth.entries()) {
      const coordinate = points[at + i]!
      x[s * BLOCK + member] = coordinate
      const z = (coordinate - store.mean(n, i)) * store.inverseWidth(n, i)
      prior += store.logScale(n, i) - 0.5 * z * z
    }
    for (const { dimension, tables } of lookups) {
      const coordinate = points[at + dimension]!
      const one = dimensions[dimension]!
      if (one.kind === 'categorical') {
        const row = choiceRow(one.choices, priorWeight, n + 1)
        logChoices(row, coordinate, tables[member]!)
        prior += Math.log(row.any)
      } else {
        const cells = masses[dimension]!
        const code = cells.codeOf(store.mean(n, dimension), 1 / store.inverseWidth(n, dimension))
        tables[member] = cells.table(coordinate)
        prior += tables[member]![code]!
      }
    }
    return prior
  }

  /** @param enough log-densities at which sums may end; for an estimate, undefined. */
  const sum = (points: Float64Array, count: number, out: Float64Array, enough?: Float64Array): boolean => {
    const n = store.size
    if (n < FEWEST || !(priorWeight > 0) || masses.some((cells) => cells && cells.levels > n)) return false
    store.refresh()
    const slots = store.slots()
    refresh(slots)
    const { end } = slots
    const stride = Math.ceil(end / CHUNK)
    const add = (first: number, last: number, step: number) =>
      addComponents(slots, first, last, step, k, smooth, x, lookups, shares, peaks, sums)
    for (let first = 0; first < count; first += BLOCK) {
      const members = Math.min(BLOCK, count - first)
      for (let member = 0; member < BLOCK; member++) {
        const row = first + Math.min(member, members - 1)
        priors[member] = priorWeight * Math.exp(prepare(points, row * k, member) - largest)
        if (enough) ends[member] = Math.exp(enough[row]! - largest + logTotal)
      }
      sums.set(priors)
      if (enough) {
        // The newest first: they weigh most.
        for (let last = end; last > 0; last -= CHUNK) {
          add(Math.max(0, last - CHUNK), last, 1)
          if (sums.every((sum, member) => sum >= ends[member]!)) break
        }
      } else {
        add(0, end, stride)
      }
      for (let member = 0; member < members; member++) {
        const prior = priors[member]!
        const sum = enough ? sums[member]! : prior + stride * (sums[member]! - prior)
        if (!(sum > SMALLEST_SUM)) return false
        out[first + member] = Math.log(sum) + largest - logTotal
      }
    }
    return true
  }

  return {
    invalidate() {
      stale = true
    },
    logDensities: sum,
    estimates: (points, count, out) => sum(points, count, out),
  }
}

/** Adds the weighted densities of slots, `stride` apart, to the `sums` of a block: the loop that everything waits for. */
function addComponents(
  { means, inverses, codes }: Slots,
  first: number,
  end: number,
  stride: number,
  k: number,
  smooth: readonly number[],
  x: Float64Array,
  lookups: readonly BlockTables[],
  shares: Float64Array,
  peaks: Float64Array,
  sums: Float64Array,
): void {
  let sumA = sums[0]!
  let sumB = sums[1]!
  let sumC = sums[2]!
  let sumD = sums[3]!
  const far = FAR - Math.log(Math.min(sumA, sumB, sumC, sumD))
  for (let slot = first; slot < end; slot += stride) {
    const share = shares[slot]!
    const row = slot * k
    let a = -peaks[slot]!
    let b = a
    let c = a
    let d = a
    for (let s = 0; s < smooth.length; s++) {
      const at = row + smooth[s]!
      const mean = means[at]!
      const inverse = inverses[at]!
      const za = (x[s * BLOCK]! - mean) * inverse
      const zb = (x[s * BLOCK + 1]! - mean) * inverse
      const zc = (x[s * BLOCK + 2]! - mean) * inverse
      const zd = (x[s * BLOCK + 3]! - mean) * inverse
      a += 0.5 * za * za
      b += 0.5 * zb * zb
      c += 0.5 * zc * zc
      d += 0.5 * zd * zd
    }
    if (Math.min(a, b, c, d) > far) continue
    for (let l = 0; l < lookups.length; l++) {
      const { dimension, tables } = lookups[l]!
      const code = codes[row + dimension]!
      a -= tables[0]![code]!
      b -= tables[1]![code]!
      c -= tables[2]![code]!
      d -= tables[3]![code]!
    }
    if (Math.min(a, b, c, d) > far) continue
    sumA += share * exponential(a)
    sumB += share * exponential(b)
    sumC += share * exponential(c)
    sumD += share * exponential(d)
  }
  sums[0] = sumA
  sums[1] = sumB
  sums[2] = sumC
  sums[3] = sumD
}

const STEPS = 256
const MOST = 600
const WHOLES = Float64Array.from({ length: MOST + 1 }, (_, i) => Math.exp(-i))
const PARTS = Float64Array.from({ length: STEPS }, (_, i) => Math.exp(-i / STEPS))

/** exp(−t) for t ≥ 0, to a relative error of 1e-8: (1/256)³/6. */
function exponential(t: number): number {
  const scaled = Math.min(STEPS * t, STEPS * MOST)
  const i = scaled | 0
  const r = (scaled - i) / STEPS
  return WHOLES[i >> 8]! * PARTS[i & 255]! * (1 - r * (1 - 0.5 * r))
}
