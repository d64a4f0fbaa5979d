import fc from 'fast-check'
import { mean } from 'simple-statistics'
import { describe, expect, it } from 'vitest'
import { createObservationLog } from '../../src/history/observation-log.ts'
import { createJsBackend } from '../../src/numerics/linalg/index.ts'
import { createRandom } from '../../src/numerics/random/random.ts'
import { logistic } from '../../src/numerics/special/logistic.ts'
import { createSchedule, plannedBudget } from '../../src/policy/krige/schedule.ts'
import { createKrigePolicy } from '../../src/policy/krige.ts'
import type { PolicyContext, PolicyState } from '../../src/policy/policy.ts'
import type { PoolEntry } from '../../src/prompt/candidate.ts'
import { play, promptPool } from './play.ts'

const contextOf = (over: Partial<PolicyContext> = {}): PolicyContext => ({
  seed: 1,
  space: {},
  exampleCount: 20,
  evaluationBudget: 200,
  estimand: 'set',
  backend: createJsBackend(),
  ...over,
})

function bernoulli(seed: number, ability: (i: number) => number) {
  const random = createRandom(seed)
  const table = Array.from({ length: 60 }, (_, i) =>
    Array.from({ length: 60 }, () => (random.uniform() < logistic(ability(i)) ? 1 : 0)),
  )
  return (candidate: number, example: number) => table[candidate]![example]!
}

