import { assertionsMetric } from './assertions.ts'
import { containsMetric } from './contains.ts'
import { exactMatchMetric } from './exact-match.ts'
import { jsonFieldsMetric } from './json-fields.ts'
import { judgeMetric } from './judge.ts'
import { labelMatchMetric } from './label-match.ts'
import type { MetricDefinition } from './metric-definition.ts'
import { numericMetric } from './numeric.ts'
import { pairwiseJudgeMetric } from './pairwise-judge.ts'
import { regexMetric } from './regex.ts'

/** The built-in metrics, as help and messages list them. */
export const METRICS: readonly MetricDefinition[] = [
  exactMatchMetric,
  labelMatchMetric,
  numericMetric,
  jsonFieldsMetric,
  containsMetric,
  regexMetric,
  judgeMetric,
  pairwiseJudgeMetric,
  assertionsMetric,
]

/** @returns `undefined` for modules, scorers of packages, and unknown names. */
export function findMetric(name: string): MetricDefinition | undefined {
  return METRICS.find((metric) => metric.name === name)
}

/** The rows of the page about metrics. */
export function metricTable(): string {
  const rows = METRICS.map(
    ({ name, page: { rightWhen, settings = '', expected } }) =>
      `| \`${name}\` | ${rightWhen} | ${settings} | ${expected} |`,
  )
  return ['| metric | right when | settings | `expected` |', '|---|---|---|---|', ...rows].join('\n')
}
