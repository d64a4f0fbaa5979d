/**
 * `krige bench tables`: policies against replay tables, resumable and in parallel.
 *
 * @module
 */
import { existsSync } from 'node:fs'
import { BudgetError, ConflictError, InvalidInputError } from '../../errors.ts'
import type { Estimand } from '../../policy/policy.ts'
import { resolvePolicy } from '../../policy/registry.ts'
import { type Candidate, candidateText } from '../../prompt/candidate.ts'
import { findTables } from '../../recording/find-tables.ts'
import { loadTable } from '../../recording/load-table.ts'
import type { Table } from '../../recording/table.ts'
import { BENCH_POLICIES } from '../methods/registry.ts'
import {
  type BenchResults,
  type BenchRun,
  type BenchSettings,
  readResults,
  summarize,
  writeResults,
} from './bench-results.ts'
import { PINNED_EMBEDDER, type PinnedEmbeddingsOptions, pinnedEmbeddings } from './pinned-embeddings.ts'
import type { PromptVectors } from './replay.ts'
import { runUnits } from './run-units.ts'
import { budgetOf, type Unit, type Variant } from './table-unit.ts'
import { searchMeans } from './truth.ts'
import { sourcesFor } from './warm-start.ts'

export interface BenchTablesOptions {
  readonly files: readonly string[]
  readonly variants: readonly Variant[]
  /** Budget at fraction 1, in evaluations of one prompt on all search examples. */
  readonly fullEvaluations: number
  readonly fractions: readonly number[]
  readonly repeats: number
  readonly seed: number
  /** What policies are told that best means; `error` is over the search columns either way. @defaultValue 'set' */
  readonly estimand?: Estimand
  /** @defaultValue 1 */
  readonly jobs?: number
  /** Where results go as they come; runs it already holds are not repeated. */
  readonly resultFile?: string
  /** Record seconds and what the policy said about its choice. @defaultValue false */
  readonly details?: boolean
  /** Where the pinned embedder's vectors are kept. */
  readonly embeddingCache: string
  readonly signal?: AbortSignal
  readonly onProgress?: (progress: BenchProgress) => void
}

export type BenchProgress =
  | { readonly stage: 'embedding'; readonly done: number; readonly total: number }
  | { readonly stage: 'continuing'; readonly done: number; readonly total: number }
  | { readonly stage: 'running'; readonly done: number; readonly total: number; readonly secondsLeft: number }

const SAVE_MILLISECONDS = 5000

/**
 * Runs what is missing and returns everything: runs in a fixed order, whatever order they ended in.
 *
 * @throws InvalidInputError for bad tables, policies or result files; BudgetError when a fraction leaves no evaluation;
 * ConflictError when `resultFile` holds another experiment; KrigeError `interrupted` (finished runs are saved).
 * @example
 * const { summary } = await runTables({
 *   files: ['tickets.json'], variants: [{ label: 'sh', policy: 'successive-halving', options: {} }],
 *   fullEvaluations: 2, fractions: [0.5, 1], repeats: 3, seed: 1, embeddingCache: 'embeddings',
 * })
 * summary.length // 2: one policy at two budgets
 */
