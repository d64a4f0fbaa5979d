import { mean } from 'simple-statistics'
import type { BenchRun } from '../tables/bench-results.ts'
import type { ErrorKind } from './paired-difference.ts'

/**
 * A policy's error on one task: the mean over tables of means over runs, so that a table with more runs counts no more.
 *
 * @param runs Of one policy, task and budget.
 * @returns NaN without runs.
 * @example
 * const run = { task: 't', policy: 'p', repeat: 0, fraction: 1, budget: 9, spent: 9, chosen: 'a' }
 * taskError([{ ...run, table: 'x', error: 0.1 }, { ...run, table: 'x', error: 0.3 }, { ...run, table: 'y', error: 0.4 }]) // ≈ 0.30
 */
export function taskError(runs: readonly BenchRun[], kind: ErrorKind = 'error'): number {
  const tables = [...Map.groupBy(runs, ({ table }) => table).values()]
  return tables.length === 0 ? Number.NaN : mean(tables.map((table) => mean(table.map((run) => run[kind]!))))
}
