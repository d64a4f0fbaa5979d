import { describe, expect, it } from 'vitest'
import { createStudy, restoreStudy, type StudyOptions } from '../../src/study/create-study.ts'

const ask = (study: ReturnType<typeof createStudy>) => {
  const action = study.ask()
  if (action.kind !== 'evaluate') throw new Error('expected an evaluation')
  return action
}

/** A pool of one. */
function createOnly(policy: string) {
  const study = createStudy({ pool: ['Label it.'], exampleCount: 30, policy })
  study.observe({ candidate: 0, example: 4, score: 1 })
  return study
}

describe('the door of createStudy', () => {
  it.each<readonly [unknown, string]>([
    [{ budget: { evaluation: 5 } }, 'Did you mean evaluations?'],
    [{ direction: 'up' }, 'options.direction is "up"'],
    [{ polcy: 'gp' }, 'Did you mean policy?'],
    [{ pool: 'a' }, 'options.pool is "a"'],
    [{ pool: [3] }, 'candidate is 3; expected a text'],
    [{ pool: ['a', ''] }, 'candidate "2" is empty'],
    [{ pool: [{ id: 'a', slots: { instruction: ' ' } }] }, 'candidate "a" is empty'],
    [{ pool: [{ text: 'a' }] }, 'expected a text, or { id, text }'],
    [{ constraints: [{ metric: 'usd', atMost: Number.NaN }] }, 'constraints[0].atMost is NaN'],
    [{ space: { x: [0, 1] } }, 'parameter x is [0,1]'],
    [{ budget: null }, 'budget is null'],
    [{ pool: ['a'], exampleCount: 1e9 }, 'exampleCount is 1000000000; expected at most 10000000'],
    [{ budget: 9 }, 'budget is 9'],
    [undefined, 'options is missing'],
  ])('refuses %j', (options, message) => {
    expect(() => createStudy(options as StudyOptions)).toThrow(message)
  })

  it('takes texts, true and false, and one score alone', () => {
    const study = createStudy({ pool: ['bad', 'good'], budget: { evaluations: 2 }, policy: 'random' })
    for (let turn = 0; turn < 2; turn++) {
      const { id, candidate } = ask(study)
      if (turn === 0) study.tell(id, candidate.text === 'good')
      else study.tell(id, [candidate.text === 'good'])
    }
    expect(study.recommend()?.winner).toMatchObject({ id: '2', text: 'good' })
  })

  it('recommends nothing where nothing was scored', () => {
    const study = createStudy({ pool: ['a', 'b'], exampleCount: 2, budget: { evaluations: 4 } })
    for (let next = study.next(); next.kind === 'act'; next = study.next()) {
      if (next.action.kind === 'evaluate')
        study.tell(
          next.action.id,
          next.action.examples.map(() => null),
        )
    }
    expect(study.recommend()).toBeUndefined()
  })

  it.each(['krige', 'successive-halving', 'hyperband', 'random', 'gp'])(
    'calls nothing the best for certain that was measured alone: %s',
    (policy) => {
      const study = createStudy({ pool: ['Label it.', 'Say the label.', 'Which label?'], exampleCount: 30, policy })
      study.observe({ candidate: 1, example: 4, score: 1 })
      const { winner, probabilityBest } = study.recommend()!
      expect(winner.text).toBe('Say the label.')
      expect(probabilityBest).toBeLessThan(0.9)
      expect(createOnly(policy).recommend()!.probabilityBest).toBe(1)
    },
  )

  it('survives an example enqueued twice', () => {
    const study = createStudy({ pool: ['a', 'b'], exampleCount: 2 })
    study.enqueue(0, [1, 1, 1])
    expect(ask(study).examples).toEqual([1])
  })

  it('refuses counts and costs that cannot be', () => {
    const study = createStudy({ pool: ['a', 'b'], exampleCount: 2, budget: { usd: 1 } })
    expect(() => study.observe({ candidate: 0, score: 1, count: -1 })).toThrow('count is -1')
    expect(() => study.observe({ candidate: 0, example: 1, score: 1, count: 9 })).toThrow('count is 9 beside example 1')
    expect(() => study.reserveCall({ inputTokens: 0, outputTokens: 0, usd: -100 })).toThrow('usd is -100')
    const call = study.reserveCall({ inputTokens: 0, outputTokens: 0, usd: 0 })!
    expect(() => call.settle({ inputTokens: Number.NaN, outputTokens: 0, usd: 0 })).toThrow('inputTokens is NaN')
    expect(study.spent.usd).toBe(0)
  })

  it.each<readonly [string, readonly unknown[], string]>([
    ['tell', [1, { mean: 1, standardError: 0, cuont: 1 }], 'unknown key scores.cuont. Did you mean count?'],
    ['tell', [1, [{ score: 1, metric: { calls: 2 } }]], 'unknown key scores[0].metric. Did you mean metrics?'],
    ['tell', [1, { score: 1, feedbak: 'Polite.' }], 'unknown key scores[0].feedbak. Did you mean feedback?'],
    ['tell', [1, [{ score: 1, latency: 2 }]], 'unknown key scores[0].latency. Known keys: score'],
    ['observe', [null], 'observation is null'],
    ['observe', [{ candidate: 0, scores: 1 }], 'unknown key observation.scores. Did you mean score?'],
    ['observe', [{ candidate: 0, example: -3, score: 1 }], 'example is -3'],
    ['observe', [{ candidate: 0, example: 0, score: 1, repeat: 0.5 }], 'repeat is 0.5'],
    ['observe', [{ candidate: '0', example: 0, score: 1 }], 'candidate is "0"'],
    ['enqueue', [0], 'examples is undefined; expected a list'],
    ['enqueue', [0, 'x'], 'examples is "x"; expected a list'],
    ['enqueue', [0, ['1']], 'example is "1"'],
    ['askHoldout', [0], 'examples is undefined; expected a list'],
    ['add', [null], 'candidates is null; expected a list'],
    ['add', ['text'], 'candidates is "text"; expected a list'],
    ['setBudget', [null], 'budget is null'],
    ['setBudget', [{ evaluations: 9 }, -1], 'holdoutEvaluations is -1'],
    ['setBudget', [{ evaluation: 9 }], 'Did you mean evaluations?'],
    ['release', [1, 5], 'reason is 5'],
    ['release', [1, 'not wanted', 0], 'positions is 0'],
    ['reserveCall', [null], 'cost is null; expected { inputTokens'],
  ])('refuses what %s cannot take: %j', (method, given, message) => {
    const study = createStudy({ pool: ['a', 'b'], exampleCount: 2 })
    study.enqueue(0, [0])
    study.ask()
    const call = study[method as 'tell'] as (...parts: readonly unknown[]) => void
    expect(() => call(...given)).toThrow(message)
    // Nothing of it was taken.
    study.tell(1, [1])
    expect(study.next().kind).toBe('act')
  })

  it('refuses a score that JSON cannot hold', () => {
    const study = createStudy({ pool: ['a', 'b'] })
    expect(() => study.tell(ask(study).id, [{ score: 1n } as never])).toThrow('scores[0] is 1n')
  })

  it('refuses what observeComparison cannot take', () => {
    const study = createStudy({ pool: ['a', 'b'], exampleCount: 2, policy: 'comparison' })
    expect(() => study.observeComparison(null as never)).toThrow('comparison is null')
    expect(() => study.observeComparison({ candidate: 0, rival: 1, example: 0, otcome: 1 } as never)).toThrow(
      'Did you mean outcome?',
    )
  })

  it('refuses a log that is none', () => {
    expect(() => restoreStudy('null')).toThrow('line 1 of the log is null')
    expect(() => restoreStudy('[1]')).toThrow('expected an event')
    expect(() => restoreStudy([null] as never)).toThrow('log[0] is null; expected an event')
    for (const log of [null, undefined, 5]) expect(() => restoreStudy(log as never)).toThrow(`log is ${log}; expected`)
    expect(() => restoreStudy(createStudy({ pool: ['a'] }).serialize(), { plicy: 1 } as never)).toThrow(
      'Did you mean policy?',
    )
  })
})

