import { execFileSync } from 'node:child_process'
import { resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { describe, expect, it } from 'vitest'
import { loadTensorFlow } from '../../../src/surrogate/neural/index.ts'
import type { GradientRegistry } from '../../../src/surrogate/neural/register-gradients.ts'
import type { Tensor, TensorFlow } from '../../../src/surrogate/neural/tensor.ts'

const tensorFlow = (await loadTensorFlow('wasm')) as TensorFlow & GradientRegistry
const { add, sub, mul, square, tanh, sum, matMul } = tensorFlow

/** Derivatives by the library and by differences, of Σ f(a, b)². */
function bothGradients(f: (a: Tensor, b: Tensor) => Tensor, shapes: readonly [number, number][]) {
  const values = shapes.map(([rows, columns], k) =>
    Float32Array.from({ length: rows * columns }, (_, i) => 0.3 + 0.17 * ((3 * i + 5 * k) % 7)),
  )
  const loss = (inputs: readonly Tensor[]) => sum(square(f(inputs[0]!, inputs[1]!)))
  const at = (inputs: readonly Float32Array[]) =>
    tensorFlow.tidy(() => loss(inputs.map((data, k) => tensorFlow.tensor2d(data, shapes[k]!))).dataSync()[0]!)
  const variables = values.map((data, k) => tensorFlow.variable(tensorFlow.tensor2d(data, shapes[k]!)))
  const { grads } = tensorFlow.variableGrads(() => loss(variables), variables)
  const derivatives = Object.values(grads).map((gradient) => Array.from(gradient.dataSync()))
  const step = 2 ** -7
  const differences = values.map((data, k) =>
    Array.from(data, (value, i) => {
      const moved = (by: number) => at(values.map((other, j) => (j === k ? data.with(i, value + by) : other)))
      return (moved(step) - moved(-step)) / (2 * step)
    }),
  )
  tensorFlow.dispose(variables)
  return { derivatives, differences }
}

describe('a registered derivative', () => {
  it.each<[string, (a: Tensor, b: Tensor) => Tensor, [number, number][]]>([
    [
      'a sum',
      add,
      [
        [2, 3],
        [2, 3],
      ],
    ],
    [
      'a sum with a repeated row',
      add,
      [
        [2, 3],
        [1, 3],
      ],
    ],
    [
      'a difference from a repeated column',
      sub,
      [
        [2, 1],
        [2, 3],
      ],
    ],
    [
      'a product with a repeated row and column',
      mul,
      [
        [2, 1],
        [1, 3],
      ],
    ],
    [
      'a product of matrices',
      (a, b) => matMul(a, b),
      [
        [2, 3],
        [3, 2],
      ],
    ],
    [
      'a product of transposed matrices',
      (a, b) => matMul(a, b, true, true),
      [
        [3, 2],
        [2, 3],
      ],
    ],
    [
      'a product with the first transposed',
      (a, b) => matMul(a, b, true, false),
      [
        [3, 2],
        [3, 2],
      ],
    ],
    [
      'a product with the second transposed',
      (a, b) => matMul(a, b, false, true),
      [
        [2, 3],
        [2, 3],
      ],
    ],
    [
      'a hyperbolic tangent and a square',
      (a, b) => add(tanh(a), square(b)),
      [
        [2, 2],
        [2, 2],
      ],
    ],
    [
      'a sum over an axis',
      (a, b) => mul(sum(a, [-1]), b),
      [
        [2, 3],
        [2, 2],
      ],
    ],
  ])('of %s agrees with differences', (_, f, shapes) => {
    const { derivatives, differences } = bothGradients(f, shapes)
    for (const [k, row] of differences.entries()) {
      for (const [i, difference] of row.entries()) {
        expect(Math.abs(derivatives[k]![i]! - difference)).toBeLessThan(5e-3 * Math.max(1, Math.abs(difference)))
      }
    }
  })
})

it('TensorFlow.js loads and trains in Node.js as it is, without the resolution of a test runner', () => {
  const module = (path: string) =>
    JSON.stringify(pathToFileURL(resolve(import.meta.dirname, '../../../src', path)).href)
  const script = `
    import { fitScoreEnsemble, loadTensorFlow } from ${module('surrogate/neural/index.ts')}
    import { createBackend } from ${module('numerics/linalg/index.ts')}
    import { createRandom } from ${module('numerics/random/index.ts')}
    import { points } from ${module('surrogate/points.ts')}
    const line = points([[0], [0.2], [0.4], [0.6], [0.8], [1]])
    const options = { members: 2, steps: 60 }
    const tensorFlow = await loadTensorFlow('wasm')
    const fitted = fitScoreEnsemble(line, line.data, tensorFlow, createBackend(), createRandom(1), options)
    const [low, high] = fitted.posterior(points([[0], [1]])).mean
    process.stdout.write(String(high > low))`
  expect(execFileSync(process.execPath, ['--input-type=module', '--eval', script], { encoding: 'utf8' })).toBe('true')
}, 60_000)
