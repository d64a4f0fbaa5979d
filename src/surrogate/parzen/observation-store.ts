/**
 * The observations of a Parzen estimator, with each one's width in every numeric dimension.
 *
 * Notation: a slot is where an observation is kept, for as long as it is kept; `byKey` lists slots in order of key,
 * `byValue[i]` in order of coordinate i (ties by key). Component j is the j-th by key; component n is the prior.
 *
 * @module
 */
import { InvalidArgumentError } from '../../errors.ts'
import type { CellMasses } from './cell-masses.ts'
import { logKernelScale } from './kernel-scale.ts'
import type { NumericDimension, ParzenDimension } from './parzen-dimension.ts'

export interface ObservationStore {
  readonly size: number
  add(key: number, point: ArrayLike<number>, weight: number): void
  remove(key: number): void
  /** Brings widths up to date after additions and removals. */
  refresh(): void
  /**
   * Copies n + 1 components of some dimensions, row-major: means, inverse widths, and in `peaks` the sum of their log
   * scales. Multiplies the n `weights` by those of the observations.
   */
  pack(
    dimensions: readonly number[],
    weights: Float64Array,
    means: Float64Array,
    inverses: Float64Array,
    peaks: Float64Array,
  ): void
  /** Copies the codes of the n observations in a stepped or categorical dimension. */
  packCodes(dimension: number, out: Int32Array): void
  /** Observations where they are kept, not in the order of their keys. Valid until the next change. */
  slots(): Slots
  /** Scatters the n `weights` to the slots, times those of the observations; free slots get 0. */
  scatterWeights(weights: Float64Array, out: Float64Array): void
  /** The coordinate of an observation, or the middle of the range for the prior. */
  mean(component: number, dimension: number): number
  inverseWidth(component: number, dimension: number): number
  /** Log of the factor before exp(−z²/2); numeric dimensions only. */
  logScale(component: number, dimension: number): number
}

/** Rows of k numbers, one per slot. */
export interface Slots {
  /** Slots in use are below it; some below it may be free. */
  readonly end: number
  readonly means: Float64Array
  readonly inverses: Float64Array
  readonly logScales: Float64Array
  readonly codes: Int32Array
}

const SMALLEST_WIDTH = 1e-12

