/**
 * What `krige bench tables` writes and `krige bench compare` reads.
 *
 * @module
 */
import { gzipSync } from 'node:zlib'
import { mean, sampleStandardDeviation } from 'simple-statistics'
import * as z from 'zod'
import { InvalidInputError, KrigeError } from '../../errors.ts'
import { readBounded, unpackBounded } from '../../evaluation/bounded-file.ts'
import { writeWhole } from '../../store/whole-file.ts'

export const runSchema = z.object({
  table: z.string(),
  task: z.string(),
  policy: z.string(),
  repeat: z.int().nonnegative(),
  fraction: z.number().positive(),
  budget: z.int().positive(),
  spent: z.int().nonnegative(),
  /** Id of the recommended prompt. */
  chosen: z.string(),
  /** Normalized error over the search columns, in [0,1]. */
  error: z.number().min(0).max(1),
  /** The same over the holdout columns, where the table has them. */
  holdoutError: z.number().min(0).max(1).optional(),
  /** With `--details`: wall-clock seconds of the run, and what the policy said about its choice. */
  details: z
    .object({
      seconds: z.number().nonnegative(),
      mean: z.number().nullable(),
      interval: z.tuple([z.number().nullable(), z.number().nullable()]),
      level: z.number(),
      probabilityBest: z.number().nullable(),
      /** What the policy was told that best means, and so what its interval is for. */
      estimand: z.enum(['set', 'population']),
      trueMean: z.number().nullable(),
      holdoutMean: z.number().nullable().optional(),
      holdoutExamples: z.int().nonnegative().optional(),
    })
    .optional(),
})

const summarySchema = z.object({
  policy: z.string(),
  fraction: z.number(),
  meanError: z.number(),
  standardError: z.number(),
  meanHoldoutError: z.number().optional(),
})

/** What must agree for two result files to hold the same experiment. */
export const settingsSchema = z.object({
  seed: z.int(),
  fullEvaluations: z.number(),
  embedder: z.string(),
  estimand: z.enum(['set', 'population']).default('set'),
  /** Table name → fingerprint of its contents. */
  tables: z.record(z.string(), z.string()),
  /** Policy label → what it ran with. */
  policies: z.record(
    z.string(),
    z.object({
      policy: z.string(),
      options: z.record(z.string(), z.unknown()),
      shuffleText: z.boolean().optional(),
      /** Earlier histories, their tables as name → fingerprint. */
      warmStart: z
        .object({
          tables: z.record(z.string(), z.string()),
          history: z.enum(['table', 'study']),
          reversed: z.boolean(),
        })
        .optional(),
    }),
  ),
})

export const resultsSchema = z.object({
  settings: settingsSchema.optional(),
  runs: z.array(runSchema),
  summary: z.array(summarySchema),
})

export type BenchRun = z.infer<typeof runSchema>
export type BenchSummary = z.infer<typeof summarySchema>
export type BenchSettings = z.infer<typeof settingsSchema>
export type BenchResults = z.infer<typeof resultsSchema>

/**
 * Mean error by policy and fraction, with the standard error over task means; tables of one task share their prompts,
 * so they are not independent. Where all tables are of one task it is over repeats, which says nothing about other
 * tasks.
 */
export function summarize(runs: readonly BenchRun[]): BenchSummary[] {
  const groups = Map.groupBy(runs, ({ policy, fraction }) => JSON.stringify([policy, fraction]))
  return [...groups.values()]
    .map((group) => {
      const held = group.flatMap(({ holdoutError }) => (holdoutError === undefined ? [] : [holdoutError]))
      return {
        policy: group[0]!.policy,
        fraction: group[0]!.fraction,
        meanError: mean(group.map(({ error }) => error)),
        standardError: standardErrorOver(group),
        ...(held.length === 0 ? {} : { meanHoldoutError: mean(held) }),
      }
    })
    .sort((a, b) => a.fraction - b.fraction || a.meanError - b.meanError)
}

function standardErrorOver(group: readonly BenchRun[]): number {
  const byTask = [...Map.groupBy(group, ({ task }) => task).values()]
  const values =
    byTask.length > 1 ? byTask.map((runs) => mean(runs.map(({ error }) => error))) : group.map(({ error }) => error)
  return values.length > 1 ? sampleStandardDeviation(values) / Math.sqrt(values.length) : 0
}

/** MiB of a result file, packed or not. */
const MOST = 256

/**
 * Reads a result file.
 *
 * @throws InvalidInputError naming the file and the path inside it.
 */
export async function readResults(file: string): Promise<BenchResults> {
  let text: string
  try {
    text = unpackBounded(readBounded(file, MOST), MOST, file).toString('utf8')
  } catch (cause) {
    if (KrigeError.isInstance(cause)) throw cause
    throw new InvalidInputError('the result file cannot be read', {
      where: file,
      remedy: 'Give a file written by `krige bench tables … --json FILE`.',
      cause,
    })
  }
  const remedy = 'Give a file written by `krige bench tables … --json FILE`; delete a damaged one and run again.'
  let document: unknown
  try {
    document = JSON.parse(text)
  } catch (cause) {
    throw new InvalidInputError('not JSON', { where: file, remedy, cause })
  }
  const parsed = resultsSchema.safeParse(document)
  if (!parsed.success) {
    const issue = parsed.error.issues[0]!
    throw new InvalidInputError(`${issue.path.join('.') || 'the document'}: ${issue.message}`, { where: file, remedy })
  }
  return parsed.data
}

/**
 * Writes beside the file and renames, so that a kill at any moment leaves a whole file; compressed when the name ends in
 * `.gz`. One run per line, for diffs.
 */
export async function writeResults(file: string, results: BenchResults): Promise<void> {
  const lines = (items: readonly unknown[]) => items.map((item) => JSON.stringify(item)).join(',\n')
  const settings = results.settings ? `"settings":${JSON.stringify(results.settings)},\n` : ''
  const text = `{${settings}"runs":[\n${lines(results.runs)}\n],\n"summary":[\n${lines(results.summary)}\n]}\n`
  writeWhole(file, file.endsWith('.gz') ? gzipSync(text, { level: 9 }) : text)
}
