import { describe, expect, it } from 'vitest'
import { createBackend, createWasmBackend } from '../../../src/numerics/linalg/index.ts'
import { createRandom } from '../../../src/numerics/random/index.ts'
import { gaussianProcess } from '../../../src/surrogate/gaussian-process/gaussian-process.ts'
import { createPoolPosterior } from '../../../src/surrogate/gaussian-process/pool-posterior.ts'
import { matern52 } from '../../../src/surrogate/kernels/matern.ts'
import { scale } from '../../../src/surrogate/kernels/scale.ts'
import { type Points, points } from '../../../src/surrogate/points.ts'

const random = createRandom(3)
const dimension = 70
const draw = (count: number): Points =>
  points(
    Float64Array.from({ length: count * dimension }, () => random.uniform()),
    dimension,
  )
const first = (all: Points, count: number): Points => points(all.data.slice(0, count * dimension), dimension)
const candidates = draw(45)
const observed = draw(25)
const targets = Float64Array.from({ length: 25 }, () => random.normal())
const settings = { family: 'matern52', lengthScale: 2, outputScale: 1.4, observationNoise: 0.03, candidates } as const

describe('pool posterior', () => {
  for (const backend of [createBackend('js'), createWasmBackend({ initialMemory: 0 })]) {
    it(`equals a refit after every observation (${backend.name})`, () => {
      using posterior = createPoolPosterior({ ...settings, backend, capacity: 25 })
      expect([...posterior.variances]).toEqual(new Array(45).fill(1.4))
      const kernel = scale(matern52({ lengthScale: 2 }), 1.4)
      const batches = [12, 1, 1, 3, 8]
      let n = 0
      for (const batch of batches) {
        const more = points(observed.data.slice(n * dimension, (n + batch) * dimension), dimension)
        expect(posterior.append(more, targets.slice(n, n + batch)).jitter).toBe(0)
        n += batch
        const data = { points: first(observed, n), targets: targets.slice(0, n) }
        const refit = gaussianProcess({ kernel, observationNoise: 0.03, mean: 'zero' }, data, backend)
        const expected = refit.posterior(candidates)
        for (let j = 0; j < 45; j++) {
          expect(posterior.means[j]).toBeCloseTo(expected.mean[j]!, 10)
          expect(posterior.variances[j]).toBeCloseTo(expected.variance[j]!, 10)
        }
        expect(posterior.count).toBe(n)
      }
    })
  }

  it('takes one observation at a time from the start', () => {
    using one = createPoolPosterior({ ...settings, backend: createBackend(), capacity: 5 })
    using all = createPoolPosterior({ ...settings, backend: createBackend(), capacity: 5 })
    for (let i = 0; i < 5; i++) {
      one.append(points([observed.data.slice(i * dimension, (i + 1) * dimension)]), [targets[i]!])
    }
    all.append(first(observed, 5), targets.slice(0, 5))
    for (let j = 0; j < 45; j++) expect(one.means[j]).toBeCloseTo(all.means[j]!, 11)
  })

  it('refuses what it has no room for', () => {
    using posterior = createPoolPosterior({ ...settings, backend: createBackend(), capacity: 2 })
    expect(() => posterior.append(first(observed, 3), [1, 2, 3])).toThrow('expected at most 2')
    expect(() => posterior.append(points([[1, 2]]), [1])).toThrow('points have 2 coordinates; expected 70')
    expect(() => posterior.append(first(observed, 2), [1])).toThrow('targets has 1 numbers; expected 2')
  })
})
