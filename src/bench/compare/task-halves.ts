/**
 * Whether settings that were chosen on some tasks are any good on others.
 *
 * @module
 */
import { mean } from 'simple-statistics'
import { createRandom } from '../../numerics/random/random.ts'
import { taskError } from '../statistics/task-error.ts'
import type { BenchRun } from '../tables/bench-results.ts'

export interface TaskHalves {
  readonly fraction: number
  /** How often each policy had the lowest error on the half it was chosen on; most often first, without those never chosen. */
  readonly chosen: readonly { readonly policy: string; readonly share: number }[]
  /** Mean error of the choice on the half it was not chosen on. */
  readonly chosenError: number
  /** Of the reference on the same halves. */
  readonly referenceError: number
}

const HALVINGS = 1000

/**
 * Halves the tasks at random a thousand times. By budget, it takes the policy with the lowest error on one half and
 * judges it on the other. Only tasks on which every candidate ran.
 *
 * @param candidates Labels of policies to choose from.
 * @example
 * const { runs } = await readResults('data/results/recorded-ablations.json.gz')
 * tuneOnHalves(runs, 'krige', ['krige', 'without text'])[0]?.chosen[0]?.policy // 'krige'
 */
export function tuneOnHalves(
  runs: readonly BenchRun[],
  reference: string,
  candidates: readonly string[],
): readonly TaskHalves[] {
  const fractions = [...new Set(runs.map(({ fraction }) => fraction))].sort((a, b) => a - b)
  return fractions.flatMap((fraction) => {
    const here = runs.filter((run) => run.fraction === fraction)
    const errors = [...Map.groupBy(here, ({ task }) => task).values()]
      .map((task) => candidates.map((policy) => taskError(task.filter((run) => run.policy === policy))))
      .filter((row) => row.every(Number.isFinite))
    if (errors.length < 2) return []
    const random = createRandom(1).split('halves')
    const wins = new Map<string, number>()
    const chosenErrors: number[] = []
    const referenceErrors: number[] = []
    for (let k = 0; k < HALVINGS; k++) {
      const order = Array.from(random.permutation(errors.length), (task) => errors[task]!)
      const middle = Math.floor(order.length / 2)
      const on = (rows: readonly (readonly number[])[], policy: number) => mean(rows.map((row) => row[policy]!))
      const tuned = candidates.map((_, policy) => on(order.slice(0, middle), policy))
      const best = tuned.indexOf(Math.min(...tuned))
      wins.set(candidates[best]!, (wins.get(candidates[best]!) ?? 0) + 1)
      chosenErrors.push(on(order.slice(middle), best))
      referenceErrors.push(on(order.slice(middle), candidates.indexOf(reference)))
    }
    const chosen = [...wins].map(([policy, count]) => ({ policy, share: count / HALVINGS }))
    return [
      {
        fraction,
        chosen: chosen.sort((a, b) => b.share - a.share),
        chosenError: mean(chosenErrors),
        referenceError: mean(referenceErrors),
      },
    ]
  })
}