describe('krige', () => {
  it('measures every prompt once before any prompt is measured in earnest', () => {
    const context = contextOf()
    const asked: number[] = []
    play(createKrigePolicy(context), {
      context,
      pool: promptPool(30),
      budget: 200,
      score: bernoulli(1, (i) => i / 10 - 1.5),
      onDecision: (decision) => {
        if (decision.kind === 'act' && decision.action.kind === 'evaluate')
          asked.push(decision.action.candidate as number)
      },
    })
    expect(new Set(asked.slice(0, 30)).size).toBe(30)
  })

  it('with a small budget meets those whose text promises most, and only a quarter of it goes there', () => {
    const context = contextOf({ exampleCount: 30, evaluationBudget: 80 })
    const pool = Array.from({ length: 60 }, (_, i) => ({
      candidate: { id: `p${i}`, text: i % 2 ? `Answer with care, please, case ${i}.` : `NO EXPLANATIONS!!! ${i} ${i}` },
    }))
    const asked: number[] = []
    play(createKrigePolicy(context), {
      context,
      pool,
      budget: 80,
      score: bernoulli(5, (i) => (i % 2 ? 1.5 : -1.5)),
      onDecision: (decision) => {
        if (decision.kind === 'act' && decision.action.kind === 'evaluate')
          asked.push(decision.action.candidate as number)
      },
    })
    expect(new Set(asked.slice(0, 20)).size).toBe(20)
    expect(asked.slice(0, 20).filter((i) => i % 2).length).toBeGreaterThan(12)
    // Most of the bad half is never measured at all.
    expect(new Set(asked.filter((i) => i % 2 === 0)).size).toBeLessThan(20)
  })

  it('moves to another example once everybody gets the first one right', () => {
    const context = contextOf({ exampleCount: 30, evaluationBudget: 400 })
    const used = new Map<number, number>()
    const fair = bernoulli(2, () => 0)
    const trivial = new Set<number>()
    play(createKrigePolicy(context), {
      context,
      pool: promptPool(40),
      budget: 40,
      score: (i, e) => {
        if (used.size === 0) trivial.add(e)
        used.set(e, (used.get(e) ?? 0) + 1)
        return trivial.has(e) ? 1 : fair(i, e)
      },
    })
    const [first] = trivial
    expect(used.get(first!)!).toBeLessThan(20)
  })

  it('asks for blocks of examples when told to, and never for more than is left', () => {
    const context = contextOf({ options: { block: 4 }, evaluationBudget: 50 })
    const sizes: number[] = []
    const { spent } = play(createKrigePolicy(context), {
      context,
      pool: promptPool(6),
      budget: 50,
      score: bernoulli(3, (i) => i - 3),
      onDecision: (decision) => {
        if (decision.kind === 'act' && decision.action.kind === 'evaluate') sizes.push(decision.action.examples.length)
      },
    })
    expect(spent).toBe(50)
    expect(Math.max(...sizes)).toBe(4)
  })

  it('measures a prompt that joins late, and can recommend it', () => {
    const context = contextOf({ evaluationBudget: 300 })
    const pool = promptPool(15)
    const { state, cells } = play(createKrigePolicy(context), {
      context,
      pool,
      budget: 300,
      score: bernoulli(4, (i) => (i === 15 ? 4 : -1)),
      before: ({ observations }) => {
        if (observations.length === 150 && pool.length === 15) pool.push(...promptPool(16).slice(15))
      },
    })
    expect([...cells].filter((cell) => cell.startsWith('15/')).length).toBeGreaterThan(10)
    expect(createKrigePolicy(context).recommend(state)!.candidate).toBe(15)
  })

  it('maximizes real-valued scores of any range', () => {
    const context = contextOf({ evaluationBudget: 240 })
    const random = createRandom(8)
    const { state } = play(createKrigePolicy(context), {
      context,
      pool: promptPool(20),
      budget: 240,
      score: (i, e) => -500 + 10 * i + 3 * e + 20 * random.normal(),
    })
    const { candidate, mean, interval } = createKrigePolicy(context).recommend(state)!
    expect(candidate).toBeGreaterThan(15)
    expect(mean).toBeGreaterThan(-400)
    expect(interval[0]).toBeGreaterThan(-500)
  })

  it('explains an action and stops when little is to be gained', () => {
    const options = { stopBelowGain: 0.02 }
    const context = contextOf({ options, evaluationBudget: 2000, exampleCount: 60 })
    let reason = ''
    let gain: number | undefined
    const { spent } = play(createKrigePolicy(context), {
      context,
      pool: promptPool(10),
      budget: 2000,
      score: bernoulli(5, (i) => (i === 4 ? 3 : -2)),
      onDecision: (decision) => {
        if (decision.kind === 'done') reason = decision.reason
        if (decision.kind === 'act') gain ??= decision.action.reason?.expectedGain
      },
    })
    expect(spent).toBeLessThan(600)
    expect(reason).toContain('expected to gain')
    expect(gain).toBeGreaterThanOrEqual(0)
  })
})

describe('settings', () => {
  const chosen = (options: Record<string, unknown>) => {
    const context = contextOf({ options, evaluationBudget: 260, exampleCount: 30 })
    const asked: string[] = []
    const { state } = play(createKrigePolicy(context), {
      context,
      pool: promptPool(24),
      budget: 260,
      score: bernoulli(17, (i) => (i === 9 ? 2 : -1.5)),
      onDecision: (decision) => {
        if (decision.kind === 'act' && decision.action.kind === 'evaluate') {
          asked.push(`${decision.action.candidate}/${decision.action.examples}`)
        }
      },
    })
    return { candidate: createKrigePolicy(context).recommend(state)!.candidate, asked: asked.join(' ') }
  }
  const standard = chosen({})

  it.each([
    { text: false },
    { views: ['surface'] },
    { exampleEffects: false },
    { sharedFailures: false },
    { exampleChoice: 'shared-order' },
    { exampleChoice: 'own-order' },
    { likelihood: 'gaussian' },
    { updates: 5 },
  ])('%o changes what is asked, and still finds an outlier', (options) => {
    const { candidate, asked } = chosen(options)
    expect(candidate).toBe(9)
    expect(asked).not.toBe(standard.asked)
  })

  it('measures all prompts on the same first example, or each on its own', () => {
    const firstExamples = (exampleChoice: string) =>
      new Set(
        chosen({ exampleChoice })
          .asked.split(' ')
          .slice(0, 24)
          .map((cell) => cell.split('/')[1]),
      )
    expect(firstExamples('shared-order').size).toBe(1)
    expect(firstExamples('own-order').size).toBeGreaterThan(10)
  })
})

