import { describe, expect, it } from 'vitest'
import * as functions from '../../../src/bench/functions/continuous-functions.ts'
import { minimizeLbfgsb } from '../../../src/numerics/optimize/lbfgsb.ts'
import { createSobol } from '../../../src/numerics/random/index.ts'
import { encodeSpace } from '../../../src/space/encoding.ts'

/** Where the literature puts an optimum of each. */
const OPTIMA: Record<string, number[]> = {
  branin: [Math.PI, 2.275],
  'six-hump-camel': [0.0898, -0.7126],
  hartmann3: [0.114614, 0.555649, 0.852547],
  hartmann6: [0.20169, 0.150011, 0.476874, 0.275332, 0.311652, 0.6573],
  ackley5: [7.3, -11.9, 3.1, -5.7, 14.2],
  rosenbrock4: [1, 1, 1, 1],
  levy4: [1, 1, 1, 1],
  michalewicz5: [2.202906, 1.570796, 1.284992, 1.923058, 1.72047],
  'styblinski-tang5': new Array(5).fill(-2.903534),
  'shifted-sphere5': [1.1, -2.3, 0.4, 3.7, -0.9],
}

describe.each(Object.values(functions).map((objective) => [objective.name, objective] as const))(
  '%s',
  (name, objective) => {
    const at = (x: ArrayLike<number>) =>
      objective.value(Object.fromEntries(Array.from(x, (value, d) => [`x${d}`, value])))

    it('has its optimum where the literature says', () => {
      expect(at(OPTIMA[name]!)).toBeCloseTo(objective.minimum, 3)
      expect(at(OPTIMA[name]!)).toBeGreaterThanOrEqual(objective.minimum - 1e-9)
    })

    it('has no value below its minimum', () => {
      const encoding = encodeSpace(objective.space)
      const sobol = createSobol({ dimensions: encoding.dimension, seed: 1 })
      const value = (u: ArrayLike<number>) => objective.value(encoding.decode(u))
      let lowest = Number.POSITIVE_INFINITY
      for (let i = 0; i < 2000; i++) lowest = Math.min(lowest, value(sobol.next()))
      const start = encoding.encode(Object.fromEntries(OPTIMA[name]!.map((x, d) => [`x${d}`, x])))
      const end = minimizeLbfgsb(
        (u, gradient) => {
          for (let d = 0; d < u.length; d++) {
            const up = value(u.with(d, Math.min(u[d]! + 1e-7, 1)))
            gradient[d] = (up - value(u.with(d, Math.max(u[d]! - 1e-7, 0)))) / 2e-7
          }
          return value(u)
        },
        start,
        { lower: start.map(() => 0), upper: start.map(() => 1), maxIterations: 50 },
      )
      expect(Math.min(lowest, end.value)).toBeGreaterThanOrEqual(objective.minimum - 1e-9)
    })
  },
)
