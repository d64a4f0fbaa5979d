import { describe, expect, it } from 'vitest'
import { createJsBackend } from '../../src/numerics/linalg/index.ts'
import { createRandom } from '../../src/numerics/random/random.ts'
import { logistic } from '../../src/numerics/special/logistic.ts'
import { createKrigePolicy } from '../../src/policy/krige.ts'
import { play, promptPool } from './play.ts'

const RUNS = 60
const PROMPTS = 20
const EXAMPLES = 25

/** Expected score on a new example: the mean of σ(f + b) over b ~ N(0, 1), by midpoint quantiles. */
function populationScore(ability: number): number {
  const steps = 400
  let sum = 0
  const random = createRandom('quadrature')
  for (let k = 0; k < steps; k++) sum += logistic(ability + random.normal()) / steps
  return sum
}

/** How the winner's interval and mean compare with its true score on new examples. */
function calibration(deviation: number) {
  let covered = 0
  let bias = 0
  let luck = 0
  for (let run = 0; run < RUNS; run++) {
    const random = createRandom(run).split('truth')
    const ability = Array.from({ length: PROMPTS }, () => deviation * random.normal())
    const easiness = Array.from({ length: EXAMPLES }, () => random.normal())
    const table = ability.map((f) => easiness.map((b): number => (random.uniform() < logistic(f + b) ? 1 : 0)))
    const context = {
      seed: run,
      space: {},
      exampleCount: EXAMPLES,
      evaluationBudget: 160,
      estimand: 'population' as const,
      backend: createJsBackend(),
    }
    const { state } = play(createKrigePolicy(context), {
      context,
      pool: promptPool(PROMPTS),
      budget: 160,
      score: (i, e) => table[i]![e]!,
    })
    const { candidate, mean, interval } = createKrigePolicy(context).recommend(state)!
    const truth = populationScore(ability[candidate]!)
    if (interval[0] <= truth && truth <= interval[1]) covered++
    bias += (mean - truth) / RUNS
    let sum = 0
    let count = 0
    for (let k = 0; k < state.observations.length; k++) {
      if (state.observations.candidate(k) !== candidate) continue
      sum += state.observations.score(k)
      count++
    }
    luck += (sum / count - truth) / RUNS
  }
  return { coverage: covered / RUNS, bias, luck }
}

describe('the interval of the winner', { timeout: 60_000 }, () => {
  it('covers its true score about as often as it says, although it was picked as the best of many', () => {
    const { coverage, bias, luck } = calibration(1)
    // 90% nominal; two standard errors of 60 runs are 8 points.
    expect(coverage).toBeGreaterThan(0.8)
    expect(Math.abs(bias)).toBeLessThan(0.08)
    expect(Math.abs(bias)).toBeLessThan(Math.abs(luck) + 0.02)
  })

  it('allows for luck even in a pool of equals', () => {
    const { coverage, bias, luck } = calibration(0)
    expect(coverage).toBeGreaterThan(0.75)
    expect(bias).toBeLessThan(0.6 * luck)
  })
})
