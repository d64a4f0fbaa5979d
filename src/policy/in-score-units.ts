import { createScoreUnits, timesPowerOfTwo } from '../history/score-unit.ts'
import type { Decision, Policy, PolicyFactory, Recommendation } from './policy.ts'

/**
 * A policy that is shown scores of any size in units whose squares are numbers, and whose recommendation is in the scores'
 * own. Where they are between about 1e-38 and 1e38 it is the policy itself.
 *
 * @example
 * const policy = inScoreUnits(createRandomPolicy)
 * const study = createStudy({ space: { x: { float: [0, 1] } }, policy, budget: { evaluations: 1 } })
 * study.tell(study.ask().id, [1e308])
 * study.recommend()?.mean // ≈ 1e308
 */
export function inScoreUnits(create: PolicyFactory): PolicyFactory {
  return (context) => {
    const units = createScoreUnits()
    const priors = context.priors?.map((prior) => ({
      ...prior,
      observations: createScoreUnits().of(prior.observations).history,
    }))
    let policy: Policy = create(priors ? { ...context, priors } : context)
    let current = 0
    // Another unit is another history, to which a policy comes afresh.
    const policyFor = (exponent: number): Policy => {
      if (exponent !== current) {
        const scoreUnit = timesPowerOfTwo(1, exponent)
        policy = create({ ...context, ...(priors ? { priors } : {}), ...(exponent === 0 ? {} : { scoreUnit }) })
        current = exponent
      }
      return policy
    }
    return {
      name: policy.name,
      next(state) {
        const { history: observations, exponent } = units.of(state.observations)
        const decision = policyFor(exponent).next({ ...state, observations })
        return exponent === 0 ? decision : explained(decision, exponent)
      },
      recommend(state) {
        const { history: observations, exponent } = units.of(state.observations)
        const recommendation = policyFor(exponent).recommend({ ...state, observations })
        return recommendation && exponent !== 0 ? inOwnUnits(recommendation, exponent) : recommendation
      },
    }
  }
}

/** Reasons are told in the unit the policy saw, which is named. */
function explained(decision: Decision, exponent: number): Decision {
  if (decision.kind !== 'act' || !decision.action.reason) return decision
  const { summary, expectedGain } = decision.action.reason
  const reason = {
    summary: `${summary}; scores in units of 2^${exponent}`,
    ...(expectedGain === undefined ? {} : { expectedGain: timesPowerOfTwo(expectedGain, exponent) }),
  }
  return { ...decision, action: { ...decision.action, reason } }
}

function inOwnUnits(recommendation: Recommendation, exponent: number): Recommendation {
  const { mean, interval, expectedGainOf100, means, standardDeviations, shared } = recommendation
  const times = (x: number) => timesPowerOfTwo(x, exponent)
  return {
    ...recommendation,
    mean: times(mean),
    interval: [times(interval[0]), times(interval[1])],
    expectedGainOf100: times(expectedGainOf100),
    means: means.map(times),
    standardDeviations: standardDeviations.map(times),
    ...(shared ? { shared: { ...shared, values: shared.values.map(times) } } : {}),
  }
}
