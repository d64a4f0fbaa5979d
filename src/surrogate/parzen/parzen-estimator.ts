/**
 * A density over mixed parameters: a mixture with one product of truncated normals and categorical rows per observation,
 * and a broad prior component.
 *
 * Source: J. Bergstra, R. Bardenet, Y. Bengio and B. Kégl, "Algorithms for hyper-parameter optimization", NIPS 2011; S.
 * Falkner, A. Klein and F. Hutter, "BOHB", ICML 2018 for the multivariate form; S. Watanabe, "Tree-structured Parzen
 * estimator", arXiv:2304.11127 for the choices. With its default options it is the estimator of Optuna 5.0. Among equal
 * coordinates the widths go by key, where Optuna leaves it to NumPy's sort.
 *
 * Notation: n observations, k dimensions; component j ≤ n has weight wⱼ, and in dimension i a mean μⱼᵢ, a width σⱼᵢ and
 * Zⱼᵢ, the log of the mass that its normal has inside the range. Component n is the prior. Arrays are row-major
 * (n + 1)×k, components in the order of their keys.
 *
 * Incremental: adding or removing an observation touches its neighbors' widths only, and Z is recomputed only where a
 * width changed. Results are bit for bit those of a fresh estimator with the same observations.
 *
 * @module
 */
import { InvalidArgumentError } from '../../errors.ts'
import type { Random } from '../../numerics/random/index.ts'
import { truncatedNormalQuantile } from '../../numerics/special/index.ts'
import { type AgeWeights, rampWeights } from './age-weights.ts'
import { type CellMasses, createCellMasses } from './cell-masses.ts'
import { choiceRow, drawChoice, logChoices } from './choice-row.ts'
import { BLOCK, type Lookup, logSum, NEGLIGIBLE, nearComponents, squaredDistances } from './near-components.ts'
import { createObservationStore } from './observation-store.ts'
import { type CategoricalDimension, gridValue, type ParzenDimension } from './parzen-dimension.ts'
import { createQuickDensities, type QuickDensities } from './quick-densities.ts'

export interface ParzenOptions {
  /** Weight of the prior component, where an observation of full weight and recent age has 1. @defaultValue 1 */
  readonly priorWeight?: number
  /** Keeps widths above range/min(100, n + 2). @defaultValue true */
  readonly magicClip?: boolean
  /** Whether the range's ends count as neighbors of the outermost observations. @defaultValue false */
  readonly endpoints?: boolean
  /** @defaultValue rampWeights */
  readonly ageWeights?: AgeWeights
}

/** The mixture, for inspection: copies, components in order of key, the prior last. */
export interface ParzenComponents {
  readonly weights: Float64Array
  /** n + 1 means and widths by numeric dimension; empty for categorical ones. */
  readonly means: readonly Float64Array[]
  readonly widths: readonly Float64Array[]
  /** (n + 1)×choices probabilities by categorical dimension, row-major; empty for numeric ones. */
  readonly rows: readonly Float64Array[]
}

export interface ParzenEstimator {
  /** Number of observations. */
  readonly size: number
  /**
   * Adds an observation: a coordinate per dimension.
   *
   * @param key orders observations by age; at most one observation per key.
   * @param weight multiplies its age weight: an observation of 10 examples need not count like one of 1,000.
   */
  add(key: number, point: ArrayLike<number>, weight?: number): void
  remove(key: number): void
  /** Log-densities of `count` points, row-major, into `out`. */
  logDensities(points: Float64Array, count: number, out: Float64Array): void
  /** The same to six digits, in a fraction of the time. */
  readonly quick: QuickDensities
  /** `count` draws, row-major, on the parameters' grids. */
  sample(random: Random, count: number, out: Float64Array): void
  components(): ParzenComponents
}

/**
 * @example
 * const estimator = createParzenEstimator([parzenDimension({ kind: 'float', low: 0, high: 1, log: false })!])
 * estimator.add(0, [0.3])
 * const logDensities = new Float64Array(2)
 * estimator.logDensities(Float64Array.of(0.3, 0.9), 2, logDensities)
 * logDensities[0]! > logDensities[1]! // true
 */
