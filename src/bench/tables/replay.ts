/**
 * Plays a policy against a table. Every cell it asks for costs one evaluation of a hard budget, whether the recorded
 * call had succeeded or not.
 *
 * @module
 */
import type { ObservationHistory } from '../../history/observation-log.ts'
import { createRandom } from '../../numerics/random/random.ts'
import { breach, playPolicy } from '../../policy/play-policy.ts'
import type { Estimand, PendingCell, PolicyContext, PolicyFactory, Recommendation } from '../../policy/policy.ts'
import type { PoolEntry } from '../../prompt/candidate.ts'
import { cellOf, type Table } from '../../recording/table.ts'
import { deriveSeed, shuffledIndices } from './seeds.ts'

/** What is known of a prompt's text. */
export interface PromptVectors {
  /** Unit vector of the whole text. */
  readonly text?: Float64Array
  /** Unit vectors of its slots, for the one method that looks at them apart. */
  readonly slots?: Readonly<Record<string, Float64Array>>
}

/** A table as one repeat shows it: prompts and search examples in an order of its own. */
export interface ShuffledTable {
  readonly table: Table
  readonly pool: readonly PoolEntry[]
  /** Pool position → row of the table. */
  readonly promptOrder: Int32Array
  /** Example a policy sees → column of the table. */
  readonly exampleOrder: Int32Array
}

/**
 * Shuffles examples and prompts, so that neither the order a table was recorded in nor ties broken by position help
 * any policy. One order serves all policies and fractions of a repeat: that is the pairing.
 *
 * @param vectors One entry per prompt, in table order; omit to play without text embeddings.
 * @param shuffleText Give every prompt the text, slots and vectors of another: what is left of a policy when text lies.
 */
export function shuffleTable(
  table: Table,
  seed: number,
  vectors?: readonly PromptVectors[],
  shuffleText = false,
): ShuffledTable {
  const promptOrder = shuffledIndices(table.prompts.length, seed)
  const texts = shuffleText ? shuffledIndices(table.prompts.length, deriveSeed(seed, 'texts')) : undefined
  return {
    table,
    pool: Array.from(promptOrder, (row) => {
      const source = texts ? texts[row]! : row
      const { text, slots } = vectors?.[source] ?? {}
      return {
        candidate: { ...table.prompts[source]!, id: table.prompts[row]!.id },
        ...(text ? { embedding: text } : {}),
        ...(slots ? { slotEmbeddings: slots } : {}),
      }
    }),
    promptOrder,
    exampleOrder: shuffledIndices(table.searchExamples, deriveSeed(seed, 'examples')),
  }
}

export interface ReplayOptions {
  readonly budget: number
  /** Seed of the policy's own choices. */
  readonly seed: number
  readonly backend: PolicyContext['backend']
  /** What the policy is told that best means. @defaultValue 'set', which tables score */
  readonly estimand?: Estimand
  /** The policy's validated settings. */
  readonly options?: Readonly<Record<string, unknown>>
  readonly priors?: PolicyContext['priors']
  readonly prior?: PolicyContext['prior']
  /** Results are told late, as by workers or batches. @defaultValue each is told before the next action */
  readonly delay?: ReplayDelay
}

/**
 * Cells that are asked for before the first of them is told. Where `inRounds`, all are told together, as a provider's
 * batch is. Else each takes a time of its own, exponentially distributed, and they are told as they finish.
 */
export interface ReplayDelay {
  readonly inFlight: number
  readonly inRounds?: boolean
}

export interface ReplayResult {
  readonly spent: number
  /** Row of the table. */
  readonly chosen: number
  /** `undefined` when not one cell succeeded: the choice is then the first prompt of the shuffled pool. */
  readonly recommendation?: Recommendation
  /** What was measured, in the order it was told. */
  readonly observations: ObservationHistory
  /** Why the policy stopped before the budget was spent, when it did. */
  readonly stopped?: string
}

/**
 * Runs one policy to the end of its budget and returns its choice.
 *
 * @throws ConflictError when the policy breaks its contract: asks for a cell twice, for more than is left, for what is
 * not in the table, or waits with nothing pending.
 * @example
 * const shuffled = shuffleTable(await loadTable('tickets.json'), 7)
 * replay(createRandomPolicy, shuffled, { budget: 100, seed: 7, backend }).spent // 100
 */
export function replay(factory: PolicyFactory, shuffled: ShuffledTable, options: ReplayOptions): ReplayResult {
  const { table, pool, promptOrder, exampleOrder } = shuffled
  const exampleCount = table.searchExamples
  const policy = factory({
    seed: options.seed,
    space: {},
    exampleCount,
    evaluationBudget: options.budget,
    estimand: options.estimand ?? 'set',
    backend: options.backend,
    ...(options.options ? { options: options.options } : {}),
    ...(options.priors ? { priors: options.priors } : {}),
    ...(options.prior ? { prior: options.prior } : {}),
  })
  const { inFlight, inRounds = false } = options.delay ?? { inFlight: 1, inRounds: true }
  const times = createRandom(options.seed).split('times')
  const finished = new WeakMap<PendingCell, number>()
  let now = 0
  const world = {
    pool: [...pool],
    exampleCount,
    budget: options.budget,
    measure({ candidate, example }: PendingCell) {
      const score = cellOf(table, promptOrder[candidate]!, exampleOrder[example]!)
      return Number.isNaN(score) ? null : score
    },
  }
  const { state, spent, stopped } = playPolicy(policy, world, {
    inFlight,
    inRounds,
    onDecision: (_, { pending }) => {
      if (inRounds) return
      for (const cell of pending) if (!finished.has(cell)) finished.set(cell, now + times.exponential())
    },
    first: ({ pending }) => {
      const ends = pending.map((cell) => finished.get(cell)!)
      now = Math.min(...ends)
      return ends.indexOf(now)
    },
  })

  const recommendation = policy.recommend(state)
  const position = recommendation?.candidate ?? 0
  if (!Number.isInteger(position) || position < 0 || position >= pool.length) {
    throw breach(policy, `recommends candidate ${position} of ${pool.length}`)
  }
  return {
    spent,
    chosen: promptOrder[position]!,
    observations: state.observations,
    ...(recommendation ? { recommendation } : {}),
    ...(stopped === undefined ? {} : { stopped }),
  }
}
