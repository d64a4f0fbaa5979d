/**
 * Finds where in a space an acquisition is largest. Raw candidates lie everywhere and around good points. L-BFGS-B then
 * moves the continuous coordinates, interleaved with moves of the discrete ones. A space of few points is scored whole.
 *
 * @module
 */
import { minimizeLbfgsb } from '../numerics/optimize/lbfgsb.ts'
import type { Random } from '../numerics/random/index.ts'
import { createSobol } from '../numerics/random/index.ts'
import type { SpaceEncoding } from '../space/encoding.ts'
import { type Points, points } from '../surrogate/points.ts'
import type { DifferentiableAcquisition } from './acquisition.ts'

export interface SearchOptions {
  /** Draws and scrambles come from here. */
  readonly random: Random
  /** Good points, best first, around which to look closely. */
  readonly incumbents?: readonly Float64Array[]
  /** Points that must not be proposed: observed and pending. */
  readonly excluded?: (x: Float64Array) => boolean
  /** Look only in this box (continuous coordinates; the others keep their center's value or a neighboring one). */
  readonly box?: SearchBox
  /** Raw candidates over the whole space. Default 256. */
  readonly globalCandidates?: number
  /** Raw candidates around the incumbents. Default 96. */
  readonly localCandidates?: number
  /** Candidates refined. Default 2: 4 cost a third of an ask and found nothing better on the test functions. */
  readonly starts?: number
  /** Gradient iterations for each. Default 30. */
  readonly maxIterations?: number
}

/** A box around a point, inside the unit cube. */
export interface SearchBox {
  readonly center: Float64Array
  /** Half the side, by coordinate. */
  readonly radius: Float64Array
}

export interface SearchResult {
  readonly x: Float64Array
  readonly value: number
}

/** Curvature pairs: few coordinates and few iterations need few, and the subproblem costs their square. */
const MEMORY = 4

/** Spaces of no more points than this are scored whole. */
const FEW_POINTS = 2048

/** Candidates kept as they are, for a caller who must fall back on one. */
const KEPT_UNREFINED = 8

/**
 * @returns the best admissible points found, best first, all snapped to the space and different from one another; empty
 *   when every point tried is excluded.
 * @example
 * const encoding = encodeSpace(defineSpace({ x: { float: [0, 1] } }))
 * const acquisition = acquisitionOver(surrogate, logExpectedImprovement(0.7))
 * optimizeAcquisition(encoding, acquisition, { random })[0]?.x // ≈ [0.50]
 */
export function optimizeAcquisition(
  encoding: SpaceEncoding,
  acquisition: DifferentiableAcquisition,
  options: SearchOptions,
): SearchResult[] {
  const { random, incumbents = [], excluded = () => false } = options
  const { globalCandidates = 256, localCandidates = 96, starts = 2, maxIterations = 30 } = options
  const { dimension } = encoding
  const whole = encoding.enumerate(FEW_POINTS)
  const raw = whole
    ? points(whole)
    : rawCandidates(encoding, random, incumbents, globalCandidates, localCandidates, options.box)
  const values = acquisition.values(raw)
  const at = (index: number) => raw.data.subarray(index * dimension, (index + 1) * dimension)

  const order = Array.from({ length: raw.count }, (_, i) => i)
    .filter((i) => !Number.isNaN(values[i]!))
    .sort((i, j) => values[j]! - values[i]!)
  const found: SearchResult[] = []
  for (const i of order) {
    if (found.length >= KEPT_UNREFINED) break
    const x = at(i).slice()
    if (!excluded(x)) found.push({ x, value: values[i]! })
  }
  if (whole) return found
  const chosen = distinctStarts(order, at, encoding, starts)
  for (const index of chosen) {
    const refined = refine(
      encoding,
      acquisition,
      at(index).slice(),
      values[index]!,
      maxIterations,
      excluded,
      options.box,
    )
    if (refined) found.push(refined)
  }
  found.sort((a, b) => b.value - a.value)
  return found.filter((result, i) => !found.slice(0, i).some((earlier) => same(earlier.x, result.x)))
}

function rawCandidates(
  encoding: SpaceEncoding,
  random: Random,
  incumbents: readonly Float64Array[],
  globalCandidates: number,
  localCandidates: number,
  box: SearchBox | undefined,
): Points {
  const { dimension, coordinates } = encoding
  const around = incumbents.length > 0 ? localCandidates : 0
  const data = new Float64Array((globalCandidates + around) * dimension)
  const sobol = createSobol({ dimensions: dimension, seed: random.integer(2 ** 31) })
  const u = new Float64Array(dimension)
  for (let i = 0; i < globalCandidates; i++) {
    const x = encoding.fromUniform(sobol.next(u))
    if (box) {
      const moved = random.integer(dimension)
      for (let d = 0; d < dimension; d++) {
        const [low, high] = sides(box, d)
        if (coordinates[d]!.kind === 'continuous') x[d] = low + (high - low) * x[d]!
        else if (d !== moved) x[d] = box.center[d]!
      }
    }
    data.set(encoding.snap(x), i * dimension)
  }
  for (let i = 0; i < around; i++) {
    const x = incumbents[i % incumbents.length]!.slice()
    // Radii from a tenth of the cube down to a hundred-thousandth: how close to look is not known in advance.
    const radius = 10 ** (-1 - 4 * random.uniform())
    const every = random.uniform() < 0.5
    const one = random.integer(dimension)
    for (let d = 0; d < dimension; d++) {
      if (!(every || d === one)) continue
      const { kind, levels } = coordinates[d]!
      if (kind === 'continuous') {
        const [low, high] = sides(box, d)
        x[d] = Math.min(Math.max(reflect(x[d]! + radius * random.normal()), low), high)
      }
      if (kind !== 'continuous' && d === one) x[d] = encoding.level(d, neighbor(encoding, d, x[d]!, levels, random))
    }
    data.set(encoding.snap(x), (globalCandidates + i) * dimension)
  }
  return { count: globalCandidates + around, dimension, data }
}

