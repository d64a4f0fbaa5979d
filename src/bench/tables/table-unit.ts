/**
 * The unit of work of a table benchmark: one table and repeat, all policies and fractions. They share its order, and so
 * whatever a policy caches by pool.
 *
 * @module
 */
import type { Estimand, PolicyContext, PriorHistory } from '../../policy/policy.ts'
import type { LearnedPrior } from '../../policy/prior/learned-prior.ts'
import { resolvePolicy } from '../../policy/registry.ts'
import { cellOf, type Table } from '../../recording/table.ts'
import { BENCH_POLICIES } from '../methods/registry.ts'
import type { BenchRun } from './bench-results.ts'
import { type PromptVectors, replay, shuffleTable } from './replay.ts'
import { deriveSeed } from './seeds.ts'
import { holdoutMeans, normalizedError, searchMeans } from './truth.ts'
import { sourcesFor, studyHistory, tableHistory, type WarmStart, type WarmStartSource } from './warm-start.ts'

/** A policy with settings, under the label it has in results. */
export interface Variant {
  readonly label: string
  readonly policy: string
  readonly options: Readonly<Record<string, unknown>>
  /** Play it on texts that were dealt out at random among the prompts. @defaultValue false */
  readonly shuffleText?: boolean
  /** Earlier histories it starts from; none by default. */
  readonly warmStart?: WarmStart
  /** What was learned on other tasks. @defaultValue nothing */
  readonly prior?: LearnedPrior
}

export interface UnitShared {
  readonly seed: number
  readonly fullEvaluations: number
  readonly variants: readonly Variant[]
  readonly details: boolean
  readonly estimand: Estimand
  /** By variant: what it starts from. @defaultValue nothing */
  readonly sources?: readonly (readonly WarmStartSource[])[]
}

export interface Unit {
  readonly table: number
  readonly repeat: number
  /** What is still to be run: variant index and fraction. */
  readonly pending: readonly { readonly variant: number; readonly fraction: number }[]
}

/** ⌊full evaluations × search examples × fraction⌋; the small term undoes binary rounding just below an integer. */
export function budgetOf(table: Table, fullEvaluations: number, fraction: number): number {
  return Math.floor(fullEvaluations * table.searchExamples * fraction + 1e-9)
}

/** How many holdout cells a prompt's mean is over. */
function holdoutCount(table: Table, prompt: number): number {
  let count = 0
  for (let example = 0; example < table.holdoutExamples; example++) {
    if (!Number.isNaN(cellOf(table, prompt, table.searchExamples + example))) count++
  }
  return count
}

/** Runs a unit. Pure but for the clock behind `details.seconds`. */
export function runUnit(
  unit: Unit,
  table: Table,
  vectors: readonly PromptVectors[],
  shared: UnitShared,
  backend: PolicyContext['backend'],
): BenchRun[] {
  const shuffleSeed = deriveSeed(shared.seed, table.name, unit.repeat, 'deck')
  const honest = shuffleTable(table, shuffleSeed, vectors)
  const shuffled = shuffleTable(table, shuffleSeed, vectors, true)
  const truth = searchMeans(table)
  const held = holdoutMeans(table)
  return unit.pending.map(({ variant, fraction }) => {
    const { label, policy, options, shuffleText = false, warmStart, prior } = shared.variants[variant]!
    const resolved = resolvePolicy(policy, options, BENCH_POLICIES)
    const budget = budgetOf(table, shared.fullEvaluations, fraction)
    const started = performance.now()
    const priors = warmStart ? historiesFor(table, unit, variant, shared, backend) : []
    const { spent, chosen, recommendation } = replay(resolved.create, shuffleText ? shuffled : honest, {
      budget,
      seed: deriveSeed(shared.seed, table.name, unit.repeat, fraction),
      backend,
      options: resolved.options,
      estimand: shared.estimand,
      priors,
      ...(prior ? { prior } : {}),
    })
    const seconds = (performance.now() - started) / 1000
    const finite = (value: number | undefined) => (value !== undefined && Number.isFinite(value) ? value : null)
    return {
      table: table.name,
      task: table.task,
      policy: label,
      repeat: unit.repeat,
      fraction,
      budget,
      spent,
      chosen: table.prompts[chosen]!.id,
      error: normalizedError(truth, chosen),
      ...(held ? { holdoutError: normalizedError(held, chosen) } : {}),
      ...(shared.details
        ? {
            details: {
              seconds: Math.round(seconds * 1e4) / 1e4,
              mean: finite(recommendation?.mean),
              interval: [finite(recommendation?.interval[0]), finite(recommendation?.interval[1])] as [
                number | null,
                number | null,
              ],
              level: recommendation?.level ?? 0,
              probabilityBest: finite(recommendation?.probabilityBest),
              trueMean: finite(truth[chosen]),
              estimand: shared.estimand,
              ...(held ? { holdoutMean: finite(held[chosen]), holdoutExamples: holdoutCount(table, chosen) } : {}),
            },
          }
        : {}),
    }
  })
}

/** What a warm variant knows of a table before its run, from every source of the same task. */
function historiesFor(
  table: Table,
  unit: Unit,
  variant: number,
  shared: UnitShared,
  backend: PolicyContext['backend'],
): PriorHistory[] {
  const { policy, options, warmStart } = shared.variants[variant]!
  const resolved = resolvePolicy(policy, options, BENCH_POLICIES)
  return sourcesFor(table, shared.sources?.[variant] ?? [], warmStart?.history).map((source) =>
    warmStart?.history === 'study'
      ? studyHistory(
          source,
          {
            create: resolved.create,
            options: resolved.options,
            budget: budgetOf(source.table, shared.fullEvaluations, 1),
            seed: deriveSeed(shared.seed, source.table.name, unit.repeat, 'study'),
            backend,
          },
          warmStart.reversed,
        )
      : tableHistory(source, warmStart?.reversed),
  )
}
