/**
 * Lets a method be written as its paper has it, as a procedure that measures and goes on. It still is a policy: a pure
 * function of history. A fresh instance replays the procedure over what is already measured, cell by cell.
 *
 * @module
 */
import { createRandom, type Random } from '../../numerics/random/index.ts'
import { normalQuantile } from '../../numerics/special/index.ts'
import { argmax } from '../../numerics/vector.ts'
import type { Decision, Policy, PolicyContext, PolicyState, Recommendation } from '../../policy/policy.ts'
import type { PoolEntry } from '../../prompt/candidate.ts'

/** What a procedure asks for: a candidate on examples. Cells it knows already are free, as with a cache of calls. */
export interface Measurement {
  readonly candidate: number
  readonly examples: readonly number[]
}

/** What a procedure sees and draws. */
export interface World {
  readonly pool: readonly PoolEntry[]
  readonly exampleCount: number
  readonly budget: number
  readonly random: Random
  /** Evaluations not spent yet. */
  left(): number
  /** Undefined where never measured, NaN where the call failed. */
  score(candidate: number, example: number): number | undefined
  /** How many cells of the candidate have been asked for, failures included. */
  asked(candidate: number): number
  /** Mean of all cells of the candidate that succeeded; NaN without any. */
  mean(candidate: number): number
  /** Mean over some examples of those that succeeded; NaN without any. */
  meanOver(candidate: number, examples: Iterable<number>): number
}

export interface Choice {
  /** What the method would recommend if it were stopped now. */
  candidate: number | undefined
}

/**
 * A procedure. A measurement that exceeds the budget is cut to it; the procedure then goes on once more with
 * `world.left()` = 0, to make up its mind. It keeps `choice` up to date.
 */
export type Procedure = (world: World, choice: Choice) => Generator<Measurement, void, undefined>

const LEVEL = 0.9

interface Run {
  readonly world: World
  readonly choice: Choice
  readonly steps: Generator<Measurement, void, undefined>
  request: Measurement | undefined
  finished: boolean
  taken(): number
  /** Takes the next told observation; false when there is none. */
  absorbOne(state: PolicyState): boolean
}

/**
 * @example
 * const policy = procedurePolicy('first-come', context, function* (world, choice) {
 *   yield { candidate: 0, examples: [0, 1] }
 *   choice.candidate = 0
 * })
 * policy.next({ ...state, observations: createObservationLog() }) // { kind: 'act', … }
 */
export function procedurePolicy(name: string, context: PolicyContext, procedure: Procedure): Policy {
  let run: Run | undefined

  const advance = (state: PolicyState): Decision => {
    if (!run || run.world.pool.length !== state.pool.length || run.taken() > state.observations.length) {
      run = startRun(context, state.pool, procedure)
    }
    for (;;) {
      const { world, request } = run
      if (run.finished) return { kind: 'done', reason: `${name} has finished its schedule` }
      if (request === undefined) {
        const step = run.steps.next()
        if (step.done) run.finished = true
        else run.request = step.value
        continue
      }
      const open = [...new Set(request.examples)].filter(
        (example) => world.score(request.candidate, example) === undefined,
      )
      if (open.length === 0) {
        run.request = undefined
        continue
      }
      if (run.absorbOne(state)) {
        if (world.left() === 0) run.request = undefined
        continue
      }
      if (world.left() === 0) {
        run.finished = true
        continue
      }
      const pending = new Set(
        state.pending.filter(({ candidate }) => candidate === request.candidate).map(({ example }) => example),
      )
      const ask = open.filter((example) => !pending.has(example)).slice(0, state.evaluationsLeft)
      if (ask.length > 0) {
        return { kind: 'act', action: { kind: 'evaluate', candidate: request.candidate, examples: ask } }
      }
      return pending.size > 0 ? { kind: 'wait' } : { kind: 'done', reason: 'the budget is spent' }
    }
  }

  return {
    name,
    next: advance,
    recommend(state) {
      // Going on to the next decision brings the choice up to date with everything that was told.
      advance(state)
      return run ? recommendationOf(run) : undefined
    },
  }
}

