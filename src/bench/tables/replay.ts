/**
 * Plays a policy against a table: every cell it asks for costs one evaluation of a hard budget, whether the recorded
 * call had succeeded or not.
 *
 * @module
 */
import { ConflictError } from '../../errors.ts'
import { createObservationLog, type ObservationHistory } from '../../history/observation-log.ts'
import { createRandom } from '../../numerics/random/random.ts'
import type {
  Action,
  Estimand,
  Fit,
  PendingCell,
  Policy,
  PolicyContext,
  PolicyFactory,
  PolicyState,
  Recommendation,
} from '../../policy/policy.ts'
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
 * Cells that are asked for before the first of them is told. Where `inRounds`, all are told together, as a provider's batch
 * is; else each takes a time of its own, exponentially distributed, and they are told as they finish.
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
  const observations = createObservationLog()
  const fits: Fit[] = []
  const asked = new Uint8Array(pool.length * exampleCount)
  const { inFlight, inRounds = false } = options.delay ?? { inFlight: 1, inRounds: true }
  const times = createRandom(options.seed).split('times')
  const awaited: (PendingCell & { readonly finished: number })[] = []
  let now = 0
  let left = options.budget
  let stopped: string | undefined
  const state: PolicyState = {
    pool,
    observations,
    pending: awaited,
    fits,
    get evaluationsLeft() {
      return left
    },
  }
  const tell = (place: number) => {
    const [{ candidate, example, repeat, finished }] = awaited.splice(place, 1) as [(typeof awaited)[number]]
    now = finished
    const score = cellOf(table, promptOrder[candidate]!, exampleOrder[example]!)
    observations.append({ candidate, example, repeat, score: Number.isNaN(score) ? null : score })
  }

  while (left > 0) {
    const decision = policy.next(state)
    if (decision.kind === 'done') {
      stopped = decision.reason
      break
    }
    if (decision.kind === 'wait' && awaited.length === 0) throw breach(policy, 'waits although nothing is pending')
    if (decision.kind === 'act') {
      const { candidate, examples } = checkAction(policy, decision.action, pool.length, exampleCount, left)
      for (const example of examples) {
        const cell = candidate * exampleCount + example
        if (asked[cell]) throw breach(policy, `asks for prompt ${candidate} on example ${example} a second time`)
        asked[cell] = 1
        awaited.push({ candidate, example, repeat: 0, finished: now + (inRounds ? 0 : times.exponential()) })
      }
      left -= examples.length
      if (decision.fit) fits.push(decision.fit)
    }
    // Room for another action, or else what the policy waits for.
    const room = decision.kind === 'act' ? inFlight : awaited.length
    if (inRounds && awaited.length >= room) while (awaited.length > 0) tell(0)
    else while (awaited.length >= room) tell(nextOf(awaited))
  }
  while (awaited.length > 0) tell(0)

  const recommendation = policy.recommend(state)
  const position = recommendation?.candidate ?? 0
  if (!Number.isInteger(position) || position < 0 || position >= pool.length) {
    throw breach(policy, `recommends candidate ${position} of ${pool.length}`)
  }
  return {
    spent: options.budget - left,
    chosen: promptOrder[position]!,
    observations,
    ...(recommendation ? { recommendation } : {}),
    ...(stopped === undefined ? {} : { stopped }),
  }
}

/** Which finishes first. */
function nextOf(awaited: readonly { readonly finished: number }[]): number {
  let first = 0
  awaited.forEach(({ finished }, place) => {
    if (finished < awaited[first]!.finished) first = place
  })
  return first
}

function checkAction(policy: Policy, action: Action, prompts: number, exampleCount: number, left: number) {
  if (action.kind !== 'evaluate') throw breach(policy, `wants to ${action.kind}, which a table cannot answer`)
  const { candidate, examples } = action
  if (typeof candidate !== 'number') throw breach(policy, `wants a new candidate "${candidate.id}" measured`)
  if (!Number.isInteger(candidate) || candidate < 0 || candidate >= prompts) {
    throw breach(policy, `asks for candidate ${candidate} of ${prompts}`)
  }
  if ((action.repeat ?? 0) !== 0) throw breach(policy, `asks for repeat ${action.repeat}; a table holds one`)
  if (examples.length === 0) throw breach(policy, 'asks for no example at all')
  if (examples.length > left) throw breach(policy, `asks for ${examples.length} evaluations with ${left} left`)
  const outside = examples.find((example) => !Number.isInteger(example) || example < 0 || example >= exampleCount)
  if (outside !== undefined) throw breach(policy, `asks for example ${outside} of ${exampleCount}`)
  return { candidate, examples }
}

function breach(policy: Policy, what: string): ConflictError {
  return new ConflictError(`policy ${policy.name} ${what}`, {
    remedy: 'This is a defect of the policy; its results were not recorded.',
  })
}
