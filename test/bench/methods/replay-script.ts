import { benchBackend } from '../../../src/bench/tables/bench-backend.ts'
import { playPolicy } from '../../../src/policy/play-policy.ts'
import type { PendingCell, PolicyContext, PolicyFactory } from '../../../src/policy/policy.ts'
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
  const live = create(context)
  const policyNow = () => (settings.fresh ? create(context) : live)
  const asks: Ask[] = []
  const width = table.searchExamples + table.holdoutExamples
  const world = {
    pool,
    exampleCount: table.searchExamples,
    budget,
    measure({ candidate, example }: PendingCell) {
      const score = table.scores[candidate * width + example]!
      return Number.isNaN(score) ? null : score
    },
  }
  const { state, spent } = playPolicy(policyNow, world, {
    onDecision(decision) {
      if (decision.kind !== 'act' || decision.action.kind !== 'evaluate') return
      const { candidate, examples } = decision.action
      if (typeof candidate === 'number') asks.push({ candidate, examples })
    },
  })
  return { asks, chosen: policyNow().recommend(state)?.candidate, spent }
}
