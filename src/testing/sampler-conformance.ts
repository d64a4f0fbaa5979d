import type { Backend } from '../numerics/linalg/backend.ts'
import { startPlay } from '../policy/play-policy.ts'
import type { Decision, Policy, PolicyFactory } from '../policy/policy.ts'
import type { PoolEntry } from '../prompt/candidate.ts'
import { encodeSpace } from '../space/encoding.ts'
import { defineSpace, type ParameterInput, type ParameterValue, type Space } from '../space/parameter.ts'
import { type ConformanceCheck, require } from './conformance.ts'

export interface SamplerConformanceOptions {
  readonly backend: Backend
  /** Evaluations asked for in each check. Default 16: past any initial design. */
  readonly evaluations?: number
}

type Values = Readonly<Record<string, ParameterValue>>

/**
 * What every sampler over a space owes, whatever the scores are. It gives points of the space, none twice while others
 * remain, and none that is pending. It gives the same answer to the same history, and recommends among what was
 * measured.
 *
 * @example
 * for (const { name, run } of samplerConformance(createRandomPolicy, { backend })) it(name, run)
 */
export function samplerConformance(create: PolicyFactory, options: SamplerConformanceOptions): ConformanceCheck[] {
  const { backend, evaluations = 16 } = options
  const start = (space: Space, seed = 1, evaluationBudget = evaluations): Session =>
    session(
      create({ seed, space, exampleCount: 1, evaluationBudget, estimand: 'population', backend }),
      space,
      evaluationBudget,
    )
  const plane = { x: { float: [-1, 1] }, y: { float: [0, 10] } } satisfies Record<string, ParameterInput>
  const bowl = ({ x, y }: Values) => -((Number(x) - 0.3) ** 2) - (Number(y) - 4) ** 2 / 50

  const spaces: Record<string, Record<string, ParameterInput>> = {
    'numbers, steps, categories and conditions': {
      rate: { float: [1e-12, 1], log: true },
      share: { float: [0, 1], step: 0.1 },
      depth: { int: [1, 30] },
      style: { categorical: ['a', 'b', 'c'] },
      warmth: { float: [0, 1], when: { parameter: 'style', in: ['b'] } },
    },
    'a category with one choice': { only: { categorical: ['x'] }, y: { float: [0, 1] } },
    'a category with 500 choices': { many: { categorical: Array.from({ length: 500 }, (_, i) => i) } },
    'a point': { fixed: { int: [3, 3] }, y: { float: [0, 1] } },
    'one whole number': { n: { int: [0, 1000] } },
  }
  const scores: Record<string, (values: Values, index: number) => number | null> = {
    'a bowl': bowl,
    'NaN now and then': (values, index) => (index % 3 === 1 ? Number.NaN : bowl(values)),
    infinities: (values, index) => (index % 4 === 1 ? Infinity : index % 4 === 2 ? -Infinity : bowl(values)),
    'constant scores': () => 7,
    'nothing but failures': () => null,
    'one success among failures': (values, index) => (index === 0 ? bowl(values) : null),
    'scores of 1e-12': (values) => 1e-12 * bowl(values),
    'scores of 1e12': (values) => 1e12 + 1e12 * bowl(values),
    'scores over 300 decades': (values, index) => 10 ** (10 * (index % 31) - 150) * Math.sign(bowl(values)),
  }

  return [
    ...Object.entries(spaces).map(([what, input]) => ({
      name: `proposes distinct points of the space: ${what}`,
      run() {
        const space = defineSpace(input)
        const asked = start(space)
        const encoding = encodeSpace(space)
        const met = new Set<string>()
        for (let i = 0; i < evaluations; i++) {
          const values = asked.ask()
          if (!values) return require(met.size >= Math.min(encoding.size, evaluations), `stopped after ${i} points`)
          checkPoint(encoding, values)
          const key = JSON.stringify(values)
          require(!met.has(key), `${key} is proposed twice`)
          met.add(key)
          asked.tell(Math.sin(7 * encoding.encode(values).reduce((total, x) => total + x, 0)))
        }
      },
    })),
    ...Object.entries(scores).map(([what, score]) => ({
      name: `survives ${what}`,
      run() {
        const space = defineSpace(plane)
        const asked = start(space)
        const encoding = encodeSpace(space)
        let finite = 0
        for (let i = 0; i < evaluations; i++) {
          const values = asked.ask()
          require(values !== undefined, `stopped after ${i} of ${evaluations} points`)
          checkPoint(encoding, values)
          const result = score(values, i)
          if (result !== null && Number.isFinite(result)) finite++
          asked.tell(result)
        }
        const recommendation = asked.recommend()
        require((recommendation !== undefined) ===
          finite > 0, `recommends ${recommendation?.candidate} of ${finite} scores`)
        if (recommendation) require(Number.isFinite(recommendation.mean), `recommended mean is ${recommendation.mean}`)
      },
    })),
    {
      name: 'survives 500 observations of one point',
      run() {
        const space = defineSpace(plane)
        const asked = start(space, 1, 600)
        asked.put(
          { x: 0.5, y: 5 },
          Array.from({ length: 500 }, (_, i) => (i % 2 === 0 ? 1 : 1.1)),
        )
        for (let i = 0; i < 3; i++) {
          const values = asked.ask()
          require(values !== undefined, 'stopped early')
          require(!(values['x'] === 0.5 && values['y'] === 5), 'the point is proposed again')
          asked.tell(bowl(values))
        }
      },
    },
    {
      name: 'exhausts a small space without repeating a point, then says so',
      run() {
        const space = defineSpace({ a: { int: [0, 2] }, b: { categorical: ['x', 'y'] } })
        const asked = start(space, 1, 50)
        for (let i = 0; i < 6; i++) {
          const values = asked.ask()
          require(values !== undefined, `stopped after ${i} of 6 points`)
          asked.tell(i)
        }
        require(asked.distinct() === 6, `${asked.distinct()} distinct points were proposed; expected 6`)
      },
    },
    {
      name: 'is not done while the last points of a small space are pending',
      run() {
        const asked = start(defineSpace({ a: { int: [0, 2] }, b: { categorical: ['x', 'y'] } }), 1, 50)
        for (let i = 0; i < 6; i++) require(asked.ask() !== undefined, `stopped after ${i} of 6 points`)
        const { kind } = asked.peek(undefined)
        require(kind !== 'done', 'it is done although six points are pending, any of which may be given back')
      },
    },
    {
      name: 'proposes points that differ from pending ones',
      run() {
        const asked = start(defineSpace(plane))
        for (let i = 0; i < evaluations - 6; i++) {
          const values = asked.ask()
          require(values !== undefined, 'stopped early')
          asked.tell(bowl(values))
        }
        const batch = Array.from({ length: 5 }, () => asked.ask())
        require(new Set(batch.map((values) => JSON.stringify(values))).size === 5, 'a pending point is proposed again')
      },
    },
    {
      name: 'decides the same from the same history',
      run() {
        const space = defineSpace(plane)
        const transcript = () => {
          const asked = start(space, 5)
          return Array.from({ length: evaluations }, () => {
            const values = asked.ask()
            require(values !== undefined, 'stopped early')
            asked.tell(bowl(values))
            return JSON.stringify(values)
          })
        }
        const first = transcript()
        const second = transcript()
        for (const [i, values] of first.entries())
          require(values === second[i], `decision ${i} is ${second[i]}; was ${values}`)
      },
    },
    {
      name: 'a fresh instance continues as the old one would',
      run() {
        const space = defineSpace(plane)
        const make = () =>
          create({ seed: 9, space, exampleCount: 1, evaluationBudget: evaluations, estimand: 'population', backend })
        const asked = session(make(), space, evaluations)
        for (let i = 0; i < evaluations - 2; i++) {
          const values = asked.ask()
          require(values !== undefined, 'stopped early')
          asked.tell(bowl(values))
        }
        const old = JSON.stringify(asked.peek(undefined))
        const fresh = JSON.stringify(asked.peek(make()))
        require(old === fresh, `a fresh instance decides ${fresh}; expected ${old}`)
      },
    },
    {
      name: 'never asks for more than is left',
      run() {
        const asked = start(defineSpace(plane), 1, 5)
        for (let i = 0; i < 5; i++) {
          require(asked.ask() !== undefined, `stopped after ${i} of 5`)
          asked.tell(0)
        }
        require(asked.ask() === undefined, 'a sixth point is proposed with a budget of 5')
      },
    },
  ]
}

