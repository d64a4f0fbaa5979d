import { describe, expect, it } from 'vitest'
import { logistic } from '../../../src/numerics/special/logistic.ts'
import { conditionOnSites } from '../../../src/surrogate/prompt/gaussian-sites.ts'
import type { Outcomes } from '../../../src/surrogate/prompt/outcomes.ts'
import { evidenceCorrection, tiltMoments } from '../../../src/surrogate/prompt/tilted-moments.ts'

/** One prompt with `successes` of `trials` on one example of known easiness. */
const outcomesOf = (trials: number, successes: number): Outcomes => ({
  prompts: 1,
  offsets: Int32Array.of(0, trials > 0 ? 1 : 0),
  column: Int32Array.of(0),
  trials: Float64Array.of(trials),
  successes: Float64Array.of(successes),
  examples: [0],
  dispersion: 1,
  order: [0],
})

/** Mean and variance of f ~ N(0, prior) given outcomes, by brute force. */
function exact(prior: number, trials: number, successes: number) {
  const step = 0.002
  let [total, first, second] = [0, 0, 0]
  for (let f = -15; f <= 15; f += step) {
    const p = logistic(f)
    const weight = Math.exp(-(f * f) / (2 * prior)) * p ** successes * (1 - p) ** (trials - successes)
    total += weight
    first += weight * f
    second += weight * f * f
  }
  return { mean: first / total, variance: second / total - (first / total) ** 2 }
}

/** Laplace: mode and curvature there. */
function laplace(prior: number, trials: number, successes: number) {
  let f = 0
  for (let k = 0; k < 50; k++) {
    const p = logistic(f)
    f += (successes - trials * p - f / prior) / (trials * p * (1 - p) + 1 / prior)
  }
  const p = logistic(f)
  const s = trials * p * (1 - p)
  return { mean: f, variance: 1 / (s + 1 / prior), precision: s, shift: s * f + successes - trials * p }
}

describe('tiltMoments', () => {
  const cases: [number, number, number][] = [
    [1.2, 12, 12],
    [3.5, 4, 4],
    [0.4, 20, 13],
    [1.2, 6, 0],
  ]
  it.each(cases)(
    'gives the exact mean and variance of one prompt: prior variance %d, %d trials, %d successes',
    (...given) => {
      const site = laplace(...given)
      const truth = exact(...given)
      const mean = Float64Array.of(site.mean)
      const variance = Float64Array.of(site.variance)
      const sites = { precision: Float64Array.of(site.precision), shift: Float64Array.of(site.shift) }
      const [, trials, successes] = given
      tiltMoments(outcomesOf(trials, successes), sites, Float64Array.of(0), Float64Array.of(0), mean, variance)
      expect(Math.abs(mean[0]! - truth.mean)).toBeLessThan(0.02)
      expect(variance[0]! / truth.variance).toBeGreaterThan(0.95)
      expect(variance[0]! / truth.variance).toBeLessThan(1.05)
      // The mode of an all-or-nothing record is too close to the middle.
      if (successes === trials) expect(mean[0]!).toBeGreaterThan(site.mean + 0.05)
    },
  )

  it('leaves prompts alone that nobody measured', () => {
    const mean = Float64Array.of(0.3)
    const variance = Float64Array.of(2)
    const sites = { precision: Float64Array.of(0), shift: Float64Array.of(0) }
    tiltMoments(outcomesOf(0, 0), sites, Float64Array.of(0), Float64Array.of(0), mean, variance)
    expect([mean[0], variance[0]]).toEqual([0.3, 2])
  })
})

describe('evidenceCorrection', () => {
  /** log p(y) of one prompt, f ~ N(0, prior), by brute force. */
  const exactEvidence = (prior: number, trials: number, successes: number) => {
    const step = 0.002
    let total = 0
    for (let f = -20; f <= 20; f += step) {
      const p = logistic(f)
      total += p ** successes * (1 - p) ** (trials - successes) * Math.exp(-(f * f) / (2 * prior)) * step
    }
    return Math.log(total / Math.sqrt(2 * Math.PI * prior))
  }
  const site = laplace(1, 3, 3)
  const sites = { precision: Float64Array.of(site.precision), shift: Float64Array.of(site.shift) }
  const evidenceOf = (prior: number) => {
    const independent = Float64Array.of(prior)
    const posterior = conditionOnSites(
      { factor: new Float64Array(1), rank: 1, independent, easinessVariance: 1 },
      sites,
    )
    const zero = Float64Array.of(0)
    return {
      site: posterior.logEvidence,
      corrected: posterior.logEvidence + evidenceCorrection(outcomesOf(3, 3), zero, zero, posterior),
    }
  }

  it.each([0.02, 0.1, 0.4, 1.2, 3.5])(
    'makes the evidence of a prior variance of %d that of the likelihood',
    (prior) => {
      const reference = exactEvidence(1, 3, 3)
      const exactGain = exactEvidence(prior, 3, 3) - reference
      const [own, base] = [evidenceOf(prior), evidenceOf(1)]
      expect(own.corrected - base.corrected).toBeCloseTo(exactGain, 2)
    },
  )

  it('is needed: a site from the mode prefers small variances to those the likelihood prefers', () => {
    const gain = (of: 'site' | 'corrected') => evidenceOf(3.5)[of] - evidenceOf(0.1)[of]
    expect(gain('site')).toBeLessThan(gain('corrected') - 0.05)
  })

  it('counts an outcome of uncertain easiness for less', () => {
    const gain = (uncertainty: number) => {
      const correction = (prior: number) => {
        const independent = Float64Array.of(prior)
        const posterior = conditionOnSites(
          { factor: new Float64Array(1), rank: 1, independent, easinessVariance: 1 },
          { precision: Float64Array.of(0), shift: Float64Array.of(0) },
        )
        return evidenceCorrection(outcomesOf(3, 3), Float64Array.of(0), Float64Array.of(uncertainty), posterior)
      }
      return correction(1.2) - correction(0.02)
    }
    expect(gain(2)).toBeLessThan(gain(0))
    expect(gain(0)).toBeCloseTo(exactEvidence(1.2, 3, 3) - exactEvidence(0.02, 3, 3), 2)
  })
})
