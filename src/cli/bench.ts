import type { Command } from 'commander'
import { registerBenchCompare } from './bench-compare.ts'
import { registerBenchFunctions } from './bench-functions.ts'
import { registerBenchRecord } from './bench-record.ts'
import { registerBenchStream } from './bench-stream.ts'
import { registerBenchTables } from './bench-tables.ts'

export function registerBench(program: Command): void {
  const bench = program
    .command('bench')
    .description('Record tables of real runs, replay policies against them, and compare the results.')
  registerBenchRecord(bench)
  registerBenchTables(bench)
  registerBenchStream(bench)
  registerBenchFunctions(bench)
  registerBenchCompare(bench)
}
