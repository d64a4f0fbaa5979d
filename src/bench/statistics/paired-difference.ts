/**
 * How much better one policy is than another, on the same tables, repeats and budgets.
 *
 * @module
 */
import { mean, sampleStandardDeviation } from 'simple-statistics'
import { studentQuantile } from '../../numerics/special/index.ts'
import type { BenchRun } from '../tables/bench-results.ts'

export interface PairedDifference {
  /** Mean over tasks of the mean over tables of the mean over repeats of error(a) − error(b): negative when a is better. */
  readonly mean: number
  /** 95% interval, Student's t over task means; undefined with fewer than two tasks. */
  readonly interval?: readonly [number, number]
  readonly standardError?: number
  readonly pairs: number
  readonly tables: number
  readonly tasks: number
  readonly byTask: Readonly<Record<string, number>>
}

/** Which error is compared: over the search columns, or over those kept back. */
export type ErrorKind = 'error' | 'holdoutError'

/**
 * Differences of paired runs, clustered by task. Tables of one task share prompts and repeats share a table, so only
 * tasks are independent draws from what a user may bring.
 *
 * @returns undefined when the two have no run in common.
 * @example
 * const { runs } = await readResults('data/results/recorded.json.gz')
 * pairedDifference(runs, 'krige', 'random', 0.25)!.mean < 0 // true: krige is the better one
 */
export function pairedDifference(
  runs: readonly BenchRun[],
  a: string,
  b: string,
  fraction: number,
  kind: ErrorKind = 'error',
): PairedDifference | undefined {
  const others = new Map<string, number>()
  const keyOf = ({ table, repeat }: BenchRun) => JSON.stringify([table, repeat])
  for (const run of runs) {
    const value = run[kind]
    if (run.policy === b && run.fraction === fraction && value !== undefined) others.set(keyOf(run), value)
  }
  const differences = new Map<string, Map<string, number[]>>()
  let pairs = 0
  for (const run of runs) {
    const value = run[kind]
    const other = others.get(keyOf(run))
    if (run.policy !== a || run.fraction !== fraction || value === undefined || other === undefined) continue
    const tables = differences.get(run.task) ?? new Map<string, number[]>()
    differences.set(run.task, tables)
    tables.set(run.table, [...(tables.get(run.table) ?? []), value - other])
    pairs++
  }
  if (pairs === 0) return undefined
  const byTask = Object.fromEntries(
    [...differences].map(([task, tables]) => [task, mean([...tables.values()].map((values) => mean(values)))]),
  )
  const taskMeans = Object.values(byTask)
  const tasks = taskMeans.length
  const center = mean(taskMeans)
  const common = {
    mean: center,
    pairs,
    tables: [...differences.values()].reduce((sum, tables) => sum + tables.size, 0),
    tasks,
    byTask,
  }
  if (tasks < 2) return common
  const standardError = sampleStandardDeviation(taskMeans) / Math.sqrt(tasks)
  const half = studentQuantile(0.975, tasks - 1) * standardError
  return { ...common, standardError, interval: [center - half, center + half] }
}
