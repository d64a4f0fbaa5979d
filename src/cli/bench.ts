import type { Command } from 'commander'
import { registerBenchCompare } from './bench-compare.ts'
import { registerBenchFunctions } from './bench-functions.ts'
import { registerBenchRecord } from './bench-record.ts'
import { registerBenchStream } from './bench-stream.ts'
import { registerBenchTables } from './bench-tables.ts'

const EXAMPLES = `
Examples:
  $ krige bench record task.yaml --out table.json
  $ krige bench tables table.json --policy krige,successive-halving --repeats 5 --json results.json
  $ krige bench compare results.json`

export function registerBench(program: Command): void {
  const bench = program
    .command('bench')
    .description('Record tables of real runs, replay policies against them, and compare the results.')
    .addHelpText('after', EXAMPLES)
  registerBenchRecord(bench)
  registerBenchTables(bench)
  registerBenchStream(bench)
  registerBenchFunctions(bench)
  registerBenchCompare(bench)
}
