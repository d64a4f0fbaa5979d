import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { PolicyFactory } from '../../src/policy/policy.ts'
import { createStudy, restoreStudy } from '../../src/study/create-study.ts'
import type { StudyEvent } from '../../src/study/events.ts'
import { foldEvents } from '../../src/study/state.ts'
import type { AskedEvaluation, Study } from '../../src/study/study.ts'
import { breadthFirst, pool } from './breadth-first.ts'

const start = (options: Parameters<typeof createStudy>[0] = {}) =>
  createStudy({ pool: pool(3), policy: breadthFirst, exampleCount: 4, seed: 1, ...options })

const askEvaluation = (study: Study): AskedEvaluation => {
  const action = study.ask()
  if (action.kind !== 'evaluate') throw new Error(action.kind)
  return action
}

describe('study', () => {
  it('takes the results of several actions, or of none where one is refused', () => {
    const study = createStudy({ pool: ['A', 'B'], exampleCount: 3 })
    const [a, b] = [study.ask(), study.ask()].map((action) => ('id' in action ? action.id : 0)) as [number, number]
    const results = (second: number, scores: unknown) =>
      [
        { action: a, scores: 1 },
        { action: second, scores },
      ] as Parameters<typeof study.tellAll>[0]
    expect(() => study.tellAll(results(b, [1, 1]))).toThrow(`action ${b} got 2 scores`)
    expect(() => study.tellAll(results(b, 'good'))).toThrow()
    expect(() => study.tellAll(results(a, 1))).toThrow(`action ${a} stands there twice`)
    expect(() => study.tellAll('all' as never)).toThrow('results is "all"; expected a list')
    expect(study.state.observations.length).toBe(0)
    study.tellAll(results(b, null))
    expect([0, 1].map((k) => study.state.observations.score(k))).toEqual([1, Number.NaN])
  })

  it('asks, is told, and recommends', () => {
    const study = start()
    for (let round = 0; round < 3; round++) {
      const action = askEvaluation(study)
      study.tell(action.id, [action.index === 2 ? 1 : 0])
    }
    expect(study.recommend()).toMatchObject({ candidate: 2, mean: 1 })
    expect(study.spent.evaluations).toBe(3)
  })

  it('reads the origins that earlier versions wrote as one word', () => {
    const created = start({ pool: [] }).drain()
    const written = [
      { id: 'a', text: 'A', origin: 'pool' },
      { id: 'b', text: 'B', origin: 'gp' },
      { id: 'c', text: 'C', origin: { by: 'proposer', name: 'reflect', action: 4, parents: [0] } },
      { id: 'd', text: 'D' },
    ]
    const log = [...created, { v: 1, type: 'candidates', candidates: written } as unknown as StudyEvent]
    const { state } = restoreStudy(log, { policy: breadthFirst })
    expect(state.candidates.map(({ origin }) => origin)).toEqual([
      { by: 'pool' },
      { by: 'policy', name: 'gp' },
      { by: 'proposer', name: 'reflect', action: 4, parents: [0] },
      undefined,
    ])
  })

  it('keeps a failure as missing, with its reason, and charges it', () => {
    const study = start()
    study.tell(study.ask().id, [{ error: 'HTTP 500' }])
    study.tell(study.ask().id, [null])
    const { observations, failures } = study.state
    expect([observations.score(0), observations.score(1)]).toEqual([Number.NaN, Number.NaN])
    expect([...failures]).toEqual([
      [0, { count: 1, latest: 'HTTP 500' }],
      [1, { count: 1, latest: 'no reason given' }],
    ])
    expect(study.spent.evaluations).toBe(2)
  })

  it('hands policies maximized scores and users their own', () => {
    const study = start({ direction: 'minimize' })
    study.tell(study.ask().id, [5])
    study.tell(study.ask().id, [2])
    expect(study.state.observations.score(0)).toBe(-5)
    const recommendation = study.recommend()!
    expect(recommendation).toMatchObject({ candidate: 1, mean: 2 })
    expect(recommendation.interval[0]).toBeCloseTo(1.9)
    expect(recommendation.interval[1]).toBeCloseTo(2.1)
    expect([...recommendation.means]).toEqual([5, 2, -0])
  })

  it('accepts one summary for an action of many examples', () => {
    const eager: PolicyFactory = (context) => ({
      ...breadthFirst(context),
      next: ({ observations }) => ({
        kind: 'act',
        action: { kind: 'evaluate', candidate: observations.length > 0 ? 1 : 0, examples: [0, 1, 2, 3] },
      }),
    })
    const study = start({ policy: eager, budget: { evaluations: 6 } })
    study.tell(study.ask().id, { mean: 0.5, standardError: 0.1, count: 4 })
    expect(study.state.observations.count(0)).toBe(4)
    expect(study.state.observations.standardError(0)).toBe(0.1)
    // Its cells are there, so that no policy asks for them again, and have no score of their own.
    const { observations } = study.state
    const rows = [1, 2, 3, 4].map((k) => [observations.example(k), observations.score(k), observations.count(k)])
    expect(rows).toEqual([0, 1, 2, 3].map((example) => [example, Number.NaN, 0]))
    expect(askEvaluation(study).examples).toEqual([0, 1]) // cut to what the budget has left
    expect(study.next()).toEqual({ kind: 'wait' })
  })

  it('adds candidates, takes results nobody asked for, and measures what is enqueued first', () => {
    const study = start()
    expect(study.add([{ id: 'new', text: 'New.' }])).toEqual([3])
    study.enqueue(3, [2, 1])
    study.observe({ candidate: 0, example: 0, score: true })
    expect(study.state.observations.score(0)).toBe(1)
    expect(askEvaluation(study)).toMatchObject({ index: 3, examples: [2, 1] })
    expect(askEvaluation(study)).toMatchObject({ index: 1, examples: [0] })
    expect(study.spent.evaluations).toBe(0)
    expect(() => study.add([{ id: 'new' }])).toThrow('candidate id "new" is in the pool already')
  })

  it('finds a prompt that it has, and refuses one that is given twice at the start', () => {
    const study = start({ pool: ['One.', 'Two.'] })
    expect(study.add(['Two.', 'Three.', { id: 'again', text: 'One.' }, 'Three.', 'Three. '])).toEqual([1, 2, 0, 2, 3])
    expect(study.state.candidates.map(({ id }) => id)).toEqual(['1', '2', '3', '4'])
    expect(() => start({ pool: ['a', 'b', 'a'] })).toThrow('pool[2] repeats pool[0]; expected distinct prompts')
    const [created] = study.drain()
    const candidates = [
      { id: 'p', text: 'Same.' },
      { id: 'q', text: 'Same.' },
    ]
    const stored = restoreStudy([created!, { v: 1, type: 'candidates', candidates }], { policy: breadthFirst })
    expect(stored.add(['Same.', 'Other.'])).toEqual([0, 2])
  })

  it('gives a text an id that is free', () => {
    const study = start({ pool: [{ id: '2', text: 'Two.' }] })
    expect(study.add(['First.', { candidate: { id: '3', text: 'Three.' } }, 'Second.'])).toEqual([1, 2, 3])
    expect(study.add([{ id: '6', text: 'Six.' }, 'Third.'])).toEqual([4, 5])
    expect(study.state.candidates.map(({ id }) => id)).toEqual(['2', '2-2', '3', '4', '6', '6-2'])
    expect(restoreStudy(study.serialize(), { policy: breadthFirst }).state.candidates).toEqual(study.state.candidates)
  })

  it('says which candidates joined a study that had begun', () => {
    const study = start({ pool: [] })
    study.add(['First.'])
    study.ask()
    study.add(['Second.', { id: 'third', text: 'Third.', origin: { by: 'proposer' } }])
    expect(study.state.candidates.map(({ origin }) => origin?.by)).toEqual([undefined, 'hand', 'proposer'])
  })

  it('gives evaluations back that were never sent', () => {
    const study = start({ budget: { evaluations: 1 } })
    const first = study.ask()
    expect(study.next()).toEqual({ kind: 'wait' })
    study.release(first.id, 'cancelled')
    expect(askEvaluation(study)).toMatchObject({ index: 0, examples: [0] })
  })

  it('keeps the share of the holdout out of the search', () => {
    const study = start({ budget: { evaluations: 5 }, holdoutCount: 2, holdoutEvaluations: 4, baseline: 'p0' })
    study.tell(study.ask().id, [1])
    expect(study.next()).toMatchObject({ kind: 'done' })
    const action = study.askHoldout(0, [0, 1])
    study.tell(action.id, [1, 0])
    expect(study.state.holdout.length).toBe(2)
    expect(study.state.observations.length).toBe(1)
    expect(() => study.askHoldout(1, [0, 1, 1])).toThrow('the budget has 2 evaluations left; the holdout needs 3')
  })

  it('sets evaluations aside for another winner when the budget is raised after the holdout', () => {
    const study = start({ budget: { evaluations: 5 }, holdoutCount: 2, holdoutEvaluations: 4, baseline: 'p0' })
    study.tell(study.ask().id, [1])
    for (const candidate of [1, 0]) study.tell(study.askHoldout(candidate, [0, 1]).id, [1, 0])
    expect(study.next()).toMatchObject({ kind: 'done' })
    study.setBudget({ evaluations: 9 })
    expect(study.state.holdoutReserve).toBe(2)
    for (let round = 0; round < 2; round++) study.tell(study.ask().id, [1])
    expect(study.next()).toMatchObject({ kind: 'done' })
  })

  it.each([
    ['too few scores', (study: Study) => study.tell(study.ask().id, []), 'action 1 got 0 scores; expected 1'],
    ['a score that is no number', (study: Study) => study.tell(study.ask().id, [Number.NaN]), 'scores[0] is NaN'],
    ['an unknown action', (study: Study) => study.tell(7, [1]), 'action 7 is unknown'],
    [
      'an action told twice',
      (study: Study) => {
        const { id } = study.ask()
        study.tell(id, [1])
        study.tell(id, [1])
      },
      'action 1 is complete',
    ],
  ])('refuses %s', (_, act, message) => {
    expect(() => act(start())).toThrow(message)
  })

  it('says in ask() that nothing is left', () => {
    const study = start({ budget: { evaluations: 0 } })
    expect(() => study.ask()).toThrow('the budget of the search is spent')
  })

  it('refuses an unknown policy at once', () => {
    expect(() => createStudy({ policy: 'astrology' })).toThrow('unknown policy "astrology"')
  })
})

