/**
 * The unconstrained minimization problems of J. J. Moré, B. S. Garbow and K. E. Hillstrom, "Testing unconstrained
 * optimization software", ACM TOMS 7 (1981), with analytic Jacobians. Starts and expected values: `fixtures/`.
 *
 * r residuals, J their m×n Jacobian; the objective is Σr².
 */
import type { DifferentiableObjective } from '../../../src/numerics/optimize/index.ts'

/** Residual i of x, adding its derivatives to `row`. */
type Residuals = (
  x: Float64Array,
  add: (value: number, derivatives: readonly (readonly [number, number])[]) => void,
) => void

const range = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, k) => from + k)
const { cos, exp, sin, sqrt } = Math

const helicalValley: Residuals = ([a, b, c], add) => {
  const square = a! * a! + b! * b!
  const angle = Math.atan(b! / a!) / (2 * Math.PI) + (a! < 0 ? 0.5 : 0)
  const k = 100 / (2 * Math.PI * square)
  add(10 * (c! - 10 * angle), [
    [0, k * b!],
    [1, -k * a!],
    [2, 10],
  ])
  add(10 * (sqrt(square) - 1), [
    [0, (10 * a!) / sqrt(square)],
    [1, (10 * b!) / sqrt(square)],
  ])
  add(c!, [[2, 1]])
}

const biggs: Residuals = ([a, b, c, d, e, f], add) => {
  for (const i of range(1, 13)) {
    const t = 0.1 * i
    const y = exp(-t) - 5 * exp(-10 * t) + 3 * exp(-4 * t)
    const [p, q, s] = [exp(-t * a!), exp(-t * b!), exp(-t * e!)]
    add(c! * p - d! * q + f! * s - y, [
      [0, -t * c! * p],
      [1, t * d! * q],
      [2, p],
      [3, -q],
      [4, -t * f! * s],
      [5, s],
    ])
  }
}

const GAUSSIAN = [0.0009, 0.0044, 0.0175, 0.054, 0.1295, 0.242, 0.3521]
const gaussian: Residuals = ([a, b, c], add) => {
  for (const [k, y] of [...GAUSSIAN, 0.3989, ...GAUSSIAN.toReversed()].entries()) {
    const u = (7 - k) / 2 - c!
    const bell = exp((-b! * u * u) / 2)
    add(a! * bell - y, [
      [0, bell],
      [1, (-a! * bell * u * u) / 2],
      [2, a! * bell * b! * u],
    ])
  }
}

const powellBadlyScaled: Residuals = ([a, b], add) => {
  add(1e4 * a! * b! - 1, [
    [0, 1e4 * b!],
    [1, 1e4 * a!],
  ])
  add(exp(-a!) + exp(-b!) - 1.0001, [
    [0, -exp(-a!)],
    [1, -exp(-b!)],
  ])
}

const box: Residuals = ([a, b, c], add) => {
  for (const i of range(1, 10)) {
    const t = 0.1 * i
    const last = exp(-t) - exp(-10 * t)
    add(exp(-t * a!) - exp(-t * b!) - c! * last, [
      [0, -t * exp(-t * a!)],
      [1, t * exp(-t * b!)],
      [2, -last],
    ])
  }
}

const variablyDimensioned: Residuals = (x, add) => {
  let sum = 0
  for (const [j, value] of x.entries()) {
    add(value - 1, [[j, 1]])
    sum += (j + 1) * (value - 1)
  }
  add(
    sum,
    Array.from(x, (_, j) => [j, j + 1]),
  )
  add(
    sum * sum,
    Array.from(x, (_, j) => [j, 2 * sum * (j + 1)]),
  )
}