it('takes scores of any size', () => {
  const study = createStudy({ pool: ['one', 'two', 'three'], exampleCount: 4, budget: { evaluations: 12 } })
  for (let next = study.next(); next.kind === 'act'; next = study.next()) {
    if (next.action.kind !== 'evaluate') continue
    const score = next.action.candidate.text === 'two' ? 1e20 : 3e19
    study.tell(
      next.action.id,
      next.action.examples.map(() => score),
    )
  }
  expect(study.recommend()?.winner.text).toBe('two')
})

it.each(['gp', 'tpe', 'random', 'sobol'])('lets policy %s choose null, where that is a choice', (policy) => {
  const study = createStudy({ space: { loss: { categorical: ['l1', null] } }, policy, budget: { evaluations: 4 } })
  for (let next = study.next(); next.kind === 'act'; next = study.next()) {
    if (next.action.kind !== 'evaluate') throw new Error(next.action.kind)
    study.tell(next.action.id, next.action.candidate.parameters?.['loss'] === null ? 1 : 0)
  }
  expect(study.recommend()?.winner.parameters).toEqual({ loss: null })
  expect(restoreStudy(study.serialize()).recommend()).toEqual(study.recommend())
})

it('refuses a candidate that holds nothing, and scores that nobody waited for', () => {
  expect(() => createStudy({ pool: [{ id: 'a' }] })).toThrow('candidate "a" has no text, slots or parameters')
  const study = createStudy({ pool: ['a', 'b'] })
  const { id } = ask(study)
  expect(() => study.tell(id, Promise.resolve([1]) as never)).toThrow(
    'scores[0] is a promise; expected a finite number',
  )
})

