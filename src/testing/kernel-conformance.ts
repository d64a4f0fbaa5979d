import type { Backend } from '../numerics/linalg/backend.ts'
import { createRandom } from '../numerics/random/index.ts'
import type { Kernel } from '../surrogate/kernels/kernel.ts'
import { kernelFromDescription } from '../surrogate/kernels/restore.ts'
import { type Points, points, row } from '../surrogate/points.ts'
import { type ConformanceCheck, require, requireAllClose, requireClose } from './conformance.ts'

export interface KernelConformanceOptions {
  readonly backend: Backend
  /** Width of the points. */
  readonly dimension: number
  /** Coordinates that take whole numbers from 0 to 2 instead of reals. Default none. */
  readonly categorical?: readonly number[]
  /** Whether `kernelFromDescription` knows it: kernels from outside may not be. Default true. */
  readonly restorable?: boolean
  readonly seed?: number
}

/**
 * What every kernel owes: symmetry, positive semi-definiteness, a diagonal that agrees, gradients that match finite
 * differences, a description that restores it. After KernelFunctions.jl's `TestUtils.test_interface`.
 *
 * @example
 * const make = () => matern52({ lengthScale: 0.4 })
 * for (const { name, run } of kernelConformance(make, { backend, dimension: 3 })) it(name, run)
 */
export function kernelConformance(make: () => Kernel, options: KernelConformanceOptions): ConformanceCheck[] {
  const { backend, dimension, categorical = [], restorable = true, seed = 1 } = options
  const random = createRandom(seed)
  const draw = (count: number): Points => {
    const data = new Float64Array(count * dimension)
    for (let i = 0; i < count; i++) {
      for (let d = 0; d < dimension; d++) {
        data[i * dimension + d] = categorical.includes(d) ? random.integer(3) : random.uniform()
      }
    }
    return points(data, dimension)
  }
  const a = draw(9)
  const b = draw(5)
  const n = a.count
  const random01 = Float64Array.from({ length: n * n }, () => random.normal())
  const weights = random01.map((value, index) => {
    const i = Math.floor(index / n)
    const j = index % n
    return value + random01[j * n + i]!
  })

  return [
    {
      name: 'covariance with itself is symmetric',
      run() {
        const k = make().covariance(a, a, backend)
        for (let i = 0; i < n; i++) {
          for (let j = 0; j < i; j++) requireClose(`k(${i}, ${j})`, k[i * n + j]!, k[j * n + i]!, 1e-12)
        }
      },
    },
    {
      name: 'covariance of two sets is the transpose of the other way round',
      run() {
        const kernel = make()
        const ab = kernel.covariance(a, b, backend)
        const ba = kernel.covariance(b, a, backend)
        for (let i = 0; i < n; i++) {
          for (let j = 0; j < b.count; j++) requireClose('k(a, b)', ab[i * b.count + j]!, ba[j * n + i]!, 1e-12)
        }
      },
    },
    {
      name: 'covariance is positive semi-definite, duplicates included',
      run() {
        const doubled = points(Float64Array.of(...a.data, ...a.data.subarray(0, 2 * dimension)), dimension)
        const m = doubled.count
        const k = make().covariance(doubled, doubled, backend)
        const eigenvalues = backend.scope((workspace) => backend.symmetricEigen(workspace.copy(k, m, m)))
        const largest = eigenvalues.at(-1)!
        require(eigenvalues[0]! >=
          -1e-10 * Math.max(1, largest), `smallest eigenvalue is ${eigenvalues[0]}; expected >= 0`)
      },
    },
    {
      name: 'diagonal agrees with the full matrix',
      run() {
        const kernel = make()
        const k = kernel.covariance(a, a, backend)
        requireAllClose(
          'diagonal',
          kernel.diagonal(a),
          Float64Array.from({ length: n }, (_, i) => k[i * n + i]!),
          1e-12,
        )
      },
    },
    {
      name: 'linearization has the same covariance',
      run() {
        const kernel = make()
        requireAllClose('covariance', kernel.linearize(a, backend).covariance, kernel.covariance(a, a, backend), 1e-12)
      },
    },
    {
      name: 'is the same without a backend',
      run() {
        const kernel = make()
        requireAllClose('covariance', kernel.covariance(a, b), kernel.covariance(a, b, backend), 1e-10)
        requireAllClose(
          'gradient',
          kernel.linearize(a).contract(weights),
          kernel.linearize(a, backend).contract(weights),
          1e-9,
        )
      },
    },
    {
      name: 'hyper-parameter gradient matches finite differences',
      run() {
        const kernel = make()
        const values = kernel.hyperparameters.map((parameter) => parameter.value)
        const gradient = kernel.linearize(a, backend).contract(weights)
        require(gradient.length === values.length, `gradient has ${gradient.length} numbers; expected ${values.length}`)
        for (const [p, value] of values.entries()) {
          const step = 1e-5
          const at = (factor: number) => {
            const moved = kernel.withHyperparameters(values.with(p, value * factor)).covariance(a, a, backend)
            return moved.reduce((total, k, index) => total + weights[index]! * k, 0)
          }
          const difference = (at(Math.exp(step)) - at(Math.exp(-step))) / (2 * step)
          requireClose(`∂/∂ log ${kernel.hyperparameters[p]!.name}`, gradient[p]!, difference, 1e-6)
        }
      },
    },
    {
      name: 'input gradient matches finite differences',
      run() {
        const kernel = make()
        const x = row(draw(1), 0).slice()
        const w = Float64Array.from({ length: b.count }, (_, j) => Math.cos(j))
        const gradient = new Float64Array(dimension)
        const local = kernel.atPoint(x, b)
        requireAllClose('k(x, b)', local.covariances, kernel.covariance(points(x, dimension), b, backend), 1e-12)
        local.addGradient(w, gradient)
        const diagonal = kernel.diagonalGradient(x)
        for (let d = 0; d < dimension; d++) {
          if (categorical.includes(d)) {
            require(gradient[d] === 0, `gradient[${d}] of a categorical coordinate is ${gradient[d]}; expected 0`)
            continue
          }
          const step = 1e-5
          const moved = (sign: number) => points(x.with(d, x[d]! + sign * step), dimension)
          const along = (sign: number) =>
            kernel.covariance(moved(sign), b, backend).reduce((total, k, j) => total + w[j]! * k, 0)
          requireClose(`∂k/∂x[${d}]`, gradient[d]!, (along(1) - along(-1)) / (2 * step), 1e-6)
          const self = (kernel.diagonal(moved(1))[0]! - kernel.diagonal(moved(-1))[0]!) / (2 * step)
          requireClose(`∂k(x,x)/∂x[${d}]`, diagonal[d]!, self, 1e-6)
        }
      },
    },
    ...(restorable
      ? [
          {
            name: 'its description restores it exactly',
            run() {
              const kernel = make()
              const restored = kernelFromDescription(JSON.parse(JSON.stringify(kernel.description)))
              requireAllClose('covariance', restored.covariance(a, b, backend), kernel.covariance(a, b, backend), 0)
            },
          },
        ]
      : []),
  ]
}