function sides(box: SearchBox | undefined, d: number): [number, number] {
  if (!box) return [0, 1]
  return [Math.max(box.center[d]! - box.radius[d]!, 0), Math.min(box.center[d]! + box.radius[d]!, 1)]
}

function neighbor(encoding: SpaceEncoding, d: number, value: number, levels: number, random: Random): number {
  if (encoding.coordinates[d]!.kind === 'categorical' || random.uniform() < 0.25) return random.integer(levels)
  const reach = Math.max(1, Math.round(Math.abs(random.normal()) * 0.05 * levels))
  const moved = encoding.levelOf(d, value) + (random.uniform() < 0.5 ? -reach : reach)
  return Math.min(Math.max(moved, 0), levels - 1)
}

function reflect(value: number): number {
  const folded = Math.abs(value) % 2
  return folded > 1 ? 2 - folded : folded
}

/** The best candidates that are not all in one place: the second of two close ones would climb the same hill. */
function distinctStarts(
  order: readonly number[],
  at: (index: number) => Float64Array,
  encoding: SpaceEncoding,
  count: number,
): number[] {
  const chosen: number[] = []
  const tooClose = 0.01 * encoding.dimension
  for (const index of order) {
    if (chosen.length >= count) break
    const near = chosen.some((other) => {
      let s = 0
      for (let d = 0; d < encoding.dimension; d++) s += (at(index)[d]! - at(other)[d]!) ** 2
      return s < tooClose * tooClose
    })
    if (!near) chosen.push(index)
  }
  return chosen
}

function refine(
  encoding: SpaceEncoding,
  acquisition: DifferentiableAcquisition,
  start: Float64Array,
  startValue: number,
  maxIterations: number,
  excluded: (x: Float64Array) => boolean,
  box: SearchBox | undefined,
): SearchResult | undefined {
  const { dimension, coordinates } = encoding
  const discrete = coordinates.flatMap(({ kind, levels }, d) => (kind !== 'continuous' && levels > 1 ? [d] : []))
  let x = start
  let value = startValue
  for (let round = 0; round < (discrete.length > 0 ? 3 : 1); round++) {
    const active = encoding.active(x)
    const free = coordinates.flatMap(({ kind }, d) => (kind === 'continuous' && active[d] ? [d] : []))
    const before = value
    if (free.length > 0) {
      const full = x.slice()
      const gradient = new Float64Array(dimension)
      const end = minimizeLbfgsb(
        (moved, out) => {
          for (let k = 0; k < free.length; k++) full[free[k]!] = moved[k]!
          const result = acquisition.valueAndGradient(full, gradient)
          for (let k = 0; k < free.length; k++) out[k] = -gradient[free[k]!]!
          return -result
        },
        free.map((d) => x[d]!),
        {
          lower: free.map((d) => sides(box, d)[0]),
          upper: free.map((d) => sides(box, d)[1]),
          maxIterations,
          memory: MEMORY,
          valueTolerance: 1e-6,
        },
      )
      const moved = x.slice()
      for (const [k, d] of free.entries()) moved[d] = end.x[k]!
      const snapped = encoding.snap(moved)
      if (-end.value > value && !excluded(snapped)) {
        x = snapped
        value = -end.value
      }
    }
    for (const d of discrete) {
      if (!active[d]) continue
      const moves = discreteMoves(encoding, d, x)
      if (moves.count === 0) continue
      const values = acquisition.values(moves)
      for (let i = 0; i < moves.count; i++) {
        const candidate = moves.data.subarray(i * dimension, (i + 1) * dimension)
        if (values[i]! > value && !excluded(candidate)) {
          x = candidate.slice()
          value = values[i]!
        }
      }
    }
    if (!(value > before + 1e-9 * Math.abs(before))) break
  }
  return excluded(x) ? undefined : { x, value }
}

/** All other choices of a category, or the neighboring levels of a number. */
function discreteMoves(encoding: SpaceEncoding, d: number, x: Float64Array): Points {
  const { kind, levels } = encoding.coordinates[d]!
  const here = encoding.levelOf(d, x[d]!)
  const targets = new Set<number>()
  if (kind === 'categorical' || levels <= 12) for (let i = 0; i < levels; i++) targets.add(i)
  else for (const step of [1, 2, 4, 8]) targets.add(here - step).add(here + step)
  targets.delete(here)
  const rows = [...targets]
    .filter((level) => level >= 0 && level < levels)
    .map((level) => {
      const moved = x.slice()
      moved[d] = encoding.level(d, level)
      return encoding.snap(moved)
    })
  const data = new Float64Array(rows.length * encoding.dimension)
  for (const [i, moved] of rows.entries()) data.set(moved, i * encoding.dimension)
  return { count: rows.length, dimension: encoding.dimension, data }
}

function same(a: Float64Array, b: Float64Array): boolean {
  for (let d = 0; d < a.length; d++) if (a[d] !== b[d]) return false
  return true
}
