/**
 * Methods compared: recorded tables and streams replayed, test functions, statistics of the results.
 *
 * @module
 */
import '../node-version.ts'

export { describeTable, type TableDescription } from './describe/describe-table.ts'
export type { ObjectiveFunction } from './functions/objective.ts'
export { testFunction } from './functions/registry.ts'
export {
  type FunctionBench,
  type FunctionBenchOptions,
  type FunctionRun,
  type FunctionSummary,
  runFunctions,
  summarizeFunctions,
} from './functions/run-functions.ts'
export { compareRanks, type RankComparison } from './statistics/friedman.ts'
export { type ErrorKind, type PairedDifference, pairedDifference } from './statistics/paired-difference.ts'
export type { BenchResults, BenchRun, BenchSettings, BenchSummary } from './tables/bench-results.ts'
export { resultsText } from './tables/results-text.ts'
export { type BenchProgress, type BenchTablesOptions, runTables } from './tables/run-tables.ts'
export { normalizedError } from './tables/truth.ts'