const watson: Residuals = (x, add) => {
  for (const i of range(1, 29)) {
    const t = i / 29
    let slope = 0
    let value = 0
    for (const [j, xj] of x.entries()) {
      if (j > 0) slope += j * xj * t ** (j - 1)
      value += xj * t ** j
    }
    add(
      slope - value * value - 1,
      Array.from(x, (_, j) => [j, (j > 0 ? j * t ** (j - 1) : 0) - 2 * value * t ** j]),
    )
  }
  add(x[0]!, [[0, 1]])
  add(x[1]! - x[0]! ** 2 - 1, [
    [0, -2 * x[0]!],
    [1, 1],
  ])
}

const penalty1: Residuals = (x, add) => {
  const root = sqrt(1e-5)
  let sum = -0.25
  for (const [j, value] of x.entries()) {
    add(root * (value - 1), [[j, root]])
    sum += value * value
  }
  add(
    sum,
    Array.from(x, (value, j) => [j, 2 * value]),
  )
}

const penalty2: Residuals = (x, add) => {
  const root = sqrt(1e-5)
  const n = x.length
  add(x[0]! - 0.2, [[0, 1]])
  for (const i of range(1, n - 1)) {
    const [here, before] = [exp(x[i]! / 10), exp(x[i - 1]! / 10)]
    const y = exp((i + 1) / 10) + exp(i / 10)
    add(root * (here + before - y), [
      [i, (root * here) / 10],
      [i - 1, (root * before) / 10],
    ])
    add(root * (here - exp(-0.1)), [[i, (root * here) / 10]])
  }
  add(
    x.reduce((sum, value, j) => sum + (n - j) * value * value, -1),
    Array.from(x, (value, j) => [j, 2 * (n - j) * value]),
  )
}

const brownBadlyScaled: Residuals = ([a, b], add) => {
  add(a! - 1e6, [[0, 1]])
  add(b! - 2e-6, [[1, 1]])
  add(a! * b! - 2, [
    [0, b!],
    [1, a!],
  ])
}

const brownDennis: Residuals = ([a, b, c, d], add) => {
  for (const i of range(1, 20)) {
    const t = i / 5
    const p = a! + t * b! - exp(t)
    const q = c! + d! * sin(t) - cos(t)
    add(p * p + q * q, [
      [0, 2 * p],
      [1, 2 * p * t],
      [2, 2 * q],
      [3, 2 * q * sin(t)],
    ])
  }
}

const gulf: Residuals = ([a, b, c], add) => {
  for (const i of range(1, 99)) {
    const t = i / 100
    const u = 25 + (-50 * Math.log(t)) ** (2 / 3) - b!
    const distance = Math.abs(u)
    const power = distance ** c!
    const bell = exp(-power / a!)
    add(bell - t, [
      [0, (bell * power) / (a! * a!)],
      [1, (bell * c! * distance ** (c! - 1) * Math.sign(u)) / a!],
      [2, (-bell * power * Math.log(distance)) / a!],
    ])
  }
}

const trigonometric: Residuals = (x, add) => {
  const n = x.length
  const sum = x.reduce((total, value) => total + cos(value), 0)
  for (const [i, xi] of x.entries()) {
    add(
      n - sum + (i + 1) * (1 - cos(xi)) - sin(xi),
      Array.from(x, (value, j) => [j, sin(value) + (i === j ? (i + 1) * sin(xi) - cos(xi) : 0)]),
    )
  }
}

const extendedRosenbrock: Residuals = (x, add) => {
  for (let i = 0; i < x.length; i += 2) {
    add(10 * (x[i + 1]! - x[i]! ** 2), [
      [i, -20 * x[i]!],
      [i + 1, 10],
    ])
    add(1 - x[i]!, [[i, -1]])
  }
}

