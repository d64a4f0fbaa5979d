/**
 * `npm run bench:prompts -- [DIRECTORY] [--name NAME] [--repeats R] [--seed S] [--jobs J]`: the tables and figures of
 * recorded.md or simulated.md and of README.md, from recorded tables. Interrupted, it goes on where it stopped.
 *
 * @module
 */
import { basename, join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { compareText } from '../../src/bench/compare/compare-text.ts'
import { reproduce } from '../../src/bench/prompts/reproduce.ts'
import { cacheFolder } from '../../src/cli/cache-folder.ts'
import { numberOption } from '../../src/cli/number-options.ts'
import { createProgressLine } from '../../src/cli/progress-line.ts'
import { sayError } from './open-tables.ts'

const here = import.meta.dirname
const recorded = join(here, '../tables')

async function main(): Promise<void> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      name: { type: 'string' },
      repeats: { type: 'string', default: '30' },
      seed: { type: 'string', default: '1' },
      jobs: { type: 'string', default: '2' },
    },
  })
  const count = { integer: true, minimum: 1 }
  const tables = positionals[0] ?? recorded
  const line = createProgressLine(process.stderr)
  const abort = new AbortController()
  process.once('SIGINT', () => abort.abort())
  const comparisons = await reproduce({
    tables,
    name: values.name ?? (resolve(tables) === recorded ? 'recorded' : basename(resolve(tables))),
    output: here,
    documents: ['README.md', 'recorded.md', 'simulated.md'].map((file) => join(here, file)),
    repeats: numberOption('--repeats', count)(values.repeats),
    seed: numberOption('--seed', { integer: true, minimum: 0 })(values.seed),
    jobs: numberOption('--jobs', count)(values.jobs),
    embeddingCache: join(cacheFolder(process.env), 'bench-embeddings'),
    signal: abort.signal,
    onProgress: (progress) => line.show(`${progress.stage}: ${progress.done} of ${progress.total}`, progress),
  })
  line.end()
  for (const comparison of comparisons) process.stdout.write(`${compareText(comparison)}\n`)
}

try {
  await main()
} catch (error) {
  sayError(error, 'bench:prompts')
}