it('says so where a space would never be tried', () => {
  const space = { temperature: { float: [0, 1] } } as const
  const pool = [{ id: 'a', text: 'Label it.' }]
  expect(() => createStudy({ space, pool })).toThrow('parameter temperature would never be tried: policy krige chooses')
  expect(() => createStudy({ space, pool, policy: 'krige' })).toThrow('would never be tried')
  for (const policy of ['successive-halving', 'hyperband', 'comparison'])
    for (const given of [pool, []]) {
      expect(() => createStudy({ space, pool: given, policy })).toThrow(
        `would never be tried: policy ${policy} chooses`,
      )
    }
  expect(createStudy({ space, pool, policy: 'gp' }).ask()).toMatchObject({ candidate: { text: 'Label it.' } })
  expect(createStudy({ space }).state.config.policy).toBe('gp')
  const measured = createStudy({ space, pool: [{ ...pool[0]!, parameters: { temperature: 0.5 } }] })
  expect(measured.ask()).toMatchObject({ candidate: { parameters: { temperature: 0.5 } } })
})

describe('candidates and vectors that place a text nowhere', () => {
  const at = (embedding: unknown, id = 'b') => ({ candidate: { id, text: id }, embedding }) as never
  const withFirst = () => createStudy({ pool: [at(Float64Array.of(1, 0), 'a')], budget: { evaluations: 4 } })

  it.each<[string, unknown, string]>([
    ['NaN', Float64Array.of(1, Number.NaN), 'embedding of b[1] is NaN; expected a finite number'],
    ['zeros', Float64Array.of(0, 0), 'embedding of b has norm 0'],
    ['another length', Float64Array.of(1, 0, 0), 'embedding of b has 3 numbers; expected 2, as the others have'],
    ['nothing', new Float64Array(), 'embedding of b is empty'],
    ['a text', 'none', 'embedding of b is string'],
  ])('refuses %s as an embedding, and goes on', (_, embedding, message) => {
    const study = withFirst()
    expect(() => study.add([at(embedding)])).toThrow(message)
    expect(study.state.candidates).toHaveLength(1)
    study.tell(ask(study).id, [1])
    const asked = [{ text: 'New.', embedding: embedding as Float64Array }]
    expect(() => study.posterior(asked)).toThrow(message.replace('of b', 'of texts[0]'))
    expect(study.posterior([{ text: 'New.', embedding: Float64Array.of(0, 1) }])?.[0]?.mean).toBeGreaterThan(0)
  })

  it.each([1e-100, 50, 1e100])('takes vectors of norm %d by their direction', (norm) => {
    const told = (scale: number) => {
      const vector = (k: number) => Float64Array.of(scale * Math.cos(k / 4), scale * Math.sin(k / 4))
      const study = createStudy({ pool: Array.from({ length: 8 }, (_, k) => at(vector(k), `${k}`)), exampleCount: 10 })
      for (let k = 0; k < 8; k++) study.observe({ candidate: k, score: k / 8, count: 10, standardError: 0.1 })
      return study.rank([0, 3, 7].map((k) => ({ text: 'New.', embedding: vector(k) })))!
    }
    const [scaled, unit] = [told(norm), told(1)]
    expect(scaled.map(({ index }) => index)).toEqual([2, 1, 0])
    for (const [k, { mean }] of scaled.entries()) expect(mean).toBeCloseTo(unit[k]!.mean, 9)
  })

  it.each<[unknown, string]>([
    [{ id: 'x', text: 5 }, 'candidate "x".text is 5; expected a text'],
    [{ id: 'x', txt: 'a' }, 'unknown key candidate "x".txt. Did you mean text?'],
    [{ id: 'x', text: 'a', slots: { q: 1 } }, 'candidate "x".slots.q is 1; expected a text'],
    [{ id: 'x', text: 'a', parameters: { t: Number.NaN } }, 'candidate "x".parameters.t is NaN; expected a finite'],
    [{ id: 'x', slots: 'abc' }, 'candidate "x".slots is "abc"; expected an object of texts'],
  ])('refuses the candidate %j by name', (candidate, message) => {
    expect(() => withFirst().add([candidate as never])).toThrow(message)
  })

  it.each<[unknown, string]>([
    ['abc', 'texts is "abc"'],
    [[5], 'texts[0] is 5; expected a text, or { text } or { slots }'],
    [[''], 'texts[0] is empty'],
    [[{ text: 5 }], 'texts[0].text is 5; expected a text'],
    [[{ text: 'a', foo: 1 }], 'unknown key texts[0].foo'],
    [[{ slots: { a: 5 } }], 'texts[0].slots.a is 5; expected a text'],
  ])('ranks no %j', (texts, message) => {
    const study = withFirst()
    study.tell(ask(study).id, [1])
    expect(() => study.rank(texts as never)).toThrow(message)
    expect(() => study.posterior(texts as never)).toThrow(message)
  })
})
