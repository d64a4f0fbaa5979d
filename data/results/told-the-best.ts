/**
 * What a budget allows: the error of a search that is told which K prompts of a pool are the best, and spends everything on
 * these alone, all on the same examples. With every prompt of the pool it is uniform allocation. Also the holdout error of the
 * prompt that is best once everything has been measured: what the search examples cannot tell.
 *
 *     node data/results/told-the-best.ts DIRECTORY --full-evaluations 10 --told 5,10,15,20
 *
 * @module
 */
import { parseArgs } from 'node:util'
import { mean } from 'simple-statistics'
import { deriveSeed } from '../../src/bench/tables/seeds.ts'
import { budgetOf } from '../../src/bench/tables/table-unit.ts'
import { holdoutMeans, normalizedError, searchMeans } from '../../src/bench/tables/truth.ts'
import { createRandom } from '../../src/numerics/random/random.ts'
import { argmax } from '../../src/numerics/vector.ts'
import { stableShuffle } from '../../src/policy/stable-shuffle.ts'
import { cellOf, type Table } from '../../src/recording/table.ts'
import { openTables } from './open-tables.ts'

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    'full-evaluations': { type: 'string', default: '25' },
    fractions: { type: 'string', default: '0.25,0.5,1' },
    told: { type: 'string', default: '5,10,15,20' },
    repeats: { type: 'string', default: '200' },
  },
})
const tables = await openTables(positionals)
const fractions = values.fractions.split(',').map(Number)
const repeats = Number(values.repeats)

function errorOf(table: Table, told: number, budget: number): number {
  const means = searchMeans(table)
  const best = [...means.keys()].filter((i) => !Number.isNaN(means[i]!)).sort((a, b) => means[b]! - means[a]!)
  const prompts = best.slice(0, told)
  const count = Math.min(table.searchExamples, Math.max(1, Math.floor(budget / prompts.length)))
  return mean(
    Array.from({ length: repeats }, (_, repeat) => {
      const seed = deriveSeed(1, table.name, repeat)
      const examples = stableShuffle(table.searchExamples, seed, 'examples').slice(0, count)
      const random = createRandom(seed)
      const observed = prompts.map((prompt) => {
        const scores = examples.map((example) => cellOf(table, prompt, example)).filter((score) => !Number.isNaN(score))
        // Among equals one is drawn.
        return (scores.length > 0 ? mean(scores) : 0) + 1e-9 * random.uniform()
      })
      return normalizedError(means, prompts[argmax(observed)!]!)
    }),
  )
}

const numbers = (row: readonly number[]) => row.map((value) => value.toFixed(3)).join('  ')
const line = (text: string, row: readonly number[]) => process.stdout.write(`${text.padEnd(28)}${numbers(row)}\n`)
process.stdout.write(`${tables.length} tables, ${values['full-evaluations']} full evaluations × ${values.fractions}\n`)
for (const told of [...values.told.split(',').map(Number), Number.POSITIVE_INFINITY]) {
  const row = fractions.map((fraction) =>
    mean(tables.map((table) => errorOf(table, told, budgetOf(table, Number(values['full-evaluations']), fraction)))),
  )
  line(Number.isFinite(told) ? `told the best ${told}` : 'told nothing', row)
}
const held = tables.flatMap((table) => {
  const holdout = holdoutMeans(table)
  return holdout ? [normalizedError(holdout, argmax(searchMeans(table))!)] : []
})
if (held.length > 0) line('everything measured, holdout', [mean(held)])