function checkPoint(encoding: ReturnType<typeof encodeSpace>, values: Values): void {
  const again = encoding.decode(encoding.encode(values))
  require(JSON.stringify(sorted(again)) ===
    JSON.stringify(sorted(values)), `${JSON.stringify(values)} is not in the space`)
}

function sorted(values: Values): [string, ParameterValue][] {
  // Numbers go through the encoding and back, which may cost the last digits.
  return Object.entries(values)
    .map(([name, value]): [string, ParameterValue] => [
      name,
      typeof value === 'number' ? Number(value.toPrecision(9)) : value,
    ])
    .sort(([a], [b]) => (a < b ? -1 : 1))
}

interface Session {
  ask(): Values | undefined
  tell(score: number | null): void
  put(values: Values, scores: readonly number[]): void
  recommend(): ReturnType<Policy['recommend']>
  peek(other: Policy | undefined): Decision
  distinct(): number
}

/** A sampler in play. Scores come as they are told: `measure` has the one at hand. */
function session(policy: Policy, space: Space, budget: number): Session {
  const pool: PoolEntry[] = []
  let score: number | null = null
  const play = startPlay({ pool, exampleCount: 1, budget, hasSpace: true, measure: () => score })
  return {
    ask() {
      const decision = play.ask(policy)
      if (decision.kind !== 'act') return undefined
      const values = pool[play.state.pending.at(-1)!.candidate]!.candidate.parameters
      require(values !== undefined, 'the proposed candidate has no parameters')
      for (const name of Object.keys(values)) require(name in space, `parameter ${name} is not in the space`)
      return values
    },
    tell(told) {
      score = told
      play.tell()
    },
    put(parameters, scores) {
      const candidate = pool.push({ candidate: { id: `put-${pool.length}`, parameters } }) - 1
      for (const [repeat, score] of scores.entries()) play.observations.append({ candidate, example: 0, repeat, score })
      play.charge(scores.length)
    },
    recommend: () => policy.recommend(play.state),
    peek: (other) => (other ?? policy).next(play.state),
    distinct: () => new Set(pool.map(({ candidate }) => JSON.stringify(candidate.parameters))).size,
  }
}