export function createParzenEstimator(
  dimensions: readonly ParzenDimension[],
  options: ParzenOptions = {},
): ParzenEstimator {
  const { priorWeight = 1, magicClip = true, endpoints = false, ageWeights = rampWeights } = options
  if (!(priorWeight >= 0)) {
    throw new InvalidArgumentError(`priorWeight is ${priorWeight}; expected a number >= 0`)
  }
  const k = dimensions.length
  const smooth: number[] = []
  const stepped: number[] = []
  const categorical: number[] = []
  const masses: (CellMasses | undefined)[] = dimensions.map(() => undefined)
  for (const [i, dimension] of dimensions.entries()) {
    if (dimension.kind === 'categorical') categorical.push(i)
    else if (dimension.step === 0) smooth.push(i)
    else {
      stepped.push(i)
      masses[i] = createCellMasses(dimension)
    }
  }
  /** Codes of the components by stepped or categorical dimension. */
  const codes: Int32Array[] = dimensions.map(() => new Int32Array(0))
  const choiceTables = categorical.map((i) => new Float64Array((dimensions[i] as CategoricalDimension).choices))
  const store = createObservationStore(dimensions, masses, { magicClip, endpoints })
  const quick = createQuickDensities(dimensions, store, masses, { priorWeight, ageWeights })
  let stale = true
  let components = 0
  let weights = new Float64Array(0)
  // Component-major copies of the smooth dimensions, so that the inner loop runs over contiguous memory.
  let means = new Float64Array(0)
  let inverses = new Float64Array(0)
  /** Log of weight × density of a component at its own mean, over the smooth dimensions. */
  let peaks = new Float64Array(0)
  // Components still in the running at a point, and their log-densities.
  let survivors = new Int32Array(0)
  let exponents = new Float64Array(0)
  /** Smooth coordinates of a block of points, and their squared distances from all observations. */
  const x = new Float64Array(BLOCK * smooth.length)
  let squares = new Float64Array(0)

  // Most weights are equal: the logarithm of the last one is kept.
  let lastWeight = 1
  let lastLogWeight = 0
  const logWeightOf = (weight: number): number => {
    if (weight !== lastWeight) {
      lastWeight = weight
      lastLogWeight = Math.log(weight)
    }
    return lastLogWeight
  }

  const refresh = () => {
    if (!stale) return
    stale = false
    store.refresh()
    const n = store.size
    components = n + 1
    if (weights.length < components) {
      const capacity = Math.max(32, 2 * components)
      weights = new Float64Array(capacity)
      peaks = new Float64Array(capacity)
      exponents = new Float64Array(capacity)
      survivors = new Int32Array(capacity)
      squares = new Float64Array(BLOCK * capacity)
      means = new Float64Array(capacity * smooth.length)
      inverses = new Float64Array(capacity * smooth.length)
    }
    ageWeights(n, weights)
    weights[n] = n === 0 ? 1 : priorWeight
    store.pack(smooth, weights, means, inverses, peaks)
    let total = 0
    for (let j = 0; j < components; j++) total += weights[j]!
    for (let j = 0; j < components; j++) {
      weights[j]! /= total
      peaks[j]! += logWeightOf(weights[j]!)
    }
    for (const i of [...stepped, ...categorical]) {
      if (codes[i]!.length < components) codes[i] = new Int32Array(2 * components)
      store.packCodes(i, codes[i]!)
    }
    for (const i of stepped) codes[i]![n] = masses[i]!.codeOf(store.mean(n, i), 1 / store.inverseWidth(n, i))
  }

  /** Log of weight × density of the prior component at a point. */
  const priorLogDensity = (points: Float64Array, at: number): number => {
    const last = components - 1
    let sum = peaks[last]!
    // A prior without weight is not there, wherever the point is.
    if (sum === Number.NEGATIVE_INFINITY) return sum
    for (let s = 0; s < smooth.length; s++) {
      const z = (points[at + smooth[s]!]! - means[last * smooth.length + s]!) * inverses[last * smooth.length + s]!
      sum -= 0.5 * z * z
    }
    for (const i of stepped) sum += masses[i]!.mass(points[at + i]!)(codes[i]![last]!)
    for (const i of categorical) sum -= Math.log((dimensions[i] as CategoricalDimension).choices)
    return sum
  }

  /** @param member Which point of the block it is. */
  const logDensity = (points: Float64Array, at: number, member: number): number => {
    const prior = priorLogDensity(points, at)
    const floor = prior - NEGLIGIBLE
    const lookups: Lookup[] = categorical.map((i, c) => {
      const table = choiceTables[c]!
      logChoices(choiceRow(table.length, priorWeight, components), points[at + i]!, table)
      return { codes: codes[i]!, table }
    })
    /** Of grids finer than the observations: hardly a mass is needed twice. */
    const fine = stepped.filter((i) => masses[i]!.levels >= components)
    for (const i of stepped) {
      if (masses[i]!.levels < components) lookups.push({ codes: codes[i]!, table: masses[i]!.table(points[at + i]!) })
    }
    // What computed dimensions take away from a component is not known yet: then only the prior's sum is complete.
    const rises = fine.length === 0
    let count = nearComponents(squares, member, peaks, store.size, lookups, floor, rises, survivors, exponents)
    // A probability is at most 1, so a component below the floor stays there.
    for (const i of fine) {
      const mass = masses[i]!.mass(points[at + i]!)
      let kept = 0
      for (let c = 0; c < count; c++) {
        const exponent = exponents[c]! + mass(codes[i]![survivors[c]!]!)
        if (!(exponent >= floor)) continue
        survivors[kept] = survivors[c]!
        exponents[kept++] = exponent
      }
      count = kept
    }
    return logSum(prior, exponents, count)
  }

  return {
    get size() {
      return store.size
    },
    add(key, point, weight = 1) {
      store.add(key, point, weight)
      stale = true
      quick.invalidate()
    },
    remove(key) {
      store.remove(key)
      stale = true
      quick.invalidate()
    },
    logDensities(points, count, out) {
      refresh()
      for (let first = 0; first < count; first += BLOCK) {
        const members = Math.min(BLOCK, count - first)
        for (let s = 0; s < smooth.length; s++) {
          for (let member = 0; member < BLOCK; member++) {
            x[s * BLOCK + member] = points[(first + Math.min(member, members - 1)) * k + smooth[s]!]!
          }
        }
        squaredDistances(x, means, inverses, store.size, squares)
        for (let member = 0; member < members; member++) {
          out[first + member] = logDensity(points, (first + member) * k, member)
        }
      }
    },
    quick,
    sample(random, count, out) {
      refresh()
      const mixture = weights.subarray(0, components)
      for (let row = 0; row < count; row++) {
        const j = random.categorical(mixture)
        for (let i = 0; i < k; i++) {
          const dimension = dimensions[i]!
          if (dimension.kind === 'categorical') {
            const { choices } = dimension
            const u = random.uniform()
            out[row * k + i] =
              j === store.size
                ? Math.floor(u * choices)
                : drawChoice(u, store.mean(j, i), choiceRow(choices, priorWeight, components), choices)
            continue
          }
          const mean = store.mean(j, i)
          const inverse = store.inverseWidth(j, i)
          const z = truncatedNormalQuantile(
            random.uniform(),
            (dimension.low - mean) * inverse,
            (dimension.high - mean) * inverse,
          )
          const x = Math.min(Math.max(mean + z / inverse, dimension.low), dimension.high)
          if (dimension.step === 0) out[row * k + i] = x
          else out[row * k + i] = dimension.log ? Math.log(gridValue(dimension, x)) : gridValue(dimension, x)
        }
      }
    },
    components() {
      refresh()
      const indices = Array.from({ length: components }, (_, j) => j)
      const numeric = (read: (j: number, i: number) => number) =>
        dimensions.map(({ kind }, i) => Float64Array.from(kind === 'numeric' ? indices : [], (j) => read(j, i)))
      return {
        weights: weights.slice(0, components),
        means: numeric((j, i) => store.mean(j, i)),
        widths: numeric((j, i) => 1 / store.inverseWidth(j, i)),
        rows: dimensions.map((dimension, i) => {
          if (dimension.kind === 'numeric') return new Float64Array(0)
          const { own, other, any } = choiceRow(dimension.choices, priorWeight, components)
          return Float64Array.from({ length: components * dimension.choices }, (_, cell) => {
            const j = Math.floor(cell / dimension.choices)
            if (j === store.size) return any
            return store.mean(j, i) === cell % dimension.choices ? own : other
          })
        }),
      }
    },
  }
}
