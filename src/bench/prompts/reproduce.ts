/**
 * Runs the line-up and the ablations on a directory of tables and writes what the documentation shows.
 *
 * @module
 */
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { compareHtml } from '../compare/compare-html.ts'
import { type Comparison, compareResults } from '../compare/compare-results.ts'
import { compareSvg } from '../compare/compare-svg.ts'
import { compareText } from '../compare/compare-text.ts'
import { findTables } from '../tables/find-tables.ts'
import { type BenchTablesOptions, runTables } from '../tables/run-tables.ts'
import type { Variant } from '../tables/table-unit.ts'
import { ABLATIONS, LINE_UP } from './line-up.ts'
import { replaceSection } from './replace-section.ts'
import { resultsMarkdown } from './results-markdown.ts'

export interface ReproduceOptions
  extends Pick<BenchTablesOptions, 'repeats' | 'seed' | 'embeddingCache' | 'jobs' | 'signal' | 'onProgress'> {
  /** Directory of tables. */
  readonly tables: string
  /** What the files are called and the section of the documents is marked with. */
  readonly name: string
  /** Where results go. */
  readonly output: string
  /** Documents with the markers `<!-- bench:NAME -->` … `<!-- /bench:NAME -->`, brought up to date. */
  readonly documents: readonly string[]
}

/**
 * Writes `NAME.json.gz` (every run), `NAME.txt`, `NAME.svg`, `NAME.html`, and the same for `NAME-ablations`. Runs that
 * are there already are kept, so that it can be interrupted, and later be given more repeats.
 *
 * @returns The comparisons of the line-up and of the ablations.
 */
export async function reproduce(options: ReproduceOptions): Promise<readonly Comparison[]> {
  await mkdir(options.output, { recursive: true })
  const files = await findTables([options.tables])
  const line = await runAndWrite(options, files, options.name, LINE_UP)
  const ablations = await runAndWrite(options, files, `${options.name}-ablations`, ABLATIONS)
  const content = [
    `${line.tables.length} tables of ${line.tasks.length} tasks, ${line.repeats} repeats, seed ${options.seed}; budget × 1 = 25`,
    'evaluations of one prompt on all search examples. Normalized error (0 = best prompt of the pool, 1 = worst); in',
    'brackets the paired difference to krige and its 95% interval over tasks, positive where krige is better.\n',
    resultsMarkdown(line),
    '\nkrige without one thing at a time:\n',
    resultsMarkdown(ablations),
  ].join('\n')
  for (const document of options.documents) {
    const text = await readFile(document, 'utf8').catch(() => undefined)
    if (text !== undefined) await writeFile(document, replaceSection(text, `bench:${options.name}`, content))
  }
  return [line, ablations]
}

async function runAndWrite(
  options: ReproduceOptions,
  files: readonly string[],
  name: string,
  variants: readonly Variant[],
): Promise<Comparison> {
  const stem = join(options.output, name)
  const { tables: _, name: __, output: ___, documents: ____, ...run } = options
  const results = await runTables({
    ...run,
    files,
    variants,
    fullEvaluations: 25,
    fractions: [0.25, 0.5, 1],
    resultFile: `${stem}.json.gz`,
  })
  const comparison = compareResults([{ file: name, results }])
  await writeFile(`${stem}.txt`, compareText(comparison))
  await writeFile(`${stem}.svg`, compareSvg(comparison))
  await writeFile(`${stem}.html`, compareHtml(comparison))
  return comparison
}
