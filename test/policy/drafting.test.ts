import { describe, expect, it } from 'vitest'
import { createObservationLog } from '../../src/history/observation-log.ts'
import { createJsBackend } from '../../src/numerics/linalg/index.ts'
import { createRandom } from '../../src/numerics/random/random.ts'
import { logistic } from '../../src/numerics/special/logistic.ts'
import { createKrigePolicy } from '../../src/policy/krige.ts'
import type { Generation, Policy, PolicyContext, PolicyState } from '../../src/policy/policy.ts'
import type { PoolEntry } from '../../src/prompt/candidate.ts'

const EXAMPLES = 20
const GOOD = ['name one folder', 'read twice', 'weigh every word', 'quote the reason']
const BAD = ['hurry up', 'guess freely', 'chat a while', 'ignore details']

/** A prompt is as good as its words; children take a word more than their parent. */
const qualityOf = (text: string) =>
  -0.5 +
  [...GOOD.map((word) => [word, 0.6] as const), ...BAD.map((word) => [word, -0.6] as const)].reduce(
    (sum, [word, worth]) => sum + (text.includes(word) ? worth : 0),
    0,
  )

interface GameOptions {
  readonly budget?: number
  readonly calls?: number
  readonly fresh?: boolean
  readonly barren?: boolean
  /** Beside the one that writes there is one that brings nothing, at so many calls per draft. */
  readonly spent?: number
  readonly options?: Record<string, unknown>
  readonly seed?: number
}

function game(given: GameOptions) {
  const { budget = 150, calls = 200, fresh = false, barren = false, spent, options = {}, seed = 1 } = given
  const random = createRandom(seed)
  const context: PolicyContext = {
    seed: 1,
    space: {},
    exampleCount: EXAMPLES,
    evaluationBudget: budget,
    estimand: 'population',
    backend: createJsBackend(),
    proposers: [
      { name: 'words', calls: (count) => count },
      ...(spent === undefined ? [] : [{ name: 'spent', calls: (count: number) => spent * count }]),
    ],
    options,
  }
  const pool: PoolEntry[] = [{ candidate: { id: '0', text: 'Classify the ticket.', origin: { by: 'baseline' } } }]
  const observations = createObservationLog()
  const generations: Generation[] = []
  let callsLeft = calls
  const asked = new Set<string>()
  const actions: string[] = []
  const state: PolicyState = {
    pool,
    observations,
    pending: [],
    fits: [],
    generations,
    pendingGenerations: 0,
    get callsLeft() {
      return callsLeft
    },
    get evaluationsLeft() {
      return budget - observations.length
    },
  }
  const kept = createKrigePolicy(context)
  let policy: Policy = kept
  for (let turn = 0; turn < 4 * budget; turn++) {
    if (fresh) policy = createKrigePolicy(context)
    const decision = policy.next({
      ...state,
      pool: [...pool],
      generations: [...generations],
      callsLeft,
      evaluationsLeft: state.evaluationsLeft,
    })
    if (decision.kind !== 'act') break
    const { action } = decision
    if (action.kind === 'generate') {
      expect(action.count).toBeLessThanOrEqual(callsLeft)
      const brings = !barren && action.proposer === 'words'
      callsLeft -= action.proposer === 'words' ? action.count : 0
      const added: number[] = []
      for (let k = 0; k < (brings ? action.count : 0); k++) {
        const parent = action.parents[random.integer(action.parents.length)]!
        const words = random.uniform() < 0.3 ? GOOD : BAD
        const text = `${pool[parent]!.candidate.text} Please ${words[random.integer(4)]}.`
        added.push(
          pool.push({ candidate: { id: `${pool.length}`, text, origin: { by: 'proposer', parents: [parent] } } }) - 1,
        )
      }
      generations.push({
        action: turn,
        proposer: action.proposer,
        parents: action.parents,
        added,
        duplicates: 0,
        rejected: {},
        calls: action.count,
      })
      actions.push(`generate ${action.count} from ${action.parents.join()}`)
      continue
    }
    if (action.kind !== 'evaluate' || typeof action.candidate !== 'number') throw new Error('unexpected action')
    for (const example of action.examples) {
      const cell = `${action.candidate} ${example}`
      expect(asked.has(cell)).toBe(false)
      asked.add(cell)
      const success =
        random.uniform() < logistic(qualityOf(pool[action.candidate]!.candidate.text!) + ((example % 5) - 2) / 2)
      observations.append({ candidate: action.candidate, example, repeat: 0, score: success ? 1 : 0 })
      actions.push(`measure ${cell}`)
    }
  }
  return { pool, observations, generations, callsLeft, actions, policy: kept, state: { ...state, pool, generations } }
}

