import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createBackend } from '../../../src/numerics/linalg/index.ts'
import { createRandom } from '../../../src/numerics/random/index.ts'
import { matern52 } from '../../../src/surrogate/kernels/index.ts'
import { landmarkFeatures } from '../../../src/surrogate/vector-pool/landmark-features.ts'
import { largest } from '../../../src/surrogate/vector-pool/largest.ts'
import { createScreen } from '../../../src/surrogate/vector-pool/screen.ts'
import { readPoints, vectorPool } from '../../../src/surrogate/vector-pool/vector-pool.ts'

const backend = createBackend()
const random = createRandom(2)
const vectors = Float32Array.from({ length: 3000 * 5 }, () => random.normal())
const pool = vectorPool(vectors, 5)
const features = landmarkFeatures(pool, { width: 64 }, backend)

describe('vectorPool', () => {
  it('names what is wrong', () => {
    expect(() => vectorPool(new Float32Array(7), 3)).toThrow('vectors has 7 numbers')
    expect(() => vectorPool(new Float32Array(0), 3)).toThrow('at least one vector')
    expect(() => vectorPool(new Float32Array(6), 0)).toThrow('dimension is 0')
    expect(() => vectorPool(Float32Array.of(1, 2, 3, Number.NaN), 2)).toThrow('vectors[1][1] is NaN')
  })
})

describe('landmark features', () => {
  it('have the kernel as their scalar products, nearly', () => {
    const kernel = matern52({ lengthScale: features.medianDistance })
    const some = Array.from({ length: 40 }, (_, i) => 71 * i)
    const exact = kernel.covariance(readPoints(pool, some), readPoints(pool, some))
    let [worst, total] = [0, 0]
    for (const [a, i] of some.entries()) {
      for (const [b, j] of some.entries()) {
        let value = 0
        for (let k = 0; k < 64; k++) value += features.values[i * 64 + k]! * features.values[j * 64 + k]!
        worst = Math.max(worst, Math.abs(value - exact[a * 40 + b]!))
        total += Math.abs(value - exact[a * 40 + b]!)
      }
    }
    expect(worst).toBeLessThan(0.35)
    expect(total / 1600).toBeLessThan(0.05)
  })
})

describe('a screen', () => {
  const seen = (candidates: readonly number[]) => ({
    candidates,
    residuals: Float64Array.from(candidates, (j) => Math.sin(vectors[5 * j]!)),
    noise: new Float64Array(candidates.length).fill(0.01),
    outputScale: 1,
  })
  const options = {
    value: (mean: number, deviation: number) => mean + deviation,
    excluded: new Uint8Array(3000),
    near: [],
    best: 20,
    neighbors: 5,
  }

  it('comes to the same whether it is told at once or one by one', () => {
    const candidates = Array.from({ length: 30 }, (_, i) => 37 * i)
    const [atOnce, oneByOne] = [createScreen(features, backend), createScreen(features, backend)]
    for (let n = 1; n < 30; n++) oneByOne.survivors(seen(candidates.slice(0, n)), options)
    expect(oneByOne.survivors(seen(candidates), options)).toEqual(atOnce.survivors(seen(candidates), options))
    expect(oneByOne.deviations).toEqual(atOnce.deviations)
    expect(oneByOne.means).toEqual(atOnce.means)
  })

  it('begins anew with another history', () => {
    const [used, fresh] = [createScreen(features, backend), createScreen(features, backend)]
    used.survivors(seen([1, 2, 3]), options)
    expect(used.survivors(seen([2, 5]), options)).toEqual(fresh.survivors(seen([2, 5]), options))
    expect(used.deviations).toEqual(fresh.deviations)
  })

  it('knows most where it has looked', () => {
    const screen = createScreen(features, backend)
    screen.survivors(seen([100]), options)
    const least = screen.deviations.indexOf(Math.min(...screen.deviations))
    expect(least).toBe(100)
    expect(screen.means[100]).toBeCloseTo(Math.sin(vectors[500]!), 0)
  })

  it('keeps neighbors of those asked for, and none that is excluded', () => {
    const screen = createScreen(features, backend)
    const excluded = new Uint8Array(3000)
    excluded[100] = 1
    const kept = [...screen.survivors(seen([100]), { ...options, excluded, near: [100], best: 1, neighbors: 10 })]
    expect(kept).not.toContain(100)
    const distance = (j: number) => {
      let s = 0
      for (let d = 0; d < 5; d++) s += (vectors[500 + d]! - vectors[5 * j + d]!) ** 2
      return s
    }
    const nearest = Array.from({ length: 3000 }, (_, j) => j)
      .filter((j) => j !== 100)
      .sort((i, j) => distance(i) - distance(j))
    expect(kept.length).toBeGreaterThanOrEqual(10)
    expect(kept.filter((j) => nearest.slice(0, 60).includes(j)).length).toBeGreaterThanOrEqual(8)
  })
})

describe('largest', () => {
  it('agrees with sorting', () => {
    const values = fc.array(fc.oneof(fc.integer({ min: -3, max: 3 }), fc.constant(Number.NaN)), { maxLength: 60 })
    fc.assert(
      fc.property(values, fc.nat(70), (all, count) => {
        const expected = Array.from(all.keys())
          .filter((i) => !Number.isNaN(all[i]!))
          .sort((i, j) => all[j]! - all[i]! || i - j)
          .slice(0, count)
        expect([...largest(all, count)].sort((i, j) => i - j)).toEqual(expected.sort((i, j) => i - j))
      }),
    )
  })
})
