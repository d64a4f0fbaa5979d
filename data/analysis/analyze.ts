/**
 * `npm run analyze -- [DIRECTORY]`: what the recorded tables are like, into data/README.md, with its figures. With
 * another directory of tables, the text goes to standard output.
 *
 * @module
 */
import { readFile, writeFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { mean, sampleRankCorrelation } from 'simple-statistics'
import type { TableDescription } from '../../src/bench/describe/describe-table.ts'
import { describeTables } from '../../src/bench/describe/describe-tables.ts'
import { replaceSection } from '../../src/bench/prompts/replace-section.ts'
import { cacheFolder } from '../../src/cli/cache-folder.ts'
import { viewNames } from '../../src/features/views.ts'
import { findTables } from '../../src/recording/find-tables.ts'
import { escapeMarkup } from '../../src/text/escape-markup.ts'

const here = import.meta.dirname
const recorded = join(here, '../tables')

const points = (value: number | undefined) =>
  value === undefined || Number.isNaN(value) ? '–' : value.toFixed(2).replace(/^-0\.00$/, '0.00')
const percent = (value: number) => `${Math.round(100 * value)}%`
const row = (cells: readonly (string | number)[]) => `| ${cells.join(' | ')} |`
const heading = (cells: readonly string[]) => [row(cells), row(cells.map(() => '---'))]

function markdown(descriptions: readonly TableDescription[]): string {
  const tasks = new Map<string, TableDescription[]>()
  for (const one of descriptions) tasks.set(one.task, [...(tasks.get(one.task) ?? []), one])
  const alike = [...tasks.values()].flatMap((tables) =>
    tables.flatMap((a, index) =>
      tables
        .slice(index + 1)
        .map((b) => ({ a, b, rank: rankAgreement(a, b), best: [rankOfBest(a, b), rankOfBest(b, a)] })),
    ),
  )
  return [
    '### Spread and reliability',
    '',
    ...heading([
      'table',
      'prompts × (search + holdout)',
      'lowest',
      'quartiles',
      'highest',
      'best − median',
      'split-half reliability',
      'search with holdout',
    ]),
    ...descriptions.map((one) => {
      const [low, q1, median, q3, high] = one.quantiles
      return row([
        one.table,
        `${one.prompts} × (${one.searchExamples} + ${one.holdoutExamples})`,
        points(low),
        [q1, median, q3].map(points).join(' / '),
        points(high),
        points(high - median),
        points(one.reliability),
        `r = ${points(one.holdoutCorrelation)}`,
      ])
    }),
    '',
    '![Accuracy of every prompt](analysis/spread.svg)',
    '',
    '### What a single cell varies with',
    '',
    ...heading(['table', 'prompt', 'example', 'interaction', 'residuals alike: nearest prompt', 'a distant one']),
    ...descriptions.map((one) =>
      row([
        one.table,
        percent(one.parts.prompt),
        percent(one.parts.example),
        percent(one.parts.interaction),
        points(one.interactionOfNeighbors),
        points(one.interactionOfOthers),
      ]),
    ),
    '',
    '### What the text says about accuracy',
    '',
    'Share of the variance of prompt means that is predicted with the prompt itself left out; correlation of prediction and',
    'mean over all prompts, and over those above the median, where the best one is.',
    '',
    ...heading(['table', ...viewNames, 'all views', 'correlation', 'in the upper half']),
    ...descriptions.map((one) =>
      row([
        one.table,
        ...viewNames.map((view) => points(one.predictability[view]?.explained)),
        points(one.predictability.all?.explained),
        points(one.predictability.all?.correlation),
        points(one.predictability.all?.upperCorrelation),
      ]),
    ),
    ...(alike.length === 0
      ? []
      : [
          '',
          '### How alike two models rank the prompts of one task',
          '',
          'Last column: of the best twelfth of the first model, the mean percentile from the top in the second, and the other way',
          'round; 50 is chance.',
          '',
          ...heading(['task', 'models', 'Spearman', 'corrected for unreliability', 'ranked above the best']),
          ...alike.map(({ a, b, rank, best }) =>
            row([
              a.task,
              `${a.table.slice(a.task.length + 1)}, ${b.table.slice(b.task.length + 1)}`,
              points(rank),
              points(Math.min(1, rank / Math.sqrt(a.reliability * b.reliability))),
              best.map((share) => Math.round(100 * share)).join(', '),
            ]),
          ),
        ]),
  ].join('\n')
}

/** Over the prompts, which tables of one task share in one order. */
function rankAgreement(a: TableDescription, b: TableDescription): number {
  return sampleRankCorrelation([...a.means], [...b.means])
}

/** The mean share of prompts that b ranks above a prompt of a's best twelfth: near 0 where b knows them, ½ by chance. */
function rankOfBest(a: TableDescription, b: TableDescription): number {
  const order = [...a.means.keys()].sort((i, j) => a.means[j]! - a.means[i]!)
  const best = order.slice(0, Math.ceil(order.length / 12))
  return mean(
    best.map((prompt) => {
      const above = b.means.filter((value) => value > b.means[prompt]!).length
      const level = b.means.filter((value) => value === b.means[prompt]!).length - 1
      return (above + level / 2) / (b.means.length - 1)
    }),
  )
}

/** One line per table: one dot per prompt, the quartiles as a bar. */
function spreadSvg(descriptions: readonly TableDescription[]): string {
  const [width, left, right, line] = [760, 250, 20, 34]
  const height = descriptions.length * line + 46
  const x = (accuracy: number) => left + accuracy * (width - left - right)
  const parts: string[] = []
  for (const tick of [0, 0.2, 0.4, 0.6, 0.8, 1]) {
    parts.push(
      `<line x1="${x(tick)}" x2="${x(tick)}" y1="8" y2="${height - 34}" stroke="#ddd"/>`,
      `<text x="${x(tick)}" y="${height - 16}" text-anchor="middle" fill="#444">${percent(tick)}</text>`,
    )
  }
  for (const [index, one] of descriptions.entries()) {
    const y = 24 + index * line
    const [, q1, median, q3] = one.quantiles
    parts.push(
      `<text x="${left - 12}" y="${y + 4}" text-anchor="end" fill="#222">${escapeMarkup(one.table)}</text>`,
      `<rect x="${x(q1)}" y="${y - 10}" width="${Math.max(1, x(q3) - x(q1))}" height="20" fill="#0072b2" fill-opacity=".15"/>`,
      `<line x1="${x(median)}" x2="${x(median)}" y1="${y - 10}" y2="${y + 10}" stroke="#0072b2" stroke-width="2"/>`,
      // Equal accuracies would hide one another: spread them over the line's height, in pool order.
      ...one.means.map(
        (mean, prompt) =>
          `<circle cx="${x(mean).toFixed(1)}" cy="${(y - 9 + ((prompt * 7) % 19)).toFixed(1)}" r="2" fill="#0072b2" fill-opacity=".5"/>`,
      ),
    )
  }
  return (
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img" ` +
    `aria-label="Accuracy of every prompt, by table" font-family="system-ui, sans-serif" font-size="13">` +
    `<rect width="100%" height="100%" fill="#fff"/>${parts.join('')}</svg>\n`
  )
}

const directory = resolve(process.argv[2] ?? recorded)
const descriptions = await describeTables(await findTables([directory]), {
  cacheDirectory: join(cacheFolder(process.env), 'bench-embeddings'),
  onTable: (name) => process.stderr.write(`${name}\n`),
})
if (directory === recorded) {
  const readme = join(here, '../README.md')
  await writeFile(readme, replaceSection(await readFile(readme, 'utf8'), 'analysis', markdown(descriptions)))
  await writeFile(join(here, 'spread.svg'), spreadSvg(descriptions))
} else {
  process.stdout.write(`${markdown(descriptions)}\n`)
}
