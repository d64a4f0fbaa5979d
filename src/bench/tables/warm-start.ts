/**
 * Earlier histories for replays. They are what a policy would know of a task from a recorded table of it, or from a
 * study that was played on one.
 *
 * @module
 */
import * as z from 'zod'
import { createObservationLog, type ObservationHistory } from '../../history/observation-log.ts'
import type { PolicyContext, PolicyFactory, PriorHistory } from '../../policy/policy.ts'
import { cellOf, type Table } from '../../recording/table.ts'
import { type PromptVectors, replay, shuffleTable } from './replay.ts'
import { deriveSeed } from './seeds.ts'

/** How a variant starts warm, as files of variants write it. */
export const warmStartSchema = z.strictObject({
  tables: z
    .array(z.string())
    .min(1)
    .describe('Tables or directories of them; a table learns from those of its own task.'),
  history: z
    .enum(['table', 'study'])
    .default('table')
    .describe(
      'All search cells of any model, or those that a cold run of the same policy with the whole budget measured on the same model.',
    ),
  reversed: z.boolean().default(false).describe('Every score s becomes 1 − s: a history that misleads.'),
})

export type WarmStart = Readonly<Omit<z.output<typeof warmStartSchema>, 'tables'>> & {
  readonly tables: readonly string[]
}

/** A table to learn from, with the vectors of its prompts. */
export interface WarmStartSource {
  readonly table: Table
  readonly vectors: readonly PromptVectors[]
}

/**
 * The sources a table may learn from: those of the same task, and for a study of the same model too. Never the table
 * itself under another name.
 */
export function sourcesFor<S extends { readonly table: Table }>(
  table: Table,
  sources: readonly S[],
  history: WarmStart['history'] = 'table',
): readonly S[] {
  return sources.filter(
    ({ table: { task, model, fingerprint } }) =>
      task === table.task && fingerprint !== table.fingerprint && (history === 'table' || model === table.model),
  )
}

/** Every search cell of a table; failed calls stay missing. */
export function tableHistory({ table, vectors }: WarmStartSource, reversed = false): PriorHistory {
  const { prompts, searchExamples } = table
  const observations = createObservationLog()
  for (let candidate = 0; candidate < prompts.length; candidate++) {
    for (let example = 0; example < searchExamples; example++) {
      observations.append({ candidate, example, repeat: 0, score: told(cellOf(table, candidate, example), reversed) })
    }
  }
  const pool = prompts.map((candidate, row) => {
    const embedding = vectors[row]?.text
    return { candidate, ...(embedding ? { embedding } : {}) }
  })
  return { name: table.name, pool, observations, exampleCount: searchExamples }
}

export interface EarlierStudy {
  readonly create: PolicyFactory
  readonly options: Readonly<Record<string, unknown>>
  readonly budget: number
  readonly seed: number
  readonly backend: PolicyContext['backend']
}

/** What a cold study on the source would have measured. */
export function studyHistory(source: WarmStartSource, study: EarlierStudy, reversed = false): PriorHistory {
  const { table, vectors } = source
  const { create, ...options } = study
  const shuffled = shuffleTable(table, deriveSeed(study.seed, 'earlier'), vectors)
  const { observations } = replay(create, shuffled, options)
  return {
    name: table.name,
    pool: shuffled.pool,
    observations: reversed ? reverse(observations) : observations,
    exampleCount: table.searchExamples,
  }
}

function reverse(history: ObservationHistory): ObservationHistory {
  const reversed = createObservationLog()
  for (let k = 0; k < history.length; k++) {
    reversed.append({
      candidate: history.candidate(k),
      example: history.example(k),
      repeat: history.repeat(k),
      score: told(history.score(k), true),
    })
  }
  return reversed
}

function told(score: number, reversed: boolean): number | null {
  if (Number.isNaN(score)) return null
  return reversed ? 1 - score : score
}
