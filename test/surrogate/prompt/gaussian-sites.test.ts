import { CholeskyDecomposition, determinant, inverse, Matrix } from 'ml-matrix'
import { describe, expect, it } from 'vitest'
import { createRandom } from '../../../src/numerics/random/random.ts'
import { conditionOnSites, siteVariances } from '../../../src/surrogate/prompt/gaussian-sites.ts'
import { lowRankFactor } from '../../../src/surrogate/prompt/low-rank-factor.ts'

const random = createRandom(3)
const prompts = 9
const rank = 3
const prior = {
  factor: Float64Array.from({ length: prompts * rank }, () => random.normal()),
  rank,
  independent: Float64Array.from({ length: prompts }, () => 0.2 + random.uniform()),
  easinessVariance: 1,
}
const z = Float64Array.from({ length: prompts }, () => random.normal())
/** Two prompts nobody has measured. */
const precision = Float64Array.from({ length: prompts }, (_, i) => (i % 4 === 1 ? 0 : 0.3 + random.uniform()))
const sites = { precision, shift: z.map((value, i) => value * precision[i]!) }
const posterior = conditionOnSites(prior, sites)

const factor = Matrix.from1DArray(prompts, rank, [...prior.factor])
const covariance = factor.mmul(factor.transpose()).add(Matrix.diag([...prior.independent]))
const seen = [...precision.keys()].filter((i) => precision[i]! > 0)
const noisy = covariance.selection(seen, seen).add(Matrix.diag(seen.map((i) => 1 / precision[i]!)))
const gain = covariance.selection([...z.keys()], seen).mmul(inverse(noisy))

describe('conditionOnSites', () => {
  it('agrees with the dense Gaussian process', () => {
    const target = Matrix.columnVector(seen.map((i) => z[i]!))
    const mean = gain.mmul(target).to1DArray()
    const dense = Matrix.sub(covariance, gain.mmul(covariance.selection(seen, [...z.keys()]))).diagonal()
    const variances = siteVariances(posterior)
    for (let i = 0; i < prompts; i++) {
      expect(posterior.mean[i]).toBeCloseTo(mean[i]!, 10)
      expect(variances[i]).toBeCloseTo(dense[i]!, 10)
    }
  })

  it('gives evidence that differs between settings as the dense density does', () => {
    const density = (scale: number) => {
      const target = Matrix.columnVector(seen.map((i) => z[i]!))
      const noise = Matrix.diag(seen.map((i) => 1 / precision[i]!))
      const total = Matrix.mul(covariance.selection(seen, seen), scale).add(noise)
      return -0.5 * target.transpose().mmul(inverse(total)).mmul(target).get(0, 0) - 0.5 * Math.log(determinant(total))
    }
    const doubled = {
      ...prior,
      factor: prior.factor.map((value) => value * Math.SQRT2),
      independent: prior.independent.map((value) => value * 2),
    }
    const difference = conditionOnSites(doubled, sites).logEvidence - posterior.logEvidence
    expect(difference).toBeCloseTo(density(2) - density(1), 9)
  })
})

describe('a prior mean', () => {
  const priorMean = Float64Array.from({ length: prompts }, () => random.normal())
  const about = conditionOnSites(prior, sites, priorMean)

  it('agrees with the dense Gaussian process', () => {
    const innovation = Matrix.columnVector(seen.map((i) => z[i]! - priorMean[i]!))
    const moved = gain.mmul(innovation).to1DArray()
    const variances = siteVariances(about)
    const before = siteVariances(posterior)
    for (let i = 0; i < prompts; i++) {
      expect(about.mean[i]).toBeCloseTo(priorMean[i]! + moved[i]!, 10)
      expect(variances[i]).toBeCloseTo(before[i]!, 10)
    }
  })

  it('has the evidence of the dense density', () => {
    const quadratic = (values: readonly number[]) => {
      const column = Matrix.columnVector([...values])
      return -0.5 * column.transpose().mmul(inverse(noisy)).mmul(column).get(0, 0)
    }
    const expected = quadratic(seen.map((i) => z[i]! - priorMean[i]!)) - quadratic(seen.map((i) => z[i]!))
    expect(about.logEvidence - posterior.logEvidence).toBeCloseTo(expected, 9)
  })
})

describe('lowRankFactor', () => {
  const dense = Float64Array.from(covariance.to1DArray())

  it('reproduces the covariance at full rank', () => {
    const { factor: columns, rank: full } = lowRankFactor(dense, prompts, prompts, 0)
    expect(new CholeskyDecomposition(covariance).isPositiveDefinite()).toBe(true)
    for (let i = 0; i < prompts; i++) {
      for (let j = 0; j < prompts; j++) {
        let sum = 0
        for (let k = 0; k < full; k++) sum += columns[i * full + k]! * columns[j * full + k]!
        expect(sum).toBeCloseTo(dense[i * prompts + j]!, 9)
      }
    }
  })

  it('keeps every variance exact at any rank', () => {
    const { factor: columns, rank: low, residual } = lowRankFactor(dense, prompts, 2)
    expect(low).toBe(2)
    for (let i = 0; i < prompts; i++) {
      const explained = columns[i * low]! ** 2 + columns[i * low + 1]! ** 2
      expect(explained + residual[i]!).toBeCloseTo(dense[i * prompts + i]!, 10)
      expect(residual[i]).toBeGreaterThanOrEqual(0)
    }
  })
})
