import { describe, expect, it } from 'vitest'
import { bayesianRidge, type WeightedData } from '../../../src/bench/methods/bayesian-ridge.ts'
import { boostedTrees } from '../../../src/bench/methods/boosted-trees.ts'
import { deepKernelRegression, lossGradients } from '../../../src/bench/methods/deep-kernel.ts'
import { createPerceptron } from '../../../src/bench/methods/perceptron.ts'
import { principalComponents } from '../../../src/bench/methods/pool-components.ts'
import { benchBackend } from '../../../src/bench/tables/bench-backend.ts'
import { createRandom } from '../../../src/numerics/random/index.ts'

const backend = benchBackend()

function data(count: number, target: (x: number, y: number) => number): WeightedData {
  const random = createRandom(11)
  const values = Float64Array.from({ length: 2 * count }, () => random.normal())
  const rows = Array.from({ length: count }, (_, row) => row).filter((row) => row % 4 !== 0)
  return {
    features: { rows: count, columns: 2, values },
    rows,
    targets: Float64Array.from(rows, (row) => target(values[2 * row]!, values[2 * row + 1]!)),
    weights: Float64Array.from(rows, (row) => 1 + (row % 3)),
  }
}

/** R² on the rows that were not observed. */
function heldOut(predict: (d: WeightedData) => Float64Array, target: (x: number, y: number) => number): number {
  const d = data(400, target)
  const predictions = predict(d)
  let residual = 0
  let total = 0
  for (let row = 0; row < 400; row += 4) {
    const truth = target(d.features.values[2 * row]!, d.features.values[2 * row + 1]!)
    residual += (predictions[row]! - truth) ** 2
    total += truth ** 2
  }
  return 1 - residual / total
}

describe('bayesianRidge', () => {
  it('recovers a line, its intercept included', () => {
    expect(
      heldOut(
        (d) => bayesianRidge(d, backend),
        (x, y) => 3 + 2 * x - y,
      ),
    ).toBeGreaterThan(0.9999)
  })

  it('shrinks to the mean when there is nothing to learn, and survives constant targets', () => {
    const random = createRandom(5)
    const noise = bayesianRidge(
      data(60, () => random.normal()),
      backend,
    )
    expect(Math.max(...noise) - Math.min(...noise)).toBeLessThan(1.5)
    expect([
      ...bayesianRidge(
        data(8, () => 0.25),
        backend,
      ),
    ]).toEqual(new Array(8).fill(0.25))
  })
})

describe('boostedTrees', () => {
  it('learns steps and interactions', () => {
    const steps = (x: number, y: number) => (x > 0.3 ? 1 : -1) * (y > 0 ? 1 : -1)
    expect(heldOut((d) => boostedTrees(d), steps)).toBeGreaterThan(0.85)
  })

  it('gives a heavy row its say', () => {
    const features = { rows: 2, columns: 1, values: Float64Array.of(0, 0) }
    const weighted = { features, rows: [0, 1], targets: Float64Array.of(0, 1), weights: Float64Array.of(1, 3) }
    expect(boostedTrees(weighted)[0]).toBeCloseTo(0.75, 10)
  })
})

describe('perceptron', () => {
  it('has the gradient of its loss: checked on the inputs against differences', () => {
    const build = () => createPerceptron([3, 5, 4, 2], 0.01, createRandom(2))
    const inputs = Float64Array.of(0.3, -0.2, 0.9, -1.1, 0.4, 0.6)
    const loss = (x: Float64Array) =>
      build()
        .forward(x, 2)
        .reduce((sum, value) => sum + value ** 2, 0)
    const network = build()
    const gradient = network.backward(network.forward(inputs, 2).map((value) => 2 * value))
    for (let index = 0; index < inputs.length; index++) {
      const shifted = (by: number) => inputs.map((value, at) => (at === index ? value + by : value))
      expect(gradient[index]).toBeCloseTo((loss(shifted(1e-6)) - loss(shifted(-1e-6))) / 2e-6, 5)
    }
  })
})

describe('deepKernelRegression', () => {
  it('has the gradients of its loss in latent features and hyper-parameters', () => {
    const random = createRandom(4)
    const n = 6
    const q = 3
    const z = Float64Array.from({ length: n * q }, () => random.normal())
    const y = Float64Array.from({ length: n }, () => random.normal())
    const hyper = Float64Array.of(0.1, -0.2, 0.3, 0.2, -1)
    const { latentGradient, hyperGradient } = lossGradients(z, y, hyper, q)
    const shifted = (values: Float64Array, index: number, by: number) =>
      values.map((value, at) => (at === index ? value + by : value))
    for (let index = 0; index < z.length; index++) {
      const slope =
        (lossGradients(shifted(z, index, 1e-5), y, hyper, q).loss -
          lossGradients(shifted(z, index, -1e-5), y, hyper, q).loss) /
        2e-5
      expect(latentGradient[index]).toBeCloseTo(slope, 6)
    }
    for (let index = 0; index < hyper.length; index++) {
      const slope =
        (lossGradients(z, y, shifted(hyper, index, 1e-5), q).loss -
          lossGradients(z, y, shifted(hyper, index, -1e-5), q).loss) /
        2e-5
      expect(hyperGradient[index]).toBeCloseTo(slope, 6)
    }
  })

  it('interpolates a smooth function of two parts and knows where it has no data', () => {
    const part = (phase: number) => ({
      rows: 41,
      columns: 1,
      values: Float64Array.from({ length: 41 }, (_, row) => (row - 20) / 10 + phase),
    })
    const rows = Array.from({ length: 11 }, (_, index) => index + 5)
    const target = (row: number) => Math.sin(row / 6)
    const { means, standardDeviations } = deepKernelRegression(
      [part(0), part(0.5)],
      rows,
      rows.map(target),
      createRandom(1),
    )
    for (const row of rows) expect(Math.abs(means[row]! - target(row))).toBeLessThan(0.25)
    expect(standardDeviations[40]).toBeGreaterThan(2 * standardDeviations[10]!)
  })
})

describe('principalComponents', () => {
  it('keeps distances when it keeps all components, up to one scale', () => {
    const random = createRandom(8)
    for (const [count, dimensions] of [
      [5, 9],
      [9, 5],
    ] as const) {
      const vectors = Array.from({ length: count }, () =>
        Float64Array.from({ length: dimensions }, () => random.normal()),
      )
      const { values, columns } = principalComponents(vectors, 64, backend)
      const distance = (a: ArrayLike<number>, b: ArrayLike<number>) =>
        Math.hypot(...Array.from({ length: a.length }, (_, k) => a[k]! - b[k]!))
      const row = (index: number) => values.subarray(index * columns, (index + 1) * columns)
      const ratio = distance(row(0), row(1)) / distance(vectors[0]!, vectors[1]!)
      expect(distance(row(2), row(4)) / distance(vectors[2]!, vectors[4]!)).toBeCloseTo(ratio, 8)
    }
  })

  it('survives a pool of one prompt and of equal prompts', () => {
    expect([...principalComponents([Float64Array.of(1, 0)], 4, backend).values]).toEqual([0])
    const equal = Array.from({ length: 3 }, () => Float64Array.of(0, 1))
    expect(principalComponents(equal, 4, backend).values.every(Number.isFinite)).toBe(true)
  })
})