describe('warm start', () => {
  const ability = (i: number) => ((i * 7) % 40) / 8 - 3.5
  const earlier = (sign: number) => {
    const observations = createObservationLog()
    const outcome = bernoulli(31, (i) => sign * ability(i))
    for (let i = 0; i < 40; i++) {
      for (let e = 0; e < 20; e++) observations.append({ candidate: i, example: e, repeat: 0, score: outcome(i, e) })
    }
    return [{ name: 'earlier', pool: promptPool(40), observations, exampleCount: 20 }]
  }
  const STUDIES = 6
  /** Mean chance of an answer being right among the first and among the last prompts asked, and of the prompt chosen. */
  const studies = (priors: PolicyContext['priors'], count = STUDIES) => {
    const sums = { first: 0, last: 0, chosen: 0 }
    for (let seed = 0; seed < count; seed++) {
      const context = contextOf({ seed, evaluationBudget: 120, exampleCount: 30, ...(priors ? { priors } : {}) })
      const { state } = play(createKrigePolicy(context), {
        context,
        pool: promptPool(40),
        budget: 120,
        score: bernoulli(40 + seed, ability),
      })
      const right = Array.from({ length: state.observations.length }, (_, at) =>
        logistic(ability(state.observations.candidate(at))),
      )
      sums.first += mean(right.slice(0, 10)) / count
      sums.last += mean(right.slice(-40)) / count
      sums.chosen += logistic(ability(createKrigePolicy(context).recommend(state)!.candidate)) / count
    }
    return sums
  }

  it('begins where the earlier study ended, and leaves it where outcomes say the opposite', () => {
    const [cold, same, opposite] = [studies(undefined), studies(earlier(1)), studies(earlier(-1))]
    // It is believed at first, be it right or wrong …
    expect(same.first).toBeGreaterThan(cold.first + 0.2)
    expect(opposite.first).toBeLessThan(cold.first - 0.2)
    // … and given up.
    expect(opposite.last).toBeGreaterThan(opposite.first + 0.3)
    expect(opposite.chosen).toBeGreaterThan(cold.chosen - 0.1)
    expect(same.chosen).toBeGreaterThan(cold.chosen - 0.02)
  }, 180_000)

  it('survives histories that say nothing: empty, all failed, of other prompts', () => {
    const failed = createObservationLog([{ candidate: 0, example: 0, repeat: 0, score: null }])
    const other = createObservationLog([{ candidate: 0, example: 0, repeat: 0, score: 1 }])
    const elsewhere = [{ candidate: { id: 'x', text: 'Something else entirely' } }]
    const priors = [
      { name: 'empty', pool: promptPool(3), observations: createObservationLog(), exampleCount: 5 },
      { name: 'failed', pool: promptPool(3), observations: failed, exampleCount: 5 },
      { name: 'other', pool: elsewhere, observations: other, exampleCount: 5 },
    ]
    expect(studies(priors, 4).chosen).toBeGreaterThan(0.5)
  })

  it('carries over means for what their errors say', () => {
    const begins = (standardError: number) => {
      const observations = createObservationLog(
        Array.from({ length: 40 }, (_, candidate) => {
          return { candidate, example: -1, repeat: 0, score: logistic(ability(candidate)), count: 20, standardError }
        }),
      )
      const priors = [{ name: 'earlier', pool: promptPool(40), observations, exampleCount: 20 }]
      const context = contextOf({ evaluationBudget: 120, exampleCount: 30, priors })
      const played = play(createKrigePolicy(context), {
        context,
        pool: promptPool(40),
        budget: 120,
        score: bernoulli(40, ability),
      })
      const { observations: told } = played.state
      return mean(Array.from({ length: 10 }, (_, at) => logistic(ability(told.candidate(at)))))
    }
    expect(begins(0.05)).toBeGreaterThan(begins(1e6) + 0.2)
  })

  it('carries over what is known of prompts that an earlier study made, given as a pool', () => {
    const context = contextOf({ evaluationBudget: 120, exampleCount: 30, priors: earlier(1) })
    const begins = (by: 'pool' | 'proposer') => {
      const pool = promptPool(40).map(({ candidate }) => ({ candidate: { ...candidate, origin: { by } } }))
      const { state } = play(createKrigePolicy(context), { context, pool, budget: 120, score: bernoulli(40, ability) })
      return mean(Array.from({ length: 10 }, (_, at) => logistic(ability(state.observations.candidate(at)))))
    }
    expect(begins('proposer')).toBeGreaterThan(begins('pool') - 0.1)
  })
})