export async function runTables(options: BenchTablesOptions): Promise<BenchResults> {
  for (const { policy, options: settings } of options.variants) resolvePolicy(policy, settings, BENCH_POLICIES)
  const tables = await Promise.all(options.files.map(loadTable))
  tables.forEach((table, index) => {
    if (searchMeans(table).some((mean) => !Number.isNaN(mean))) return
    throw new InvalidInputError('the table holds no score of a search example: nothing can be found in it', {
      where: options.files[index]!,
      remedy: 'Record it again, or leave it out.',
    })
  })
  checkBudgets(tables, options)
  const sources = await Promise.all(options.variants.map((variant) => loadSources(variant, tables)))
  const settings: BenchSettings = {
    seed: options.seed,
    fullEvaluations: options.fullEvaluations,
    embedder: PINNED_EMBEDDER,
    estimand: options.estimand ?? 'set',
    tables: fingerprints(tables),
    policies: Object.fromEntries(
      options.variants.map(({ label, warmStart, ...variant }, index) => [
        label,
        { ...variant, ...(warmStart ? { warmStart: { ...warmStart, tables: fingerprints(sources[index]!) } } : {}) },
      ]),
    ),
  }
  const earlier = await continueFrom(options.resultFile, settings)
  const merged = mergeSettings(earlier?.settings, settings)
  const runs = new Map((earlier?.runs ?? []).map((run) => [keyOf(run), run]))
  const units = planUnits(tables, options, runs)
  const missing = units.reduce((sum, unit) => sum + unit.pending.length, 0)
  const results = (): BenchResults => {
    const ordered = sortRuns([...runs.values()])
    return { settings: merged, runs: ordered, summary: summarize(ordered) }
  }
  const save = async () => {
    if (options.resultFile !== undefined) await writeResults(options.resultFile, results())
  }
  if (runs.size > 0) options.onProgress?.({ stage: 'continuing', done: runs.size, total: runs.size + missing })
  if (missing === 0) return results()
  await save()

  // Only HbBoPs looks at slots apart.
  const withSlots = options.variants.some(({ policy }) => policy === 'hbbops')
  const known = [...new Set([...tables, ...sources.flat()])]
  const embedded = await embedPrompts(known, withSlots, {
    cacheDirectory: options.embeddingCache,
    ...(options.signal ? { signal: options.signal } : {}),
    onProgress: (done, total) => options.onProgress?.({ stage: 'embedding', done, total }),
  })
  const vectorsOf = (table: Table) => embedded[known.indexOf(table)]!
  const shared = {
    tables,
    vectors: tables.map(vectorsOf),
    shared: {
      seed: options.seed,
      fullEvaluations: options.fullEvaluations,
      variants: options.variants,
      details: options.details ?? false,
      estimand: options.estimand ?? 'set',
      sources: sources.map((list) => list.map((table) => ({ table, vectors: vectorsOf(table) }))),
    },
  }
  const started = performance.now()
  let done = 0
  let saved = started
  let saving = Promise.resolve()
  try {
    await runUnits(units, shared, {
      jobs: options.jobs ?? 1,
      ...(options.signal ? { signal: options.signal } : {}),
      onRuns(finished) {
        for (const run of finished) runs.set(keyOf(run), run)
        done += finished.length
        const now = performance.now()
        options.onProgress?.({
          stage: 'running',
          done,
          total: missing,
          secondsLeft: (((now - started) / done) * (missing - done)) / 1000,
        })
        if (now - saved < SAVE_MILLISECONDS) return
        saved = now
        saving = saving.then(save)
      },
    })
  } finally {
    await saving
    await save()
  }
  return results()
}

const fingerprints = (tables: readonly Table[]) =>
  Object.fromEntries(tables.map((table) => [table.name, table.fingerprint]))

/** Tables a variant starts from: those that serve at least one of the tables played. */
async function loadSources({ label, warmStart }: Variant, tables: readonly Table[]): Promise<Table[]> {
  if (!warmStart) return []
  const sources = await Promise.all((await findTables(warmStart.tables)).map(loadTable))
  const useful = sources.filter((table) =>
    tables.some((other) => sourcesFor(other, [{ table }], warmStart.history).length > 0),
  )
  if (useful.length === 0) {
    throw new InvalidInputError(`"${label}" has nothing to start warm from: no other table of the same task`, {
      remedy: `Name tables of ${[...new Set(tables.map(({ task }) => task))].join(', ')}.`,
    })
  }
  return useful
}

/** Vectors of all prompts, by table; every distinct text is embedded once. */
async function embedPrompts(
  tables: readonly Table[],
  withSlots: boolean,
  options: PinnedEmbeddingsOptions,
): Promise<PromptVectors[][]> {
  const slotTexts = (prompt: Candidate) => (withSlots ? Object.entries(prompt.slots ?? {}) : [])
  const prompts = tables.flatMap((table) => table.prompts)
  const texts = prompts.flatMap((prompt) => [candidateText(prompt), ...slotTexts(prompt).map(([, text]) => text)])
  const vectors = await pinnedEmbeddings(texts, options)
  return tables.map((table) =>
    table.prompts.map((prompt) => {
      const slots = slotTexts(prompt).map(([name, text]) => [name, vectors.get(text)!] as const)
      return {
        text: vectors.get(candidateText(prompt))!,
        ...(slots.length > 0 ? { slots: Object.fromEntries(slots) } : {}),
      }
    }),
  )
}