describe('krige with proposers', () => {
  it('finds better prompts than the one it began with, within both budgets', () => {
    let gain = 0
    for (let seed = 1; seed <= 3; seed++) {
      const { pool, observations, callsLeft, policy, state } = game({ seed })
      expect(observations.length).toBeLessThanOrEqual(150)
      expect(callsLeft).toBeGreaterThanOrEqual(0)
      const { candidate } = policy.recommend(state)!
      gain += (qualityOf(pool[candidate]!.candidate.text!) - qualityOf(pool[0]!.candidate.text!)) / 3
    }
    expect(gain).toBeGreaterThan(0.5)
  })

  it('looks at what it has before it asks for more, and measures the better drafts rather than all', () => {
    const { pool, observations, actions } = game({ budget: 200 })
    const first = actions.findIndex((action) => action.startsWith('generate'))
    expect(first).toBeGreaterThanOrEqual(8)
    const counts = new Map<number, number>()
    for (let k = 0; k < observations.length; k++) {
      counts.set(observations.candidate(k), (counts.get(observations.candidate(k)) ?? 0) + 1)
    }
    const meanOf = (chosen: number[]) =>
      chosen.reduce((sum, i) => sum + qualityOf(pool[i]!.candidate.text!), 0) / chosen.length
    const drafts = pool.map((_, i) => i).slice(20)
    const measured = drafts.filter((i) => counts.has(i))
    const declined = drafts.filter((i) => !counts.has(i))
    expect(declined.length).toBeGreaterThan(0)
    expect(meanOf(measured)).toBeGreaterThan(meanOf(declined))
  })

  it('decides as a policy that sees the study for the first time', () => {
    expect(game({ budget: 60, fresh: true }).actions).toEqual(game({ budget: 60 }).actions)
    const options = { screening: false }
    expect(game({ budget: 40, fresh: true, options }).actions).toEqual(game({ budget: 40, options }).actions)
  })

  it('stops asking a proposer that brings nothing, and goes on to measure', () => {
    const { generations, observations } = game({ barren: true })
    expect(generations).toHaveLength(3)
    expect(observations).toHaveLength(EXAMPLES)
  })

  it('asks it again where others have written since', () => {
    const { generations } = game({ spent: 0, budget: 100 })
    const attempts = generations.flatMap(({ proposer }, place) => (proposer === 'spent' ? [place] : []))
    expect(attempts.length).toBeGreaterThan(3)
    for (const [number, place] of attempts.entries()) {
      if (number >= 3) expect(place - attempts[number - 1]!).toBeGreaterThan(1)
    }
  })

  it('tries each proposer before it asks one again, unless a trial takes much of what is left', () => {
    const namesOf = (spent: number) => game({ spent, budget: 100 }).generations.map(({ proposer }) => proposer)
    expect(namesOf(4).slice(0, 2).sort()).toEqual(['spent', 'words'])
    expect(namesOf(40).slice(0, 2)).toEqual(['words', 'words'])
  })

  it('looks at no draft that shows every example', () => {
    const context: PolicyContext = {
      seed: 1,
      space: {},
      exampleCount: 2,
      evaluationBudget: 9,
      estimand: 'population',
      backend: createJsBackend(),
      proposers: ['a', 'b'].map((name) => ({ name, calls: () => 0 })),
    }
    const observations = createObservationLog()
    observations.append({ candidate: 0, example: 0, repeat: 0, score: 1 })
    for (const example of [0, 1]) observations.append({ candidate: 1, example, repeat: 0, score: null })
    const pool = [
      { candidate: { id: '0', text: 'Classify.' } },
      { candidate: { id: '1', text: 'Sort.', shows: [0, 1], origin: { by: 'proposer', parents: [0] } } },
    ] as const
    const written = { action: 0, proposer: 'a', parents: [0], added: [1], duplicates: 0, rejected: {}, calls: 0 }
    const state = { pool, observations, pending: [], fits: [], generations: [written], evaluationsLeft: 8 }
    expect(createKrigePolicy(context).next(state)).not.toMatchObject({ action: { kind: 'evaluate', candidate: 1 } })
  })

  it('writes nothing that it cannot pay for', () => {
    expect(game({ calls: 0 }).generations).toHaveLength(0)
  })

  it('waits for what is being written where nothing else is left, and ends without a prompt to start from', () => {
    const context: PolicyContext = {
      seed: 1,
      space: {},
      exampleCount: 2,
      evaluationBudget: 9,
      estimand: 'population',
      backend: createJsBackend(),
      proposers: [{ name: 'words', calls: () => 1 }],
    }
    const observations = createObservationLog()
    const state = { observations, pending: [], fits: [], evaluationsLeft: 9, callsLeft: 9 }
    expect(createKrigePolicy(context).next({ ...state, pool: [] }).kind).toBe('done')
    for (const example of [0, 1]) observations.append({ candidate: 0, example, repeat: 0, score: example })
    const pool = [{ candidate: { id: 'a', text: 'Classify.' } }]
    expect(createKrigePolicy(context).next({ ...state, pool, pendingGenerations: 1 }).kind).toBe('wait')
    expect(createKrigePolicy(context).next({ ...state, pool })).toMatchObject({
      kind: 'act',
      action: { kind: 'generate' },
    })
  })
})
