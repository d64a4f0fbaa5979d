import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createRandom, createSobol, latinHypercube, SOBOL_MAX_DIMENSIONS } from '../../../src/numerics/random/index.ts'
import fixture from './fixtures/sobol.json' with { type: 'json' }

/** Squared centered L2 discrepancy: F. J. Hickernell, Mathematics of Computation 67 (1998). */
function centeredDiscrepancy(points: Float64Array, n: number, d: number): number {
  let single = 0
  let double = 0
  for (let i = 0; i < n; i++) {
    let product = 1
    for (let k = 0; k < d; k++) {
      const x = Math.abs(points[i * d + k]! - 0.5)
      product *= 1 + 0.5 * x - 0.5 * x * x
    }
    single += product
    for (let j = 0; j < n; j++) {
      let pair = 1
      for (let k = 0; k < d; k++) {
        const x = points[i * d + k]!
        const y = points[j * d + k]!
        pair *= 1 + 0.5 * Math.abs(x - 0.5) + 0.5 * Math.abs(y - 0.5) - 0.5 * Math.abs(x - y)
      }
      double += pair
    }
  }
  return (13 / 12) ** d - (2 / n) * single + double / (n * n)
}

function uniformPoints(n: number, d: number, seed: number): Float64Array {
  const random = createRandom(seed)
  return Float64Array.from({ length: n * d }, random.uniform)
}

/** How many points fall into each of `slices` equal slices of axis `k`. */
function sliceCounts(points: Float64Array, d: number, k: number, slices: number): number[] {
  const counts = new Array<number>(slices).fill(0)
  for (let row = k; row < points.length; row += d) counts[Math.floor(points[row]! * slices)]!++
  return counts
}

describe('Sobol sequence', () => {
  it('unscrambled, is bit for bit the published one in dimensions up to 1,111', () => {
    const points = createSobol({ dimensions: SOBOL_MAX_DIMENSIONS }).take(64)
    fixture.points.forEach((row, index) => {
      const actual = fixture.dimensions.map((d) => points[index * SOBOL_MAX_DIMENSIONS + d]! * 2 ** 32)
      expect(actual).toEqual(row)
    })
  })

  it('scrambled, every power-of-two prefix has one point in every slice of every axis', () => {
    const d = 300
    const points = createSobol({ dimensions: d, seed: 'nets' }).take(128)
    for (let k = 0; k < d; k++) expect(sliceCounts(points, d, k, 128)).toEqual(new Array(128).fill(1))
  })

  it('scrambled, the first two dimensions are a (0, m, 2)-net', () => {
    const points = createSobol({ dimensions: 2, seed: 5 }).take(64)
    for (let bits = 0; bits <= 6; bits++) {
      const cells = new Int32Array(64)
      for (let i = 0; i < 64; i++) {
        const row = Math.floor(points[2 * i]! * 2 ** bits)
        const column = Math.floor(points[2 * i + 1]! * 2 ** (6 - bits))
        cells[row * 2 ** (6 - bits) + column]!++
      }
      expect([...cells]).toEqual(new Array(64).fill(1))
    }
  })

  it('has a tenth of the discrepancy of random points, scrambled or not', () => {
    for (const seed of [undefined, 1, 2, 3]) {
      const points = createSobol(seed === undefined ? { dimensions: 4 } : { dimensions: 4, seed }).take(512)
      const random = centeredDiscrepancy(uniformPoints(512, 4, 7), 512, 4)
      expect(centeredDiscrepancy(points, 512, 4)).toBeLessThan(0.1 * random)
    }
  })

  it('scrambled points integrate without bias and far better than random ones', () => {
    const f = (x: Float64Array, i: number) => {
      let product = 1
      for (let k = 0; k < 5; k++) product *= 1 + 0.5 * (Math.exp(x[i * 5 + k]!) - (Math.E - 1))
      return product
    }
    const mean = (x: Float64Array) => Array.from({ length: 256 }, (_, i) => f(x, i)).reduce((a, b) => a + b, 0) / 256
    const repeats = 200
    const sobol = Array.from({ length: repeats }, (_, s) => mean(createSobol({ dimensions: 5, seed: s }).take(256)) - 1)
    const random = Array.from({ length: repeats }, (_, s) => mean(uniformPoints(256, 5, s)) - 1)
    const root = (errors: number[]) => Math.sqrt(errors.reduce((sum, e) => sum + e * e, 0) / repeats)
    expect(root(sobol)).toBeLessThan(root(random) / 10)
    const bias = sobol.reduce((a, b) => a + b, 0) / repeats
    expect(Math.abs(bias)).toBeLessThan((3.3 * root(sobol)) / Math.sqrt(repeats))
  })

  it('one scrambled point is uniform over seeds', () => {
    const counts = new Int32Array(16)
    for (let seed = 0; seed < 8000; seed++) {
      const point = createSobol({ dimensions: 2, seed }).next()
      counts[Math.floor(point[0]! * 4) * 4 + Math.floor(point[1]! * 4)]!++
    }
    for (const count of counts) expect(Math.abs(count - 500)).toBeLessThan(85)
  })

  it('seeks to where stepping would have come', () => {
    fc.assert(
      fc.property(fc.nat(500), fc.nat(100), (index, seed) => {
        const walked = createSobol({ dimensions: 7, seed })
        walked.take(index)
        const jumped = createSobol({ dimensions: 7, seed })
        jumped.seek(index)
        expect(jumped.index).toBe(index)
        expect(jumped.take(3)).toEqual(walked.take(3))
      }),
      { numRuns: 50 },
    )
  })

  it('refuses what it has no directions for', () => {
    expect(() => createSobol({ dimensions: SOBOL_MAX_DIMENSIONS + 1 })).toThrow('expected an integer from 1 to')
    expect(() => createSobol({ dimensions: 0 })).toThrow('dimensions is 0')
    const last = createSobol({ dimensions: 2, seed: 1 })
    last.seek(2 ** 32 - 1)
    last.next()
    expect(() => last.next()).toThrow('2^32')
    expect(() => last.seek(-1)).toThrow('seek to -1')
  })
})

describe('Latin hypercube', () => {
  it('has one point in every slice of every axis', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 60 }), fc.integer({ min: 1, max: 8 }), fc.integer(), (n, d, seed) => {
        const points = latinHypercube(n, d, createRandom(seed))
        for (let k = 0; k < d; k++) expect(sliceCounts(points, d, k, n)).toEqual(new Array(n).fill(1))
      }),
    )
    expect(() => latinHypercube(0, 2, createRandom(1))).toThrow('latin hypercube of 0×2')
  })

  it('is more even than random points', () => {
    const random = centeredDiscrepancy(uniformPoints(200, 3, 1), 200, 3)
    expect(centeredDiscrepancy(latinHypercube(200, 3, createRandom(1)), 200, 3)).toBeLessThan(0.5 * random)
  })
})