function checkBudgets(tables: readonly Table[], options: BenchTablesOptions): void {
  for (const table of tables) {
    for (const fraction of options.fractions) {
      if (budgetOf(table, options.fullEvaluations, fraction) >= 1) continue
      throw new BudgetError(
        `table ${table.name}: ${options.fullEvaluations} full evaluations × ${table.searchExamples} search examples × ` +
          `fraction ${fraction} leaves no evaluation; expected at least 1`,
        { remedy: 'Raise --full-evaluations or the smallest of --fractions.' },
      )
    }
  }
}

async function continueFrom(file: string | undefined, settings: BenchSettings): Promise<BenchResults | undefined> {
  if (file === undefined || !existsSync(file)) return undefined
  const earlier = await readResults(file)
  const differs = earlier.settings ? difference(earlier.settings, settings) : 'it does not say what it ran with'
  if (differs === undefined) return earlier
  throw new ConflictError(`the result file holds another experiment: ${differs}`, {
    where: file,
    remedy: 'Give another --json FILE, or move this one away.',
  })
}

/** What keeps two runs from belonging to one experiment; more tables, policies, fractions or repeats do not. */
function difference(earlier: BenchSettings, now: BenchSettings): string | undefined {
  if (earlier.seed !== now.seed) return `seed ${earlier.seed}, now ${now.seed}`
  if (earlier.fullEvaluations !== now.fullEvaluations) {
    return `${earlier.fullEvaluations} full evaluations, now ${now.fullEvaluations}`
  }
  if (earlier.estimand !== now.estimand) return `estimand ${earlier.estimand}, now ${now.estimand}`
  if (earlier.embedder !== now.embedder) return `embedder ${earlier.embedder}, now ${now.embedder}`
  for (const [name, fingerprint] of Object.entries(now.tables)) {
    const other = earlier.tables[name]
    if (other !== undefined && other !== fingerprint) return `another table ${name}`
  }
  for (const [label, variant] of Object.entries(now.policies)) {
    const other = earlier.policies[label]
    if (other !== undefined && JSON.stringify(other) !== JSON.stringify(variant)) return `other settings of ${label}`
  }
  return undefined
}

function mergeSettings(earlier: BenchSettings | undefined, now: BenchSettings): BenchSettings {
  if (!earlier) return now
  return {
    ...now,
    tables: { ...earlier.tables, ...now.tables },
    policies: { ...earlier.policies, ...now.policies },
  }
}

const keyOf = ({ table, policy, repeat, fraction }: Pick<BenchRun, 'table' | 'policy' | 'repeat' | 'fraction'>) =>
  JSON.stringify([table, policy, repeat, fraction])

function planUnits(
  tables: readonly Table[],
  options: BenchTablesOptions,
  done: ReadonlyMap<string, BenchRun>,
): readonly Unit[] {
  const units: Unit[] = []
  // Repeats outside: an interrupted benchmark then has every table, with fewer repeats.
  for (let repeat = 0; repeat < options.repeats; repeat++) {
    tables.forEach(({ name }, table) => {
      const pending = options.variants.flatMap(({ label }, variant) =>
        options.fractions
          .filter((fraction) => !done.has(keyOf({ table: name, policy: label, repeat, fraction })))
          .map((fraction) => ({ variant, fraction })),
      )
      if (pending.length > 0) units.push({ table, repeat, pending })
    })
  }
  return units
}

function sortRuns(runs: BenchRun[]): BenchRun[] {
  const compare = (a: string, b: string) => (a < b ? -1 : a > b ? 1 : 0)
  return runs.sort(
    (a, b) =>
      compare(a.table, b.table) || compare(a.policy, b.policy) || a.fraction - b.fraction || a.repeat - b.repeat,
  )
}