const extendedPowellSingular: Residuals = (x, add) => {
  for (let i = 0; i < x.length; i += 4) {
    const [a, b, c, d] = [x[i]!, x[i + 1]!, x[i + 2]!, x[i + 3]!]
    add(a + 10 * b, [
      [i, 1],
      [i + 1, 10],
    ])
    add(sqrt(5) * (c - d), [
      [i + 2, sqrt(5)],
      [i + 3, -sqrt(5)],
    ])
    add((b - 2 * c) ** 2, [
      [i + 1, 2 * (b - 2 * c)],
      [i + 2, -4 * (b - 2 * c)],
    ])
    add(sqrt(10) * (a - d) ** 2, [
      [i, 2 * sqrt(10) * (a - d)],
      [i + 3, -2 * sqrt(10) * (a - d)],
    ])
  }
}

const beale: Residuals = ([a, b], add) => {
  for (const [k, y] of [1.5, 2.25, 2.625].entries()) {
    add(y - a! * (1 - b! ** (k + 1)), [
      [0, -(1 - b! ** (k + 1))],
      [1, a! * (k + 1) * b! ** k],
    ])
  }
}

const wood: Residuals = ([a, b, c, d], add) => {
  add(10 * (b! - a! ** 2), [
    [0, -20 * a!],
    [1, 10],
  ])
  add(1 - a!, [[0, -1]])
  add(sqrt(90) * (d! - c! ** 2), [
    [2, -2 * sqrt(90) * c!],
    [3, sqrt(90)],
  ])
  add(1 - c!, [[2, -1]])
  add(sqrt(10) * (b! + d! - 2), [
    [1, sqrt(10)],
    [3, sqrt(10)],
  ])
  add((b! - d!) / sqrt(10), [
    [1, 1 / sqrt(10)],
    [3, -1 / sqrt(10)],
  ])
}

const chebyquad: Residuals = (x, add) => {
  const n = x.length
  const before = new Float64Array(n).fill(1)
  const current = x.map((value) => 2 * value - 1)
  const slopeBefore = new Float64Array(n)
  const slope = new Float64Array(n).fill(2)
  for (const i of range(1, n)) {
    const mean = current.reduce((sum, value) => sum + value, 0) / n
    add(
      mean - (i % 2 === 1 ? 0 : -1 / (i * i - 1)),
      Array.from(slope, (value, j) => [j, value / n]),
    )
    for (let j = 0; j < n; j++) {
      const y = 2 * (2 * x[j]! - 1)
      const next = y * current[j]! - before[j]!
      const nextSlope = 4 * current[j]! + y * slope[j]! - slopeBefore[j]!
      before[j] = current[j]!
      current[j] = next
      slopeBefore[j] = slope[j]!
      slope[j] = nextSlope
    }
  }
}

function sumOfSquares(residuals: Residuals): DifferentiableObjective {
  return (x, gradient) => {
    gradient.fill(0)
    let total = 0
    residuals(x, (value, derivatives) => {
      total += value * value
      for (const [j, derivative] of derivatives) gradient[j]! += 2 * value * derivative
    })
    return total
  }
}

export const PROBLEMS = {
  'helical-valley': sumOfSquares(helicalValley),
  'biggs-exp6': sumOfSquares(biggs),
  gaussian: sumOfSquares(gaussian),
  'powell-badly-scaled': sumOfSquares(powellBadlyScaled),
  'box-three-dimensional': sumOfSquares(box),
  'variably-dimensioned': sumOfSquares(variablyDimensioned),
  watson: sumOfSquares(watson),
  'penalty-1': sumOfSquares(penalty1),
  'penalty-2': sumOfSquares(penalty2),
  'brown-badly-scaled': sumOfSquares(brownBadlyScaled),
  'brown-dennis': sumOfSquares(brownDennis),
  gulf: sumOfSquares(gulf),
  trigonometric: sumOfSquares(trigonometric),
  'extended-rosenbrock': sumOfSquares(extendedRosenbrock),
  'extended-powell-singular': sumOfSquares(extendedPowellSingular),
  beale: sumOfSquares(beale),
  wood: sumOfSquares(wood),
  chebyquad: sumOfSquares(chebyquad),
} as const
