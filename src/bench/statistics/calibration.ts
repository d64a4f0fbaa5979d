/**
 * Whether a policy's intervals hold what they promise.
 *
 * @module
 */
import { mean, sampleStandardDeviation } from 'simple-statistics'
import { normalQuantile } from '../../numerics/special/index.ts'
import type { BenchRun } from '../tables/bench-results.ts'

export interface Calibration {
  readonly policy: string
  readonly fraction: number
  readonly estimand: 'set' | 'population'
  /** What the intervals promise, such as 0.9. */
  readonly level: number
  /** Share of runs whose interval covers the truth. */
  readonly coverage: number
  /** Over task means; undefined with one task. */
  readonly standardError?: number
  /** Mean of stated minus true mean of the choice: positive when a policy takes luck for quality. */
  readonly optimism: number
  readonly runs: number
}

/**
 * Coverage by policy and fraction, of runs that were recorded with `--details`.
 *
 * For the `set` estimand the truth is the mean over the search columns. For `population` it is what the holdout says,
 * whose own sampling error is allowed for. With the interval's standard deviation s and holdout mean h of H cells, the
 * stated mean m covers when |m − h| ≤ z·√(s² + m(1 − m)/H). Runs without holdout or interval are left out.
 */
export function calibrationOf(runs: readonly BenchRun[]): Calibration[] {
  const groups = Map.groupBy(runs, ({ policy, fraction }) => JSON.stringify([policy, fraction]))
  return [...groups.values()].flatMap((group) => {
    const judged = group.flatMap((run) => {
      const verdict = judge(run)
      return verdict ? [{ task: run.task, ...verdict }] : []
    })
    const first = group.find(({ details }) => details)
    if (judged.length === 0 || !first?.details) return []
    const byTask = [...Map.groupBy(judged, ({ task }) => task).values()].map((task) =>
      mean(task.map(({ covers }) => (covers ? 1 : 0))),
    )
    return [
      {
        policy: first.policy,
        fraction: first.fraction,
        estimand: first.details.estimand,
        level: first.details.level,
        coverage: mean(judged.map(({ covers }) => (covers ? 1 : 0))),
        ...(byTask.length > 1 ? { standardError: sampleStandardDeviation(byTask) / Math.sqrt(byTask.length) } : {}),
        optimism: mean(judged.map(({ optimism }) => optimism)),
        runs: judged.length,
      },
    ]
  })
}

function judge({ details }: BenchRun): { covers: boolean; optimism: number } | undefined {
  const [low, high] = details?.interval ?? [null, null]
  if (!details || details.mean === null || low === null || high === null || !(details.level > 0)) return undefined
  const { estimand, trueMean, holdoutMean, holdoutExamples, level, mean: stated } = details
  if (estimand === 'set') {
    if (trueMean === null) return undefined
    // Rounding of means over equal counts must not decide.
    return { covers: low - 1e-9 <= trueMean && trueMean <= high + 1e-9, optimism: stated - trueMean }
  }
  if (holdoutMean === null || holdoutMean === undefined || !holdoutExamples) return undefined
  const z = normalQuantile((1 + level) / 2)
  const side = holdoutMean < stated ? stated - low : high - stated
  const sampling = Math.max(0, stated * (1 - stated)) / holdoutExamples
  const reach = Math.sqrt(side ** 2 + z ** 2 * sampling)
  return { covers: Math.abs(stated - holdoutMean) <= reach, optimism: stated - holdoutMean }
}