/** Plays random commands against a study and returns it. */
function play(study: Study, commands: readonly number[]): void {
  const open: AskedEvaluation[] = []
  for (const command of commands) {
    const kind = command % 5
    if (kind <= 1) {
      const next = study.next()
      if (next.kind === 'act' && next.action.kind === 'evaluate') open.push(next.action)
    } else if (open.length > 0) {
      const [action] = open.splice(command % open.length, 1)
      if (kind === 4 && command % 3 === 0) study.fail(action!.id, 'HTTP 500')
      else
        study.tell(
          action!.id,
          action!.examples.map(() => (command % 7) / 7),
        )
    } else {
      const call = study.reserveCall({ inputTokens: 5, outputTokens: 5, usd: 0 })
      if (call !== undefined && kind === 2) call.settle({ inputTokens: 5, outputTokens: 1, usd: 0 })
    }
  }
}

const describeState = (study: Study) => {
  const { observations } = study.state
  const rows = Array.from({ length: observations.length }, (_, index) => [
    observations.candidate(index),
    observations.example(index),
    observations.score(index),
  ])
  return { rows, pending: study.state.pending('search'), ledger: study.state.ledger.left(), length: study.state.length }
}

describe('log', () => {
  it('restores the same state and the same next proposal, from any prefix', () => {
    fc.assert(
      fc.property(
        fc.array(fc.nat(1000), { maxLength: 60 }),
        fc.array(fc.nat(1000), { maxLength: 10 }),
        (before, after) => {
          const study = start({ budget: { evaluations: 10, calls: 8 } })
          play(study, before)
          const restored = restoreStudy(study.serialize(), { policy: breadthFirst })
          expect(describeState(restored)).toEqual(describeState(study))
          play(study, after)
          play(restored, after)
          expect(describeState(restored)).toEqual(describeState(study))
        },
      ),
      { numRuns: 60 },
    )
  })

  it('proposes the same after every prefix of the events', () => {
    const study = start({ budget: { evaluations: 9 } })
    play(study, [0, 1, 2, 0, 3, 4, 0, 0, 12, 7, 2, 5, 3, 10, 8, 13])
    const events = study
      .serialize()
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as StudyEvent)
    for (let length = 2; length < events.length; length++) {
      const following = events[length]!
      if (following.type !== 'asked') continue
      const restored = restoreStudy(events.slice(0, length), { policy: breadthFirst })
      restored.next()
      expect(JSON.parse(restored.serialize().trim().split('\n').at(-1)!)).toEqual(following)
    }
  })

  it('drains each event once', () => {
    const study = start()
    expect(study.drain().map((event) => event.type)).toEqual(['created', 'candidates'])
    study.tell(study.ask().id, [1])
    expect(study.drain().map((event) => event.type)).toEqual(['asked', 'told'])
    expect(study.drain()).toEqual([])
  })

  it('charges calls whose fate is unknown at their reservation', () => {
    const study = start({ budget: { calls: 3 } })
    study.reserveCall({ inputTokens: 7, outputTokens: 9, usd: 0.5 })
    const restored = restoreStudy(study.serialize(), { policy: breadthFirst })
    expect(restored.settleLostCalls()).toBe(1)
    expect(restored.spent).toEqual({ evaluations: 0, calls: 1, inputTokens: 7, outputTokens: 9, usd: 0.5 })
    expect(restored.settleLostCalls()).toBe(0)
  })

  it('keeps calls that are out in a batch open for a later process, each to be taken up once', () => {
    const study = start({ budget: { calls: 5 } })
    const worst = { inputTokens: 7, outputTokens: 9, usd: 0.5 }
    const purpose = { action: 1, position: 0, role: 'task' as const }
    const reservation = study.reserveCall(worst, purpose)!
    const { call } = reservation
    reservation.sentIn('batch_1')
    study.reserveCall(worst, { ...purpose, position: 1 })
    // Not by the process that sent it.
    expect(study.resumeCall(purpose)).toBeUndefined()
    const restored = restoreStudy(study.serialize(), { policy: breadthFirst })
    expect(restored.settleLostCalls()).toBe(1)
    expect(restored.spent.calls).toBe(1)
    expect(restored.resumeCall({ ...purpose, stage: 'draft' })).toBeUndefined()
    expect(restored.resumeCall({ ...purpose, role: 'judge' })).toBeUndefined()
    const resumed = restored.resumeCall(purpose)!
    expect(resumed).toMatchObject({ call, batch: 'batch_1' })
    expect(restored.resumeCall(purpose)).toBeUndefined()
    resumed.settle({ inputTokens: 6, outputTokens: 1, usd: 0.1 })
    expect(restored.spent).toMatchObject({ calls: 2, inputTokens: 13, outputTokens: 10 })
    expect(() => resumed.sentIn('batch_2')).toThrow(`call ${call} is not open`)
    // What no cell takes up is charged in the end.
    const abandoned = restoreStudy(study.serialize(), { policy: breadthFirst })
    expect([abandoned.settleLostCalls('all'), abandoned.settleLostCalls('all')]).toEqual([2, 0])
  })

  it('knows a call that is out in a batch by what it asks: another cell may take it up, one that asks something else not', () => {
    const study = start({ budget: { calls: 5 } })
    const worst = { inputTokens: 7, outputTokens: 9, usd: 0.5 }
    const purpose = { action: 1, position: 0, role: 'task' as const }
    const own = study.reserveCall(worst, purpose)!
    own.sentIn('batch_1', 'first question')
    const other = study.reserveCall(worst, { ...purpose, action: 2 })!
    other.sentIn('batch_1', 'first question')
    const second = study.reserveCall(worst, purpose)!
    second.sentIn('batch_1', 'second question')
    const restored = restoreStudy(study.serialize(), { policy: breadthFirst })
    expect(restored.resumeCall(purpose, 'third question')).toBeUndefined()
    // Its own first, though both ask the same.
    expect(restored.resumeCall({ ...purpose, action: 2 }, 'first question')?.call).toBe(other.call)
    expect(restored.resumeCall({ ...purpose, action: 3 }, 'first question')?.call).toBe(own.call)
    expect(restored.resumeCall(purpose, 'first question')).toBeUndefined()
    expect(restored.resumeCall(purpose, 'second question')?.call).toBe(second.call)
  })

  it('refuses a log that contradicts itself, and one of a newer format', () => {
    const study = start()
    study.tell(study.ask().id, [1])
    const events = study
      .serialize()
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as StudyEvent)
    expect(() => foldEvents([...events, events.at(-1)!])).toThrow('action 1 is not an open evaluation')
    expect(() => foldEvents(events.slice(1))).toThrow('the log starts with candidates')
    expect(() => foldEvents([])).toThrow('the log is empty')
    const newer = JSON.parse(JSON.stringify(events[0]).replace('"v":1', '"v":2')) as StudyEvent
    expect(() => foldEvents([newer])).toThrow('the study was written in format 2; this version reads format 1')
  })
})
