import { describe, expect, it } from 'vitest'
import { logExpectedImprovement } from '../../../src/acquisition/log-expected-improvement.ts'
import { createRandom } from '../../../src/numerics/random/index.ts'
import { tabulatedImprovement } from '../../../src/policy/vector-search/tabulated-improvement.ts'
import { createVectorSearch } from '../../../src/policy/vector-search/vector-search.ts'

const DIMENSION = 6
const COUNT = 8000
const random = createRandom(8)
const vectors = Float32Array.from({ length: COUNT * DIMENSION }, () => random.normal())
const objective = (j: number) => {
  const at = (d: number) => vectors[j * DIMENSION + d]!
  return -((at(0) - 1) ** 2) - (at(1) + 0.5) ** 2 - 0.5 * (at(2) - at(3)) ** 2
}
const options = { vectors, dimension: DIMENSION, seed: 3, landmarks: 96, survivors: 400 }

function play(count: number, search = createVectorSearch(options)): number[] {
  return Array.from({ length: count }, () => {
    const candidate = search.ask()
    search.tell(candidate, objective(candidate))
    return candidate
  })
}

describe('createVectorSearch', () => {
  it('finds one of the best of many in few looks', { timeout: 120_000 }, () => {
    const search = createVectorSearch(options)
    play(40, search)
    const { candidate, mean } = search.recommend()!
    const better = Array.from({ length: COUNT }, (_, j) => objective(j)).filter((value) => value > objective(candidate))
    expect(better.length).toBeLessThan(COUNT / 1000)
    expect(mean).toBeCloseTo(objective(candidate), 0)
  })

  it('proposes the same after the same history, whatever was asked before', { timeout: 120_000 }, () => {
    const first = play(16)
    const again = createVectorSearch(options)
    for (const candidate of first.slice(0, 15)) again.tell(candidate, objective(candidate))
    expect(again.propose()).toBe(first[15])
    expect(again.propose()).toBe(first[15])
    expect(again.ask()).toBe(first[15])
    expect(play(16)).toEqual(first)
  })

  it('never proposes what is measured, pending or failed', () => {
    const small = createVectorSearch({
      vectors: vectors.subarray(0, 40 * DIMENSION),
      dimension: DIMENSION,
      landmarks: 16,
    })
    const asked = Array.from({ length: 40 }, (_, k) => {
      const candidate = small.ask()
      if (k % 3 === 0) small.tell(candidate, objective(candidate))
      if (k % 3 === 1) small.tell(candidate, null)
      return candidate
    })
    expect(new Set(asked).size).toBe(40)
    expect(() => small.ask()).toThrow('all 40 candidates')
  })

  it('looks for the smallest where it is told to', () => {
    const search = createVectorSearch({ ...options, direction: 'minimize' })
    for (let k = 0; k < 40; k++) {
      const candidate = search.ask()
      search.tell(candidate, -objective(candidate))
    }
    const { candidate, mean } = search.recommend()!
    expect(objective(candidate)).toBeGreaterThan(-0.6)
    expect(mean).toBeCloseTo(-objective(candidate), 0)
  })

  it('recommends nothing before there is a score', () => {
    const search = createVectorSearch(options)
    search.tell(4, null)
    expect(search.recommend()).toBeUndefined()
    expect(search.measured).toBe(1)
  })

  it('names what is wrong', () => {
    expect(() => createVectorSearch({ ...options, survivors: 0 })).toThrow(/survivors is 0/)
    expect(() => createVectorSearch({ ...options, direction: 'up' as never })).toThrow(/direction.*maximize/)
    expect(() => createVectorSearch({ ...options, survivor: 9 } as never)).toThrow(/survivor.*survivors/)
    expect(() => createVectorSearch({ ...options, vectors: [1, 2] as never })).toThrow(/vectors.*Float32Array/)
    const search = createVectorSearch(options)
    expect(() => search.tell(COUNT, 1)).toThrow(`candidate is ${COUNT}`)
    expect(() => search.tell(0, Number.NaN)).toThrow('score is NaN')
    expect(() => search.tell(0, 1, { standardError: -1 })).toThrow('standardError is -1')
  })
})

describe('tabulatedImprovement', () => {
  it('is the expected improvement, nearly', () => {
    for (let z = -60; z < 30; z += 0.37) {
      const exact = logExpectedImprovement(0.5).evaluate(0.5 + 2 * z, 2).value
      expect(Math.abs(tabulatedImprovement(2 * z, 2) - exact)).toBeLessThan(z < -40 ? 0.1 : 1e-3)
    }
    expect(tabulatedImprovement(-1, 0)).toBe(Number.NEGATIVE_INFINITY)
    expect(tabulatedImprovement(0, 0)).toBe(Number.NEGATIVE_INFINITY)
    expect(tabulatedImprovement(1, 0)).toBe(0)
  })
})
