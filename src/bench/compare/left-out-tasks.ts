/**
 * Methods tuned on the other tasks: what one gets who tunes before meeting a task.
 *
 * @module
 */
import { mean } from 'simple-statistics'
import { taskError } from '../statistics/task-error.ts'
import type { BenchRun } from '../tables/bench-results.ts'

export interface TunedMethod {
  readonly method: string
  readonly fraction: number
  /** Mean over tasks of the error of the setting that was best on the other tasks. */
  readonly tunedError: number
  /** Lowest mean error of one setting on all tasks: known only afterwards. */
  readonly bestError: number
  /** Of the reference on the same tasks. */
  readonly referenceError: number
}

/**
 * By budget and method, takes for each task the setting with the lowest mean error on the other tasks, and judges it on this
 * one. Only tasks on which every setting ran.
 *
 * @param settings Labels of policies, by method.
 * @example
 * const run = { table: 't', repeat: 0, fraction: 1, budget: 9, spent: 9, chosen: 'a' }
 * const errors = { u: { krige: 0.1, a: 0.2, b: 0.3 }, v: { krige: 0.1, a: 0.4, b: 0.1 } }
 * const runs = Object.entries(errors).flatMap(([task, of]) =>
 *   Object.entries(of).map(([policy, error]) => ({ ...run, task, policy, error })),
 * )
 * tuneOnOtherTasks(runs, 'krige', { method: ['a', 'b'] })[0]?.tunedError // ≈ 0.35
 */
export function tuneOnOtherTasks(
  runs: readonly BenchRun[],
  reference: string,
  settings: Readonly<Record<string, readonly string[]>>,
): readonly TunedMethod[] {
  const fractions = [...new Set(runs.map(({ fraction }) => fraction))].sort((a, b) => a - b)
  return Object.entries(settings).flatMap(([method, labels]) =>
    fractions.flatMap((fraction) => {
      const here = runs.filter((run) => run.fraction === fraction)
      const rows = [...Map.groupBy(here, ({ task }) => task).values()]
        .map((task) => [reference, ...labels].map((policy) => taskError(task.filter((run) => run.policy === policy))))
        .filter((row) => row.every(Number.isFinite))
      if (rows.length < 2) return []
      const tuned = rows.map((row) => {
        const others = rows.filter((other) => other !== row)
        const best = lowest(labels.map((_, k) => mean(others.map((other) => other[k + 1]!))))
        return row[best + 1]!
      })
      return [
        {
          method,
          fraction,
          tunedError: mean(tuned),
          bestError: Math.min(...labels.map((_, k) => mean(rows.map((row) => row[k + 1]!)))),
          referenceError: mean(rows.map(([error]) => error!)),
        },
      ]
    }),
  )
}

const lowest = (values: readonly number[]) => values.indexOf(Math.min(...values))