/** @param masses of the stepped dimensions, by dimension. */
export function createObservationStore(
  dimensions: readonly ParzenDimension[],
  masses: readonly (CellMasses | undefined)[],
  options: { readonly magicClip: boolean; readonly endpoints: boolean },
): ObservationStore {
  const k = dimensions.length
  let capacity = 32
  let keys = new Float64Array(capacity)
  let weights = new Float64Array(capacity)
  let means = new Float64Array(capacity * k)
  let widths = new Float64Array(capacity * k)
  let inverses = new Float64Array(capacity * k)
  let logScales = new Float64Array(capacity * k)
  /** The choice of a categorical dimension; mean and width of a stepped one. */
  let codes = new Int32Array(capacity * k)
  const free: number[] = []
  let used = 0
  const byKey: number[] = []
  const byValue: number[][] = dimensions.map(() => [])
  const slotOf = new Map<number, number>()
  const numeric = dimensions.flatMap(({ kind }, i) => (kind === 'numeric' ? [i] : []))
  let allStale = false

  const grow = () => {
    capacity *= 2
    const larger = (from: Float64Array<ArrayBuffer>, columns: number) => {
      const to = new Float64Array(capacity * columns)
      to.set(from)
      return to
    }
    keys = larger(keys, 1)
    weights = larger(weights, 1)
    means = larger(means, k)
    widths = larger(widths, k)
    inverses = larger(inverses, k)
    logScales = larger(logScales, k)
    const before = codes
    codes = new Int32Array(capacity * k)
    codes.set(before)
  }

  /** Where a slot stands, or would stand, in the order of dimension i; of keys when i is −1. */
  const place = (order: readonly number[], slot: number, i: number) => {
    const value = i < 0 ? keys[slot]! : means[slot * k + i]!
    let low = 0
    let high = order.length
    while (low < high) {
      const middle = (low + high) >> 1
      const other = order[middle]!
      const otherValue = i < 0 ? keys[other]! : means[other * k + i]!
      if (otherValue < value || (otherValue === value && keys[other]! < keys[slot]!)) low = middle + 1
      else high = middle
    }
    return low
  }

  /** Brings the widths of the ranks from … to in dimension i up to date. */
  const refreshWidths = (i: number, from: number, to: number) => {
    const { low, high } = dimensions[i] as NumericDimension
    const order = byValue[i]!
    const n = order.length
    const range = high - low
    const smallest = options.magicClip ? range / Math.min(100, n + 2) : SMALLEST_WIDTH
    const openEnds = !options.endpoints && n >= 2
    const first = Math.max(from, 0)
    const last = Math.min(to, n - 1)
    let before = first > 0 ? means[order[first - 1]! * k + i]! : low
    let here = first <= last ? means[order[first]! * k + i]! : low
    for (let rank = first; rank <= last; rank++) {
      const at = order[rank]! * k + i
      const after = rank < n - 1 ? means[order[rank + 1]! * k + i]! : high
      let width = Math.max(here - before, after - here)
      // Without endpoints, the outermost observations look inwards only, as long as there is another one.
      if (openEnds && rank === 0) width = after - here
      else if (openEnds && rank === n - 1) width = here - before
      width = Math.min(Math.max(width, smallest), range)
      if (widths[at] !== width) {
        widths[at] = width
        inverses[at] = 1 / width
        logScales[at] = logKernelScale(here, width, low, high)
        const cells = masses[i]
        if (cells) codes[at] = cells.codeOf(here, width)
      }
      before = here
      here = after
    }
  }

  /** Whether a change of size by one, to n, leaves the widths of all but the neighbors alone. */
  const isLocal = (n: number) => !allStale && n >= 4 && (!options.magicClip || n >= 100)

  const priorWidth = (i: number) => {
    const dimension = dimensions[i]!
    return dimension.kind === 'numeric' ? dimension.high - dimension.low : Number.NaN
  }
  const priorMean = (i: number) => {
    const dimension = dimensions[i]!
    return dimension.kind === 'numeric' ? 0.5 * (dimension.low + dimension.high) : Number.NaN
  }
  const priorScales = dimensions.map((dimension, i) =>
    dimension.kind === 'numeric' ? logKernelScale(priorMean(i), priorWidth(i), dimension.low, dimension.high) : 0,
  )

  return {
    get size() {
      return byKey.length
    },
    add(key, point, weight) {
      if (slotOf.has(key)) throw new InvalidArgumentError(`key ${key} is already in the estimator`)
      if (!(weight >= 0 && weight < Number.POSITIVE_INFINITY)) {
        throw new InvalidArgumentError(`weight is ${weight}; expected a finite number >= 0`)
      }
      if (point.length !== k) {
        throw new InvalidArgumentError(`point has ${point.length} coordinates; expected ${k}`)
      }
      for (let i = 0; i < k; i++) {
        if (!Number.isFinite(point[i])) {
          throw new InvalidArgumentError(`point[${i}] is ${point[i]}; expected a finite number`)
        }
      }
      if (free.length === 0 && used === capacity) grow()
      const slot = free.pop() ?? used++
      slotOf.set(key, slot)
      keys[slot] = key
      weights[slot] = weight
      for (let i = 0; i < k; i++) {
        means[slot * k + i] = point[i]!
        widths[slot * k + i] = -1
        if (dimensions[i]!.kind === 'categorical') codes[slot * k + i] = point[i]!
      }
      byKey.splice(place(byKey, slot, -1), 0, slot)
      if (!isLocal(byKey.length)) allStale = true
      for (const i of numeric) {
        const rank = place(byValue[i]!, slot, i)
        byValue[i]!.splice(rank, 0, slot)
        if (!allStale) refreshWidths(i, rank - 1, rank + 1)
      }
    },
    remove(key) {
      const slot = slotOf.get(key)
      if (slot === undefined) throw new InvalidArgumentError(`key ${key} is not in the estimator`)
      byKey.splice(place(byKey, slot, -1), 1)
      if (!isLocal(byKey.length)) allStale = true
      for (const i of numeric) {
        const rank = place(byValue[i]!, slot, i)
        byValue[i]!.splice(rank, 1)
        if (!allStale) refreshWidths(i, rank - 1, rank)
      }
      slotOf.delete(key)
      free.push(slot)
    },
    refresh() {
      if (allStale) for (const i of numeric) refreshWidths(i, 0, byKey.length - 1)
      allStale = false
    },
    pack(chosen, outWeights, outMeans, outInverses, outPeaks) {
      const width = chosen.length
      const n = byKey.length
      for (let j = 0; j < n; j++) {
        const slot = byKey[j]!
        outWeights[j]! *= weights[slot]!
        let peak = 0
        for (let s = 0; s < width; s++) {
          const from = slot * k + chosen[s]!
          outMeans[j * width + s] = means[from]!
          outInverses[j * width + s] = inverses[from]!
          peak += logScales[from]!
        }
        outPeaks[j] = peak
      }
      let peak = 0
      for (let s = 0; s < width; s++) {
        outMeans[n * width + s] = priorMean(chosen[s]!)
        outInverses[n * width + s] = 1 / priorWidth(chosen[s]!)
        peak += priorScales[chosen[s]!]!
      }
      outPeaks[n] = peak
    },
    packCodes(i, out) {
      for (let j = 0; j < byKey.length; j++) out[j] = codes[byKey[j]! * k + i]!
    },
    slots: () => ({ end: used, means, inverses, logScales, codes }),
    scatterWeights(from, out) {
      for (const slot of free) out[slot] = 0
      for (let j = 0; j < byKey.length; j++) out[byKey[j]!] = from[j]! * weights[byKey[j]!]!
    },
    mean: (component, i) => (component < byKey.length ? means[byKey[component]! * k + i]! : priorMean(i)),
    inverseWidth: (component, i) =>
      component < byKey.length ? inverses[byKey[component]! * k + i]! : 1 / priorWidth(i),
    logScale: (component, i) => (component < byKey.length ? logScales[byKey[component]! * k + i]! : priorScales[i]!),
  }
}