describe('schedule', () => {
  const schedule = createSchedule({ prompts: 100, examples: 50, budget: 1000, updates: 15, firstPassShare: 0.5 })

  it('refits at prefixes, more often at first', () => {
    expect(schedule.refitAt(0)).toBe(0)
    expect(schedule.refitAt(7)).toBe(5)
    expect(schedule.refitAt(100)).toBe(100)
    for (let told = 0; told < 1000; told++) expect(schedule.refitAt(told)).toBeLessThanOrEqual(told)
  })

  it('shrinks the active set from all to the finalists', () => {
    let last = 100
    for (let told = 0; told <= 1000; told += 10) {
      const size = schedule.activeSize(schedule.refitAt(told))
      expect(size).toBeLessThanOrEqual(last)
      last = size
    }
    expect(last).toBe(3)
  })

  it('plans studies without a budget for 25 full evaluations, then twice as many', () => {
    expect(plannedBudget(Number.POSITIVE_INFINITY, 10, 0)).toBe(250)
    expect(plannedBudget(Number.POSITIVE_INFINITY, 10, 250)).toBe(500)
    expect(plannedBudget(77, 10, 50)).toBe(77)
  })
})

describe('rounds', () => {
  it('are no larger than a batch, end with the budget, and are ten at least after the first pass', () => {
    const shape = fc.record({
      prompts: fc.integer({ min: 1, max: 900 }),
      examples: fc.integer({ min: 1, max: 300 }),
      budget: fc.integer({ min: 1, max: 6000 }),
      batch: fc.integer({ min: 2, max: 1000 }),
    })
    fc.assert(
      fc.property(shape, (given) => {
        const schedule = createSchedule({ ...given, updates: 30, firstPassShare: 0.25 })
        let rounds = 0
        for (let told = 0; told < given.budget; ) {
          const end = Math.min(given.budget, schedule.roundEnd(told))
          expect(end - told).toBeLessThanOrEqual(given.batch)
          expect(end).toBeGreaterThan(told)
          // Whoever tells them one by one gets the same round.
          expect(schedule.roundEnd(end - 1)).toBe(schedule.roundEnd(told))
          if (told >= schedule.firstPass) rounds++
          told = end
        }
        const rest = given.budget - schedule.firstPass
        if (rest >= 10) expect(rounds).toBeGreaterThanOrEqual(10)
        expect(createSchedule({ ...given, batch: 1, updates: 30, firstPassShare: 0.25 }).roundEnd(0)).toBe(
          Number.POSITIVE_INFINITY,
        )
      }),
      { numRuns: 200 },
    )
  })

  it('wait until all of one is told, in whatever order, and decide the same then', () => {
    const context = contextOf({ exampleCount: 60, options: { batch: 100 } })
    const pool = promptPool(30)
    const score = bernoulli(3, (i) => i / 10 - 1.5)
    const rounds = (order: 'first' | 'last') => {
      const policy = createKrigePolicy(context)
      const observations = createObservationLog()
      const pending: { candidate: number; example: number; repeat: number }[] = []
      const sizes: number[] = []
      const asked: string[] = []
      for (let left = 200; ; ) {
        const state: PolicyState = { pool, observations, pending, fits: [], evaluationsLeft: left }
        const decision = policy.next(state)
        if (decision.kind === 'act' && decision.action.kind === 'evaluate') {
          const { candidate, examples } = decision.action
          for (const example of examples) pending.push({ candidate: candidate as number, example, repeat: 0 })
          asked.push(`${candidate}/${examples}`)
          left -= examples.length
          continue
        }
        if (pending.length === 0) return { sizes, asked }
        sizes.push(pending.length)
        while (pending.length > 0) {
          const cell = order === 'first' ? pending.shift()! : pending.pop()!
          observations.append({ ...cell, score: score(cell.candidate, cell.example) })
          const between = policy.next({ pool, observations, pending, fits: [], evaluationsLeft: left })
          if (pending.length > 0 && left > 0) expect(between.kind).toBe('wait')
        }
      }
    }
    const { sizes, asked } = rounds('first')
    expect(sizes.slice(0, 2)).toEqual([6, 24])
    expect(sizes.reduce((sum, size) => sum + size, 0)).toBe(200)
    expect(Math.max(...sizes.slice(2))).toBeLessThanOrEqual(17)
    expect(new Set(rounds('last').asked)).toEqual(new Set(asked))
  })
})

