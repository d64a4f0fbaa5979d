/**
 * Standard continuous test functions. Formulas and optima: S. Surjanovic, D. Bingham, "Virtual Library of Simulation
 * Experiments: Test Functions and Datasets", Simon Fraser University, unless said otherwise.
 *
 * @module
 */
import { continuousFunction, type ObjectiveFunction } from './objective.ts'

const repeat = <Value>(value: Value, count: number): Value[] => Array.from({ length: count }, () => value)

const HARTMANN_ALPHA = [1, 1.2, 3, 3.2]

function hartmann(a: readonly (readonly number[])[], p: readonly (readonly number[])[]) {
  return (x: readonly number[]): number => {
    let total = 0
    for (let i = 0; i < 4; i++) {
      let exponent = 0
      for (let d = 0; d < x.length; d++) exponent += a[i]![d]! * (x[d]! - p[i]![d]! * 1e-4) ** 2
      total -= HARTMANN_ALPHA[i]! * Math.exp(-exponent)
    }
    return total
  }
}

const ACKLEY_OPTIMUM = [7.3, -11.9, 3.1, -5.7, 14.2]

export const branin: ObjectiveFunction = continuousFunction({
  name: 'branin',
  bounds: [
    [-5, 10],
    [0, 15],
  ],
  minimum: 0.39788735772973816,
  source: 'L. Dixon, G. Szegő (1978); three global minima',
  evaluate: ([x = 0, y = 0]) =>
    (y - (5.1 / (4 * Math.PI ** 2)) * x * x + (5 / Math.PI) * x - 6) ** 2 +
    10 * (1 - 1 / (8 * Math.PI)) * Math.cos(x) +
    10,
})

export const sixHumpCamel: ObjectiveFunction = continuousFunction({
  name: 'six-hump-camel',
  bounds: [
    [-3, 3],
    [-2, 2],
  ],
  minimum: -1.031628453489877,
  source: 'L. Dixon, G. Szegő (1978); two global minima',
  evaluate: ([x = 0, y = 0]) => (4 - 2.1 * x * x + x ** 4 / 3) * x * x + x * y + (-4 + 4 * y * y) * y * y,
})

export const hartmann3: ObjectiveFunction = continuousFunction({
  name: 'hartmann3',
  bounds: repeat([0, 1] as const, 3),
  minimum: -3.862779786949365,
  source: 'L. Dixon, G. Szegő (1978)',
  evaluate: hartmann(
    [
      [3, 10, 30],
      [0.1, 10, 35],
      [3, 10, 30],
      [0.1, 10, 35],
    ],
    [
      [3689, 1170, 2673],
      [4699, 4387, 7470],
      [1091, 8732, 5547],
      [381, 5743, 8828],
    ],
  ),
})

export const hartmann6: ObjectiveFunction = continuousFunction({
  name: 'hartmann6',
  bounds: repeat([0, 1] as const, 6),
  minimum: -3.322368011415515,
  source: 'L. Dixon, G. Szegő (1978); a second basin lies 0.12 above the best',
  evaluate: hartmann(
    [
      [10, 3, 17, 3.5, 1.7, 8],
      [0.05, 10, 17, 0.1, 8, 14],
      [3, 3.5, 1.7, 10, 17, 8],
      [17, 8, 0.05, 10, 0.1, 14],
    ],
    [
      [1312, 1696, 5569, 124, 8283, 5886],
      [2329, 4135, 8307, 3736, 1004, 9991],
      [2348, 1451, 3522, 2883, 3047, 6650],
      [4047, 8828, 8732, 5743, 1091, 381],
    ],
  ),
})

export const ackley5: ObjectiveFunction = continuousFunction({
  name: 'ackley5',
  bounds: repeat([-32.768, 32.768] as const, 5),
  minimum: 0,
  source: 'D. Ackley (1987), optimum moved off the center to (7.3, −11.9, 3.1, −5.7, 14.2)',
  evaluate: (x) => {
    let squares = 0
    let cosines = 0
    for (let d = 0; d < 5; d++) {
      const offset = x[d]! - ACKLEY_OPTIMUM[d]!
      squares += offset * offset
      cosines += Math.cos(2 * Math.PI * offset)
    }
    return -20 * Math.exp(-0.2 * Math.sqrt(squares / 5)) - Math.exp(cosines / 5) + 20 + Math.E
  },
})

export const rosenbrock4: ObjectiveFunction = continuousFunction({
  name: 'rosenbrock4',
  bounds: repeat([-5, 10] as const, 4),
  minimum: 0,
  source: 'H. Rosenbrock (1960)',
  evaluate: (x) => {
    let total = 0
    for (let d = 0; d + 1 < x.length; d++) total += 100 * (x[d + 1]! - x[d]! ** 2) ** 2 + (x[d]! - 1) ** 2
    return total
  },
})

export const levy4: ObjectiveFunction = continuousFunction({
  name: 'levy4',
  bounds: repeat([-10, 10] as const, 4),
  minimum: 0,
  source: 'A. Levy, A. Montalvo (1985)',
  evaluate: (x) => {
    const w = x.map((value) => 1 + (value - 1) / 4)
    let total = Math.sin(Math.PI * w[0]!) ** 2
    for (const value of w.slice(0, -1)) {
      total += (value - 1) ** 2 * (1 + 10 * Math.sin(Math.PI * value + 1) ** 2)
    }
    const last = w.at(-1)!
    return total + (last - 1) ** 2 * (1 + Math.sin(2 * Math.PI * last) ** 2)
  },
})

export const michalewicz5: ObjectiveFunction = continuousFunction({
  name: 'michalewicz5',
  bounds: repeat([0, Math.PI] as const, 5),
  minimum: -4.687658179088148,
  source: 'Z. Michalewicz (1992), steepness 10',
  evaluate: (x) => {
    let total = 0
    for (const [d, value] of x.entries()) {
      total -= Math.sin(value) * Math.sin(((d + 1) * value * value) / Math.PI) ** 20
    }
    return total
  },
})

export const styblinskiTang5: ObjectiveFunction = continuousFunction({
  name: 'styblinski-tang5',
  bounds: repeat([-5, 5] as const, 5),
  minimum: -195.83082851885,
  source: 'M. Styblinski, T. Tang (1990)',
  evaluate: (x) => x.reduce((total, value) => total + (value ** 4 - 16 * value * value + 5 * value) / 2, 0),
})

export const shiftedSphere5: ObjectiveFunction = continuousFunction({
  name: 'shifted-sphere5',
  bounds: repeat([-5, 5] as const, 5),
  minimum: 0,
  source: 'sum of squares about (1.1, −2.3, 0.4, 3.7, −0.9)',
  evaluate: (x) => x.reduce((total, value, d) => total + (value - [1.1, -2.3, 0.4, 3.7, -0.9][d]!) ** 2, 0),
})
