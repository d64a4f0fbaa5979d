/**
 * Whole jobs on recorded tables: a search from a baseline drawn at random, with its holdout, as `optimize` does it. How often
 * are true improvements called improved, and how often is a winner that is no better? True scores are means over all examples
 * of the table. Without embeddings.
 *
 *     node data/results/verdicts.ts DIRECTORY --evaluations 720,1200 --repeats 3
 *
 * @module
 */
import { parseArgs } from 'node:util'
import { promptMeans } from '../../src/bench/tables/truth.ts'
import { createProgressLine } from '../../src/cli/progress-line.ts'
import { createRandom } from '../../src/numerics/random/random.ts'
import { candidateText } from '../../src/prompt/candidate.ts'
import { cellOf, type Table } from '../../src/recording/table.ts'
import { optimize } from '../../src/run/optimize.ts'
import { openTables } from './open-tables.ts'

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    evaluations: { type: 'string', default: '720,1200' },
    repeats: { type: 'string', default: '3' },
  },
})
/** An improvement that is worth having, in points of 100. */
const WORTH = 0.1

async function verdictOf(table: Table, evaluations: number, seed: number) {
  const examples = Array.from({ length: table.searchExamples + table.holdoutExamples }, (_, example) => example)
  const rows = new Map(table.prompts.map(({ id }, row) => [id, row]))
  const baseline = createRandom(seed).split(table.name).integer(table.prompts.length)
  const { verdict, winner } = await optimize({
    prompts: table.prompts,
    baseline: candidateText(table.prompts[baseline]!),
    examples,
    evaluate(_, example, { candidate }) {
      const score = cellOf(table, rows.get(candidate.id)!, example)
      return Number.isNaN(score) ? null : score
    },
    budget: { evaluations },
    embedder: 'none',
    seed,
  })
  const means = promptMeans(table, 0, examples.length)
  return { improved: verdict === 'improved', gain: means[rows.get(winner.id)!]! - means[baseline]! }
}

const tables = await openTables(positionals)
const repeats = Number(values.repeats)
const line = createProgressLine(process.stderr)
for (const evaluations of values.evaluations.split(',').map(Number)) {
  const jobs: Awaited<ReturnType<typeof verdictOf>>[] = []
  const total = tables.length * repeats
  for (let seed = 1; seed <= repeats; seed++) {
    for (const table of tables) {
      jobs.push(await verdictOf(table, evaluations, seed))
      line.show(`${jobs.length} of ${total}`, { done: jobs.length, total })
    }
  }
  const share = (name: string, which: (gain: number) => boolean) => {
    const some = jobs.filter(({ gain }) => which(gain))
    const improved = some.filter((job) => job.improved).length
    return `  ${name}: ${improved} of ${some.length} called improved\n`
  }
  process.stdout.write(
    `${evaluations} evaluations, ${jobs.length} jobs\n${[
      share('better by 10 points or more', (gain) => gain >= WORTH),
      share('better by less', (gain) => gain > 0 && gain < WORTH),
      share('no better', (gain) => gain <= 0),
    ].join('')}`,
  )
}
line.end()