describe('a pool that grows', () => {
  const pool: PoolEntry[] = promptPool(50).map(({ candidate }, i) => ({
    candidate: { ...candidate, origin: { by: i < 30 ? 'pool' : 'proposer' } },
  }))

  it.each([[[]], [[30]]])('decides and recommends as a policy that sees it for the first time (priors %j)', (prior) => {
    const earlier = createObservationLog()
    for (let k = 0; k < 90; k++) earlier.append({ candidate: k % 30, example: k % 7, repeat: 0, score: k % 3 ? 1 : 0 })
    const priors = prior.map(() => ({
      name: 'earlier',
      pool: pool.slice(0, 30),
      observations: earlier,
      exampleCount: 20,
    }))
    const context = contextOf({ evaluationBudget: 400, priors })
    const score = bernoulli(3, (i) => i / 15 - 1)
    const observations = createObservationLog()
    const used = createKrigePolicy(context)
    for (let size = 30; size <= 50; size += 2) {
      const state = {
        pool: pool.slice(0, size),
        observations,
        pending: [],
        fits: [],
        evaluationsLeft: 400 - observations.length,
      }
      const fresh = createKrigePolicy(context)
      for (let step = 0; step < 6; step++) {
        const decision = used.next(state)
        expect(decision.kind).toBe('act')
        if (step === 0) {
          const again = fresh.next({ ...state, observations: copyOf(observations) })
          expect(actionOf(again)).toEqual(actionOf(decision))
          const recommended = used.recommend(state)
          if (recommended) expect(fresh.recommend(state)!.candidate).toBe(recommended.candidate)
        }
        const { candidate, examples } = actionOf(decision)
        for (const example of examples) {
          observations.append({ candidate, example, repeat: 0, score: score(candidate, example) })
        }
      }
    }
  })
})

function actionOf(decision: ReturnType<ReturnType<typeof createKrigePolicy>['next']>) {
  if (decision.kind !== 'act' || decision.action.kind !== 'evaluate') throw new Error(`decided ${decision.kind}`)
  const { candidate, examples } = decision.action
  return { candidate: candidate as number, examples }
}

function copyOf(history: ReturnType<typeof createObservationLog>) {
  return createObservationLog(
    Array.from({ length: history.length }, (_, k) => ({
      candidate: history.candidate(k),
      example: history.example(k),
      repeat: history.repeat(k),
      score: history.score(k),
    })),
  )
}
