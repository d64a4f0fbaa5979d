import type { FunctionBench } from '../bench/functions/run-functions.ts'
import { summarizeFunctions } from '../bench/functions/run-functions.ts'
import { alignRows } from '../bench/tables/results-text.ts'

/** Quartiles of regret after 30, 50, 100 and all evaluations, by function and sampler. */
export function functionsText(bench: FunctionBench): string {
  const evaluations = Math.max(...bench.runs.map(({ regret }) => regret.length))
  const checkpoints = [...new Set([30, 50, 100, evaluations])].sort((a, b) => a - b)
  const rows = summarizeFunctions(bench, checkpoints).map((row) => [
    row.function,
    row.sampler,
    String(row.evaluations),
    ...row.quartiles.map((value) => value.toPrecision(3)),
    row.medianAskMilliseconds.toFixed(2),
  ])
  const head = ['function', 'sampler', 'evaluations', 'lower quartile', 'median regret', 'upper quartile', 'ask ms']
  return alignRows([head, ...rows])
}
