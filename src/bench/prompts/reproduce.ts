/**
 * Runs the line-up, the ablations and warm starts on a directory of tables and writes what the documentation shows.
 *
 * @module
 */
import { existsSync } from 'node:fs'
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { findTables } from '../../recording/find-tables.ts'
import { loadTable } from '../../recording/load-table.ts'
import { splitTable } from '../../recording/split-table.ts'
import { writeWhole } from '../../store/whole-file.ts'
import { compareHtml } from '../compare/compare-html.ts'
import { type Comparison, compareResults } from '../compare/compare-results.ts'
import { compareSvg } from '../compare/compare-svg.ts'
import { compareText } from '../compare/compare-text.ts'
import { tuneOnOtherTasks } from '../compare/left-out-tasks.ts'
import { tuneOnHalves } from '../compare/task-halves.ts'
import { valueOfText } from '../compare/value-of-text.ts'
import { describeTables } from '../describe/describe-tables.ts'
import { type BenchResults, summarize, writeResults } from '../tables/bench-results.ts'
import { type BenchTablesOptions, runTables } from '../tables/run-tables.ts'
import type { Variant } from '../tables/table-unit.ts'
import { ABLATIONS, earlierStudy, LINE_UP, otherModels, SETTINGS, TUNING, TUNING_BY_METHOD } from './line-up.ts'
import { replaceSection } from './replace-section.ts'
import {
  bestMarkdown,
  halvesMarkdown,
  resultsMarkdown,
  tunedMarkdown,
  valueOfTextMarkdown,
} from './results-markdown.ts'

export interface ReproduceOptions
  extends Pick<BenchTablesOptions, 'repeats' | 'seed' | 'embeddingCache' | 'jobs' | 'signal' | 'onProgress'> {
  /** Directory of tables. */
  readonly tables: string
  /** What the files are called and the section of the documents is marked with. */
  readonly name: string
  /** Where results go. */
  readonly output: string
  /**
   * Documents with the markers `<!-- bench:NAME -->` … `<!-- /bench:NAME -->` or, for the best at each budget alone,
   * `bench:NAME-best`, brought up to date.
   */
  readonly documents: readonly string[]
}

/**
 * Writes `NAME.json.gz` (every run), `NAME.txt`, `NAME.svg` and `NAME.html`. The same is written for `NAME-ablations`,
 * `NAME-models` (warm from other models, where two tables share a task), `NAME-studies` (warm from a study on half of the
 * examples) and `NAME-tuned` (settings of the others), with a third of the repeats. Runs that are there already are kept, so
 * that it can be interrupted, and later be given more repeats.
 *
 * @returns The comparisons, in that order.
 */
export async function reproduce(options: ReproduceOptions): Promise<readonly Comparison[]> {
  await mkdir(options.output, { recursive: true })
  const files = await findTables([options.tables])
  const { name } = options
  const line = await runAndWrite(options, files, name, LINE_UP)
  // Variants of one policy differ by less, run by run, than policies do.
  const variants = { ...options, repeats: Math.ceil(options.repeats / 3) }
  const ablations = await runAndWrite(variants, files, `${name}-ablations`, ABLATIONS, line)
  const tuned = await runAndWrite(variants, files, `${name}-tuned`, TUNING, line)
  const siblings = await withSiblings(files)
  const models =
    siblings.length > 0 ? await runAndWrite(variants, siblings, `${name}-models`, otherModels(files), line) : undefined
  const studies = await runOnHalves(variants, files)
  const descriptions = await describeTables(files, { cacheDirectory: options.embeddingCache })
  const explained = new Map(
    descriptions.map(({ table, predictability }) => [table, predictability.all?.explained ?? 0]),
  )
  const content = [
    `${line.tables.length} tables of ${line.tasks.length} tasks, ${line.repeats} repeats, seed ${options.seed}; budget × 1 = 25`,
    'evaluations of one prompt on all search examples. Normalized error (0 = best prompt of the pool, 1 = worst). In',
    'brackets the paired difference to krige and its 95% interval over tasks, positive where krige is better.\n',
    resultsMarkdown(line),
    '\nSettings of the others tuned on the other tasks, and judged on the one left out; in brackets the best setting, known only',
    `afterwards (${variants.repeats} repeats):\n`,
    tunedMarkdown(tuneOnOtherTasks(tuned.runs, 'krige', TUNING_BY_METHOD)),
    `\n\`krige\` without one thing, or with another setting, at a time (from here on ${variants.repeats} repeats):\n`,
    resultsMarkdown(ablations),
    '\nWhat `krige` gains from text: error without it less error with it. Tables are grouped by how much of the variance of accuracies',
    'texts predict when the prompt itself is left out.\n',
    valueOfTextMarkdown(valueOfText(ablations.runs, { text: 'krige', blind: 'without text' }, explained)),
    '\nThese settings chosen on one half of the tasks and judged on the other, over 1,000 random halves:\n',
    halvesMarkdown(tuneOnHalves(ablations.runs, 'krige', SETTINGS)),
    ...(models
      ? ['\n`krige` that has read what other models scored with the same prompts:\n', resultsMarkdown(models)]
      : []),
    '\n`krige` on half of the examples, after a study with the same budget on the other half:\n',
    resultsMarkdown(studies),
  ].join('\n')
  for (const document of options.documents) {
    const text = await readFile(document, 'utf8').catch(() => undefined)
    if (text === undefined) continue
    const whole = replaceSection(text, `bench:${options.name}`, content)
    writeWhole(document, replaceSection(whole, `bench:${options.name}-best`, bestMarkdown(line)))
  }
  return [line, ablations, ...(models ? [models] : []), studies, tuned]
}