function startRun(context: PolicyContext, pool: readonly PoolEntry[], procedure: Procedure): Run {
  const { exampleCount, evaluationBudget } = context
  const scores = new Float64Array(pool.length * exampleCount)
  const known = new Uint8Array(pool.length * exampleCount)
  const asked = new Int32Array(pool.length)
  const sums = new Float64Array(pool.length)
  const counts = new Int32Array(pool.length)
  let taken = 0
  const world: World = {
    pool,
    exampleCount,
    budget: evaluationBudget,
    random: createRandom(context.seed),
    left: () => evaluationBudget - taken,
    score(candidate, example) {
      const cell = candidate * exampleCount + example
      return known[cell] ? scores[cell]! : undefined
    },
    asked: (candidate) => asked[candidate]!,
    mean: (candidate) => (counts[candidate] === 0 ? Number.NaN : sums[candidate]! / counts[candidate]!),
    meanOver(candidate, examples) {
      let sum = 0
      let count = 0
      for (const example of examples) {
        const score = world.score(candidate, example)
        if (score === undefined || Number.isNaN(score)) continue
        sum += score
        count++
      }
      return count === 0 ? Number.NaN : sum / count
    },
  }
  const choice: Choice = { candidate: undefined }
  return {
    world,
    choice,
    steps: procedure(world, choice),
    request: undefined,
    finished: pool.length === 0,
    taken: () => taken,
    absorbOne({ observations }) {
      if (taken >= observations.length) return false
      const candidate = observations.candidate(taken)
      const score = observations.score(taken)
      const cell = candidate * exampleCount + observations.example(taken)
      known[cell] = 1
      scores[cell] = score
      asked[candidate]!++
      if (!Number.isNaN(score)) {
        sums[candidate]! += score
        counts[candidate]!++
      }
      taken++
      return true
    },
  }
}

/**
 * The choice, with what its raw mean says: these methods have no posterior. The interval is the Wilson interval of the
 * choice's own cells and allows for nothing.
 */
function recommendationOf({ world, choice }: Run): Recommendation | undefined {
  const { pool } = world
  const means = Float64Array.from(pool, (_, candidate) => world.mean(candidate))
  const deviations = Float64Array.from(pool, (_, candidate) => {
    const count = Math.max(1, world.asked(candidate))
    const mean = means[candidate]!
    return Number.isNaN(mean) ? 0.5 : Math.sqrt((mean * (1 - mean) + 1 / (4 * count)) / count)
  })
  const candidate = choice.candidate ?? argmax(means)
  if (candidate === undefined) return undefined
  const mean = means[candidate]!
  return {
    candidate,
    mean,
    interval: Number.isNaN(mean) ? [0, 1] : wilson(mean, world.asked(candidate)),
    level: LEVEL,
    probabilityBest: Number.NaN,
    expectedGainOf100: Number.NaN,
    means,
    standardDeviations: deviations,
  }
}

function wilson(mean: number, count: number): [number, number] {
  const z = normalQuantile((1 + LEVEL) / 2)
  const denominator = 1 + z ** 2 / count
  const center = (mean + z ** 2 / (2 * count)) / denominator
  const half = (z * Math.sqrt((mean * (1 - mean)) / count + z ** 2 / (4 * count ** 2))) / denominator
  return [Math.max(0, center - half), Math.min(1, center + half)]
}

/** Candidates ordered best first by a value; NaN last, equals in their given order. */
export function rankedBy(candidates: readonly number[], value: (candidate: number) => number): number[] {
  const key = (candidate: number) => {
    const found = value(candidate)
    return Number.isNaN(found) ? Number.NEGATIVE_INFINITY : found
  }
  return candidates
    .map((candidate) => ({ candidate, key: key(candidate) }))
    .sort((a, b) => (b.key > a.key ? 1 : b.key < a.key ? -1 : 0))
    .map(({ candidate }) => candidate)
}

/** A copy in random order. */
export function shuffled<Item>(items: readonly Item[], random: Random): Item[] {
  return Array.from(random.permutation(items.length), (index) => items[index]!)
}
