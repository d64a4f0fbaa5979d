import { describe, expect, it } from 'vitest'
import { createLimitedMemoryHessian } from '../../../src/numerics/optimize/limited-memory-hessian.ts'
import { createRandom } from '../../../src/numerics/random/index.ts'

describe('limited-memory Hessian', () => {
  it.each([
    [3, 1],
    [5, 3],
    [8, 12],
  ])('in %i variables after %i pairs, its inverse undoes it', (n, pairs) => {
    const random = createRandom(`${n} ${pairs}`)
    const normals = () => Float64Array.from({ length: n }, () => random.normal())
    const hessian = createLimitedMemoryHessian(n, 5)
    const diagonal = Float64Array.from({ length: n }, (_, i) => i + 1)
    for (let k = 0; k < pairs; k++) {
      const step = normals()
      hessian.push(
        step,
        step.map((value, i) => value * diagonal[i]!),
      )
    }
    expect(hessian.columns).toBe(2 * Math.min(pairs, 5))

    const v = normals()
    // B v = θ v − W M Wᵀ v.
    const middle = new Float64Array(10)
    for (let k = 0; k < hessian.columns; k++) {
      for (let i = 0; i < n; i++) middle[k]! += hessian.weight(i, k) * v[i]!
    }
    expect(hessian.applyMiddle(middle)).toBe(true)
    const product = v.map((value, i) => {
      let total = hessian.theta * value
      for (let k = 0; k < hessian.columns; k++) total -= hessian.weight(i, k) * middle[k]!
      return total
    })
    hessian.applyInverse(product)
    for (let i = 0; i < n; i++) expect(product[i]).toBeCloseTo(v[i]!, 8)
  })
})
