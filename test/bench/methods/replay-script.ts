import { benchBackend } from '../../../src/bench/tables/bench-backend.ts'
import { createObservationLog } from '../../../src/history/observation-log.ts'
import type { PolicyContext, PolicyFactory, PolicyState } from '../../../src/policy/policy.ts'
import type { PoolEntry } from '../../../src/prompt/candidate.ts'
import type { Table } from '../../../src/recording/table.ts'

export interface Ask {
  readonly candidate: number
  readonly examples: readonly number[]
}

export interface Transcript {
  readonly asks: readonly Ask[]
  readonly chosen: number | undefined
  readonly spent: number
}

/** Vectors that lie on a line by prompt number: text that tells everything about a pool ordered by quality. */
export function lineEmbeddings(prompts: number, dimensions = 8): Float64Array[] {
  return Array.from({ length: prompts }, (_, prompt) => {
    const angle = (Math.PI / 2) * (prompt / Math.max(1, prompts - 1))
    const vector = new Float64Array(dimensions)
    vector[0] = Math.cos(angle)
    vector[1] = Math.sin(angle)
    return vector
  })
}

/**
 * Plays a policy on a table without shuffling, so that a test knows which prompt is which. With `fresh`, every decision
 * is made by a new instance that sees the whole history at once.
 */
export function transcribe(
  create: PolicyFactory,
  table: Table,
  budget: number,
  settings: {
    readonly seed?: number
    readonly options?: Readonly<Record<string, unknown>>
    readonly embeddings?: readonly Float64Array[]
    readonly slotEmbeddings?: readonly Readonly<Record<string, Float64Array>>[]
    readonly fresh?: boolean
  } = {},
): Transcript {
  const pool: PoolEntry[] = table.prompts.map((candidate, index) => {
    const embedding = settings.embeddings?.[index]
    const slotEmbeddings = settings.slotEmbeddings?.[index]
    return { candidate, ...(embedding ? { embedding } : {}), ...(slotEmbeddings ? { slotEmbeddings } : {}) }
  })
  const context: PolicyContext = {
    seed: settings.seed ?? 1,
    space: {},
    exampleCount: table.searchExamples,
    evaluationBudget: budget,
    estimand: 'set',
    backend: benchBackend(),
    ...(settings.options ? { options: settings.options } : {}),
  }
  const observations = createObservationLog()
  let left = budget
  const state: PolicyState = {
    pool,
    observations,
    pending: [],
    fits: [],
    get evaluationsLeft() {
      return left
    },
  }
  let policy = create(context)
  const asks: Ask[] = []
  const seen = new Set<string>()
  while (left > 0) {
    if (settings.fresh) policy = create(context)
    const decision = policy.next(state)
    if (decision.kind !== 'act') break
    if (decision.action.kind !== 'evaluate' || typeof decision.action.candidate !== 'number')
      throw new Error('odd action')
    const { candidate, examples } = decision.action
    asks.push({ candidate, examples })
    for (const example of examples) {
      const cell = `${candidate} ${example}`
      if (seen.has(cell)) throw new Error(`cell ${cell} is asked for twice`)
      seen.add(cell)
      const score = table.scores[candidate * (table.searchExamples + table.holdoutExamples) + example]!
      observations.append({ candidate, example, repeat: 0, score: Number.isNaN(score) ? null : score })
      left--
    }
    if (left < 0) throw new Error('the budget is exceeded')
  }
  if (settings.fresh) policy = create(context)
  return { asks, chosen: policy.recommend(state)?.candidate, spent: budget - left }
}
