import { describe, expect, it } from 'vitest'
import { createJsBackend } from '../../../src/numerics/linalg/index.ts'
import { createKrigePolicy } from '../../../src/policy/krige.ts'
import type { Decision, PolicyContext } from '../../../src/policy/policy.ts'
import { learnPrior } from '../../../src/policy/prior/learn-prior.ts'
import { learnedOptions } from '../../../src/policy/prior/learned-options.ts'
import { createStudy, restoreStudy } from '../../../src/study/create-study.ts'
import { createPromptModel } from '../../../src/surrogate/prompt/prompt-model.ts'
import { play } from '../play.ts'
import { history, lengthOf, promptsOfLengths } from './histories.ts'

const helpful = learnPrior(['a', 'b', 'c', 'd'].map((task, k) => history(task, 10 * k, 0.4)))
const wrong = learnPrior(['a', 'b', 'c', 'd'].map((task, k) => history(task, 10 * k, -0.4)))

const contextOf = (over: Partial<PolicyContext> = {}): PolicyContext => ({
  seed: 1,
  space: {},
  exampleCount: 30,
  evaluationBudget: 150,
  estimand: 'set',
  backend: createJsBackend(),
  ...over,
})

function decisions(over: Partial<PolicyContext>, budget = 150, slope = 0.4): { made: string[]; asked: number[] } {
  const { pool, observations } = history('new', 500, slope)
  const scores = new Map<string, number>()
  for (let k = 0; k < observations.length; k++) {
    scores.set(`${observations.candidate(k)} ${observations.example(k)}`, observations.score(k))
  }
  const context = contextOf({ ...over, evaluationBudget: budget })
  const made: string[] = []
  const asked: number[] = []
  play(createKrigePolicy(context), {
    context,
    pool: [...pool],
    budget,
    score: (candidate, example) => scores.get(`${candidate} ${example}`)!,
    onDecision: (decision: Decision) => {
      made.push(JSON.stringify(decision))
      if (decision.kind === 'act' && decision.action.kind === 'evaluate')
        asked.push(decision.action.candidate as number)
    },
  })
  return { made, asked }
}

describe('krige with a learned prior', () => {
  it('proposes the same for the same seed, history and prior, and something else without it', () => {
    expect(decisions({ prior: helpful }).made).toEqual(decisions({ prior: helpful }).made)
    expect(decisions({ prior: helpful }).made).not.toEqual(decisions({}).made)
  })

  it('leaves to the texts at hand whom to meet, and then measures the promising first', () => {
    // A quarter of 60 evaluations for forty prompts: not all can be met.
    const pool = promptsOfLengths(40, 500)
    const meanLength = (asked: readonly number[]) =>
      asked.reduce((sum, i) => sum + lengthOf(pool[i]!), 0) / asked.length
    const helped = decisions({ prior: helpful }, 60).asked
    const misled = decisions({ prior: wrong }, 60).asked
    expect(new Set(misled.slice(0, 15)).size).toBe(15)
    expect(misled[0]).toBe(decisions({}, 60).asked[0])
    expect(Math.abs(meanLength(helped.slice(0, 15)) - meanLength(misled.slice(0, 15)))).toBeLessThan(1)
    expect(meanLength(helped.slice(15))).toBeGreaterThan(meanLength(misled.slice(15)))
  })

  it('gives up a prior that is wrong as outcomes come in', () => {
    const { pool, observations } = history('new', 500, 0.4)
    const believed = (prior: typeof helpful, length: number) =>
      createPromptModel(pool, learnedOptions(prior, pool, {}))
        .fit(observations, length)
        .components.reduce((sum, { setting, weight }) => sum + (setting.belief ? weight : 0), 0)
    expect(believed(helpful, observations.length)).toBeGreaterThan(0.6)
    expect(believed(wrong, observations.length)).toBeLessThan(0.1)
    expect(believed(wrong, observations.length)).toBeLessThan(believed(wrong, 60))
  })
})

describe('a study with a prior', () => {
  const texts = promptsOfLengths(20, 3).map(({ candidate }) => candidate)
  const options = { pool: texts, exampleCount: 10, budget: { evaluations: 60 }, seed: 4 }
  const run = (study: ReturnType<typeof createStudy>, actions: number) => {
    const asked: unknown[] = []
    for (let k = 0; k < actions; k++) {
      const action = study.ask()
      if (action.kind !== 'evaluate') break
      asked.push([action.candidate.id, action.examples])
      study.tell(
        action.id,
        action.examples.map((example) => ((action.candidate.text!.length + example) % 3 === 0 ? 1 : 0)),
      )
    }
    return asked
  }

  it('keeps it in its log: what is restored goes on as if never interrupted', () => {
    const whole = createStudy({ ...options, prior: helpful })
    const all = run(whole, 40)
    const first = createStudy({ ...options, prior: helpful })
    const beginning = run(first, 15)
    expect([...beginning, ...run(restoreStudy(first.serialize()), 25)]).toEqual(all)
  })

  it('refuses what is no prior, and a policy that would make nothing of it', () => {
    expect(() => createStudy({ ...options, prior: { ...helpful, format: 'prior/2' } as never })).toThrow(/prior\/2/)
    expect(() => createStudy({ ...options, policy: 'random', prior: helpful })).toThrow(
      /policy random learns nothing from a prior/,
    )
  })
})
