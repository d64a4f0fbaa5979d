/**
 * Problems with categories, whole numbers, steps and conditions, whose best value is known. Ours, unless a source is
 * named.
 *
 * @module
 */
import { defineSpace, type ParameterValue } from '../../space/parameter.ts'
import type { ObjectiveFunction } from './objective.ts'

type Point = Readonly<Record<string, ParameterValue>>
const number = (point: Point, name: string) => Number(point[name])

/**
 * A category chooses the shape, two numbers and a whole number the place in it. After `Func2C` of B. Ru et al.,
 * "Bayesian optimization over multiple continuous and categorical inputs" (2020): the sum of two functions on one pair
 * of coordinates, chosen by two categories.
 */
export const functionChoice: ObjectiveFunction = {
  name: 'function-choice',
  space: defineSpace({
    first: { categorical: ['rosenbrock', 'camel', 'beale'] },
    second: { categorical: ['rosenbrock', 'camel', 'beale', 'bowl', 'slope'] },
    x: { float: [-1, 1] },
    y: { float: [-1, 1] },
  }),
  // Both camels at (±0.0898, ∓0.7126), where each is at its least and no other pair is lower.
  minimum: -0.2063256906979754,
  source: 'after B. Ru et al. (2020), Func2C',
  noise: 0,
  value(point) {
    const x = number(point, 'x')
    const y = number(point, 'y')
    return shape(String(point['first']), x, y) + shape(String(point['second']), x, y)
  },
}

/** Shapes of about the same range on [−1, 1]². */
function shape(kind: string, x: number, y: number): number {
  switch (kind) {
    case 'rosenbrock':
      return (100 * (y - x * x) ** 2 + (x - 1) ** 2) / 300
    case 'camel':
      return ((4 - 2.1 * x * x + x ** 4 / 3) * x * x + x * y + (-4 + 4 * y * y) * y * y) / 10
    case 'beale':
      return ((1.5 - x + x * y) ** 2 + (2.25 - x + x * y * y) ** 2 + (2.625 - x + x * y ** 3) ** 2) / 50
    case 'bowl':
      return 0.1 + (x - 0.3) ** 2 + (y + 0.5) ** 2
    default:
      return 0.2 + 0.1 * (x + y)
  }
}

