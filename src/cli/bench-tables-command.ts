import { join } from 'node:path'
import * as z from 'zod'
import { resultsText } from '../bench/tables/results-text.ts'
import { type BenchProgress, runTables } from '../bench/tables/run-tables.ts'
import type { Variant } from '../bench/tables/table-unit.ts'
import { warmStartSchema } from '../bench/tables/warm-start.ts'
import { InvalidInputError } from '../errors.ts'
import { readBounded } from '../evaluation/bounded-file.ts'
import { findTables } from '../recording/find-tables.ts'
import { durationText } from '../text/duration-text.ts'
import { cacheFolder } from './cache-folder.ts'
import { listenForInterrupts } from './interrupts.ts'
import { createProgressLine } from './progress-line.ts'
import { requireWritableFolder } from './write-file.ts'

const variantsSchema = z.record(
  z.string().min(1),
  z.strictObject({
    policy: z.string(),
    options: z.record(z.string(), z.unknown()).default({}),
    shuffleText: z.boolean().default(false),
    warmStart: warmStartSchema.optional(),
  }),
)

export interface TablesFlags {
  readonly policy?: readonly string[]
  readonly variants?: string
  readonly fullEvaluations: number
  readonly fractions: readonly number[]
  readonly repeats: number
  readonly seed: number
  readonly jobs: number
  readonly json?: string
  readonly details?: boolean
  readonly estimand: 'set' | 'population'
  readonly warmStart?: readonly string[]
}

/** `krige bench tables`: the summary on stdout, progress on stderr. */
export async function runTablesCommand(paths: readonly string[], flags: TablesFlags): Promise<void> {
  const variants = await variantsOf(flags)
  const files = await findTables(paths)
  if (flags.json !== undefined) requireWritableFolder(flags.json)
  const line = createProgressLine(process.stderr)
  const interrupts = listenForInterrupts('Stopping.')
  try {
    const results = await runTables({
      files,
      variants,
      fullEvaluations: flags.fullEvaluations,
      fractions: flags.fractions,
      repeats: flags.repeats,
      seed: flags.seed,
      jobs: flags.jobs,
      details: flags.details ?? false,
      estimand: flags.estimand,
      ...(flags.json === undefined ? {} : { resultFile: flags.json }),
      signal: interrupts.signal,
      embeddingCache: join(cacheFolder(process.env), 'bench-embeddings'),
      onProgress: (progress) => line.show(describe(progress), progress),
    })
    line.end()
    process.stdout.write(resultsText(results.summary))
  } finally {
    line.end()
    interrupts.close()
  }
}

async function variantsOf(flags: TablesFlags): Promise<readonly Variant[]> {
  const warmStart = flags.warmStart && warmStartSchema.parse({ tables: flags.warmStart })
  const named = (flags.policy ?? []).map((policy) => ({
    label: policy,
    policy,
    options: {},
    ...(warmStart ? { warmStart } : {}),
  }))
  const written = flags.variants === undefined ? [] : await readVariants(flags.variants)
  const variants = [...named, ...written]
  if (variants.length === 0) {
    throw new InvalidInputError('no policy is given', {
      remedy: 'Add --policy krige,successive-halving, or --variants FILE.',
    })
  }
  const labels = variants.map(({ label }) => label)
  const repeated = labels.find((label, index) => labels.indexOf(label) < index)
  if (repeated !== undefined) {
    throw new InvalidInputError(`"${repeated}" stands both in --policy and in --variants`, {
      remedy: 'Give every variant a label of its own.',
    })
  }
  return variants
}

async function readVariants(file: string): Promise<Variant[]> {
  const remedy = 'Expected {"label": {"policy": "krige", "options": {…}}, …}.'
  let document: unknown
  try {
    document = JSON.parse(readBounded(file, 256).toString('utf8'))
  } catch (cause) {
    const detail = cause instanceof Error ? cause.message : String(cause)
    throw new InvalidInputError(`the variants cannot be read: ${detail}`, { where: file, remedy, cause })
  }
  const parsed = variantsSchema.safeParse(document)
  if (!parsed.success) {
    const issue = parsed.error.issues[0]!
    throw new InvalidInputError(`${issue.path.join('.') || 'the document'}: ${issue.message}`, { where: file, remedy })
  }
  return Object.entries(parsed.data).map(([label, { shuffleText, warmStart, ...variant }]) => ({
    label,
    ...variant,
    ...(shuffleText ? { shuffleText } : {}),
    ...(warmStart ? { warmStart } : {}),
  }))
}

function describe(progress: BenchProgress): string {
  const { done, total } = progress
  if (progress.stage === 'embedding') return `embedding prompts: ${done} of ${total}`
  if (progress.stage === 'continuing') return `continuing: ${done} of ${total} runs are there already`
  return `${done} of ${total} runs, ${durationText(progress.secondsLeft)} left`
}
