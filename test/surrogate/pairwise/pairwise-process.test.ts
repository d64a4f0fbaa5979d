import { describe, expect, it } from 'vitest'
import { createBackend } from '../../../src/numerics/linalg/index.ts'
import { createRandom } from '../../../src/numerics/random/index.ts'
import { gaussianProcess } from '../../../src/surrogate/gaussian-process/gaussian-process.ts'
import { matern52, scale } from '../../../src/surrogate/kernels/index.ts'
import { pairwiseLikelihood, pairwiseProcess, type Win } from '../../../src/surrogate/pairwise/pairwise-process.ts'
import { points } from '../../../src/surrogate/points.ts'
import { surrogateConformance } from '../../../src/testing/surrogate-conformance.ts'

const backend = createBackend()
const random = createRandom(6)
const x = points(Array.from({ length: 14 }, (_, i) => [i / 13]))
const utility = (t: number) => 2 * Math.sin(4 * t)
const wins: Win[] = Array.from({ length: 80 }, () => {
  const a = random.integer(14)
  const b = (a + 1 + random.integer(13)) % 14
  const difference = utility(x.data[a]!) - utility(x.data[b]!) + 0.5 * Math.SQRT2 * random.normal()
  return difference > 0 ? { winner: a, loser: b } : { winner: b, loser: a }
})
const model = { kernel: scale(matern52({ lengthScale: 0.4 }), 2) }

describe('pairwise process', () => {
  const make = () => pairwiseProcess(model, { points: x, wins }, backend)
  for (const { name, run } of surrogateConformance(make, { backend, dimension: 1 })) it(name, run)

  it('recovers the order from comparisons alone', () => {
    const { mean } = make().posterior(x)
    const best = mean.indexOf(Math.max(...mean))
    expect(utility(x.data[best]!)).toBeGreaterThan(1.6)
    let agree = 0
    let pairs = 0
    for (let i = 0; i < 14; i++) {
      for (let j = 0; j < i; j++) {
        if (Math.abs(utility(x.data[i]!) - utility(x.data[j]!)) < 0.5) continue
        pairs++
        if (mean[i]! > mean[j]! === utility(x.data[i]!) > utility(x.data[j]!)) agree++
      }
    }
    expect(agree / pairs).toBeGreaterThan(0.9)
  })

  it('predicts comparisons with probabilities that add to one', () => {
    const process = make()
    const a = points([[0.4], [0.9]])
    const b = points([[1], [0.1]])
    const forwards = process.preference(a, b)
    const backwards = process.preference(b, a)
    for (let i = 0; i < 2; i++) expect(forwards[i]! + backwards[i]!).toBeCloseTo(1, 12)
    expect(forwards[0]).toBeGreaterThan(0.9)
  })

  it('with scores alone is the exact process', () => {
    const scores = [
      { point: 0, score: 0.3, variance: 0.1 },
      { point: 5, score: -1, variance: 0.2 },
    ]
    const latent = pairwiseProcess(model, { points: x, wins: [], scores }, backend).posterior(x)
    const exact = gaussianProcess(
      { kernel: model.kernel, observationNoise: 1e-12, mean: 'zero' },
      {
        points: points([x.data.slice(0, 1), x.data.slice(5, 6)]),
        targets: Float64Array.of(0.3, -1),
        noiseVariances: Float64Array.of(0.1, 0.2),
      },
      backend,
    ).posterior(x)
    for (let i = 0; i < 14; i++) {
      expect(latent.mean[i]).toBeCloseTo(exact.mean[i]!, 6)
      expect(latent.variance[i]).toBeCloseTo(exact.variance[i]!, 6)
    }
  })

  it('puts scores and comparisons on one scale', () => {
    const anchored = pairwiseProcess(
      model,
      { points: x, wins, scores: [{ point: 0, score: 5, variance: 0.01 }] },
      backend,
    ).posterior(x)
    const free = make().posterior(x)
    expect(anchored.mean[0]).toBeGreaterThan(4)
    expect(anchored.mean[0]! - anchored.mean[13]!).toBeGreaterThan(0)
    expect(anchored.mean[5]).toBeGreaterThan(free.mean[5]!)
  })

  it('has derivatives that match finite differences, and is not afraid of upsets', () => {
    const likelihood = pairwiseLikelihood(
      [{ winner: 0, loser: 1, count: 2 }],
      [{ point: 1, score: 1, variance: 0.5 }],
      0.5,
    )
    for (const f of [Float64Array.of(0.2, -0.4), Float64Array.of(-3, 2), Float64Array.of(-1e4, 1e4)]) {
      const gradient = new Float64Array(2)
      const hessian = new Float64Array(4)
      likelihood.derivatives(f, gradient, hessian)
      for (const value of [...gradient, ...hessian]) expect(Number.isFinite(value)).toBe(true)
      if (Math.abs(f[0]!) > 10) continue
      for (let i = 0; i < 2; i++) {
        const at = (step: number) => likelihood.logLikelihood(f.with(i, f[i]! + step))
        expect(gradient[i]).toBeCloseTo((at(1e-5) - at(-1e-5)) / 2e-5, 5)
        expect(hessian[i * 3]).toBeCloseTo(-(at(1e-4) - 2 * at(0) + at(-1e-4)) / 1e-8, 3)
      }
    }
    const upset = pairwiseProcess(
      model,
      {
        points: x,
        wins: [
          { winner: 0, loser: 1, count: 1000 },
          { winner: 1, loser: 0, count: 1 },
        ],
      },
      backend,
    )
    expect(upset.posterior(x).mean[0]).toBeGreaterThan(upset.posterior(x).mean[1]!)
  })

  it('refuses a comparison with oneself', () => {
    expect(() => pairwiseProcess(model, { points: x, wins: [{ winner: 1, loser: 1 }] }, backend)).toThrow(
      'wins[0] is between 1 and 1',
    )
  })
})