/** Mixed steps, logs and a category of eight, of which the best differs from its neighbors in list order. */
export const mixedQuadratic: ObjectiveFunction = {
  name: 'mixed-quadratic',
  space: defineSpace({
    rate: { float: [1e-5, 1], log: true },
    depth: { int: [1, 16] },
    width: { int: [8, 1024], log: true },
    dropout: { float: [0, 0.5], step: 0.05 },
    activation: { categorical: ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h'] },
  }),
  minimum: 0,
  source: 'a separable bowl with one interaction',
  noise: 0,
  value(point) {
    const rate = Math.log10(number(point, 'rate')) + 2.6
    const depth = (number(point, 'depth') - 6) / 5
    const width = Math.log2(number(point, 'width') / 128)
    const dropout = (number(point, 'dropout') - 0.15) / 0.2
    const penalty = { a: 0.9, b: 0.4, c: 1.3, d: 0, e: 1.1, f: 0.3, g: 0.7, h: 1.6 }[String(point['activation'])] ?? 2
    return rate ** 2 + depth ** 2 + 0.15 * width ** 2 + 0.4 * dropout ** 2 + penalty + 0.4 * Math.abs(rate * depth)
  },
}

/** Which parameters exist depends on a category: three learners, each with its own. */
export const conditionalLearner: ObjectiveFunction = {
  name: 'conditional-learner',
  space: defineSpace({
    learner: { categorical: ['kernel', 'trees', 'linear'] },
    penalty: { float: [1e-4, 1e4], log: true, when: { parameter: 'learner', in: ['kernel', 'linear'] } },
    bandwidth: { float: [1e-4, 1e2], log: true, when: { parameter: 'learner', in: ['kernel'] } },
    depth: { int: [1, 20], when: { parameter: 'learner', in: ['trees'] } },
    share: { float: [0.1, 1], when: { parameter: 'learner', in: ['trees'] } },
    scaling: { categorical: ['none', 'unit', 'rank'] },
  }),
  minimum: 0.08,
  source: 'the shape of a model-selection problem: the best learner is narrow, the second best broad',
  noise: 0,
  value(point) {
    const scaling = { none: 0.06, unit: 0, rank: 0.02 }[String(point['scaling'])] ?? 0.1
    const penalty = Math.log10(number(point, 'penalty'))
    switch (point['learner']) {
      case 'kernel': {
        const off =
          0.25 * (penalty - 1.5) ** 2 +
          0.6 * (Math.log10(number(point, 'bandwidth')) + 1.5 + 0.3 * (penalty - 1.5)) ** 2
        return 0.08 + scaling + 0.4 * (1 - Math.exp(-off))
      }
      case 'trees':
        return (
          0.13 + 0.5 * scaling + 0.002 * (number(point, 'depth') - 9) ** 2 + 0.2 * (number(point, 'share') - 0.6) ** 2
        )
      default:
        return 0.22 + scaling + 0.01 * (penalty + 0.5) ** 2
    }
  },
}

/**
 * A table of hyper-parameters: cross-validated error of ridge regression on polynomial features of a fixed synthetic
 * data set, over every setting. Its values are computed here, once, from the data they describe.
 */
export const ridgeTable: ObjectiveFunction = (() => {
  const degrees = [1, 2, 3, 4, 5, 6, 7, 8]
  const penalties = [1e-6, 1e-5, 1e-4, 1e-3, 1e-2, 1e-1, 1, 10]
  const bases = ['power', 'chebyshev', 'fourier']
  const weightings = ['flat', 'central']
  let table: Map<string, number> | undefined
  const key = (...parts: readonly unknown[]) => parts.join('|')
  const build = () => {
    const made = new Map<string, number>()
    for (const basis of bases) {
      for (const degree of degrees) {
        for (const exponent of penalties) {
          for (const weighting of weightings) {
            made.set(key(basis, degree, exponent, weighting), ridgeError(basis, degree, exponent, weighting))
          }
        }
      }
    }
    return made
  }
  const values = () => {
    table ??= build()
    return table
  }
  return {
    name: 'ridge-table',
    space: defineSpace({
      basis: { categorical: bases },
      degree: { int: [1, 8] },
      penalty: { int: [-6, 1] },
      weighting: { categorical: weightings },
    }),
    get minimum() {
      return Math.min(...values().values())
    },
    source: 'ridge regression on a synthetic data set, 384 settings',
    noise: 0,
    value: (point) =>
      values().get(key(point['basis'], point['degree'], penalties[number(point, 'penalty') + 6], point['weighting'])) ??
      Number.NaN,
  }
})()

/** Five-fold cross-validated root mean squared error. */
function ridgeError(basis: string, degree: number, penalty: number, weighting: string): number {
  const n = 60
  const folds = 5
  // A fixed, irregular design and a fixed disturbance: golden-ratio steps instead of a random stream.
  const x = Array.from({ length: n }, (_, i) => 2 * ((i * 0.6180339887498949) % 1) - 1)
  const y = x.map((t, i) => Math.sin(3 * t) + 0.4 * t * t + 0.35 * (((i * 0.7548776662466927) % 1) - 0.5))
  const rows = x.map((t) => Array.from({ length: degree + 1 }, (_, k) => feature(basis, k, t)))
  let squares = 0
  for (let fold = 0; fold < folds; fold++) {
    const inside = x.map((_, i) => i).filter((i) => i % folds !== fold)
    const weights = x.map((t) => (weighting === 'central' ? 1 - 0.7 * Math.abs(t) : 1))
    const coefficients = ridge(
      inside.map((i) => rows[i]!),
      inside.map((i) => y[i]!),
      inside.map((i) => weights[i]!),
      penalty * n,
    )
    for (let i = fold; i < n; i += folds) {
      const predicted = rows[i]!.reduce((total, value, k) => total + value * coefficients[k]!, 0)
      squares += (y[i]! - predicted) ** 2
    }
  }
  return Math.sqrt(squares / n)
}

function feature(basis: string, k: number, t: number): number {
  if (basis === 'power') return t ** k
  if (basis === 'chebyshev') return Math.cos(k * Math.acos(Math.min(Math.max(t, -1), 1)))
  if (k === 0) return 1
  const frequency = Math.ceil(k / 2) * Math.PI * 0.5
  return k % 2 === 1 ? Math.sin(frequency * t) : Math.cos(frequency * t)
}

/** Weighted ridge regression by Gaussian elimination of (XᵀWX + pI) β = XᵀWy. */
function ridge(rows: readonly number[][], y: readonly number[], weights: readonly number[], penalty: number): number[] {
  const p = rows[0]!.length
  const system = Array.from({ length: p }, (_, a) =>
    Array.from({ length: p + 1 }, (_, b) => {
      let total = a === b ? penalty : 0
      for (const [i, values] of rows.entries()) total += weights[i]! * values[a]! * (b === p ? y[i]! : values[b]!)
      return total
    }),
  )
  for (let a = 0; a < p; a++) {
    for (let b = a + 1; b < p; b++) {
      const factor = system[b]![a]! / system[a]![a]!
      for (let c = a; c <= p; c++) system[b]![c]! -= factor * system[a]![c]!
    }
  }
  const beta = new Array<number>(p).fill(0)
  for (let a = p - 1; a >= 0; a--) {
    let total = system[a]![p]!
    for (let b = a + 1; b < p; b++) total -= system[a]![b]! * beta[b]!
    beta[a] = total / system[a]![a]!
  }
  return beta
}