/** The tables that share their task with another one. */
async function withSiblings(files: readonly string[]): Promise<readonly string[]> {
  const tasks = await Promise.all(files.map(async (file) => (await loadTable(file)).task))
  return files.filter((_, index) => tasks.filter((task) => task === tasks[index]).length > 1)
}

/** Splits every table, and plays the later halves cold and warm; the halves are files only while they are played. */
async function runOnHalves(options: ReproduceOptions, files: readonly string[]): Promise<Comparison> {
  const folder = await mkdtemp(join(tmpdir(), 'krige-halves-'))
  try {
    const halves = await Promise.all(
      files.map(async (file) => {
        const table = await loadTable(file)
        const { earlier, later } = splitTable(table)
        const [before, after] = [join(folder, `${table.name}.earlier.json`), join(folder, `${table.name}.json`)]
        await writeFile(before, JSON.stringify(earlier))
        await writeFile(after, JSON.stringify(later))
        return { before, after }
      }),
    )
    const warm = earlierStudy(halves.map(({ before }) => before))
    const played = halves.map(({ after }) => after)
    return await runAndWrite(options, played, `${options.name}-studies`, warm)
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

async function runAndWrite(
  options: ReproduceOptions,
  files: readonly string[],
  name: string,
  variants: readonly Variant[],
  played?: BenchResults,
): Promise<Comparison & BenchResults> {
  const stem = join(options.output, name)
  const { tables: _, name: __, output: ___, documents: ____, ...run } = options
  const resultFile = `${stem}.json.gz`
  if (played && !existsSync(resultFile)) await writeResults(resultFile, await shareOf(played, files, variants[0]!, run))
  const results = await runTables({
    ...run,
    files,
    variants,
    fullEvaluations: 25,
    fractions: [0.25, 0.5, 1],
    resultFile,
  })
  const comparison = compareResults([{ file: name, results }])
  writeWhole(`${stem}.txt`, compareText(comparison))
  writeWhole(`${stem}.svg`, compareSvg(comparison))
  writeWhole(`${stem}.html`, compareHtml(comparison))
  return { ...comparison, ...results }
}

/** Runs of one variant that another line-up needs, too: the same seeds on the same tables. */
async function shareOf(
  { settings, runs }: BenchResults,
  files: readonly string[],
  { label }: Variant,
  { repeats }: Pick<BenchTablesOptions, 'repeats'>,
): Promise<BenchResults> {
  const tables = new Set(await Promise.all(files.map(async (file) => (await loadTable(file)).name)))
  const shared = runs.filter((run) => run.policy === label && run.repeat < repeats && tables.has(run.table))
  return {
    ...(settings && {
      settings: {
        ...settings,
        tables: Object.fromEntries(Object.entries(settings.tables).filter(([name]) => tables.has(name))),
        policies: { [label]: settings.policies[label]! },
      },
    }),
    runs: shared,
    summary: summarize(shared),
  }
}
