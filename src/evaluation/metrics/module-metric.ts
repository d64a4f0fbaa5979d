import { pathToFileURL } from 'node:url'
import { InvalidInputError } from '../../errors.ts'
import type { MeasuredAnswer, Metric } from './metric.ts'

/** What a metric module exports by default (or as `metric`): `(output, example, options) => number`, or
 * `{ score, metrics }` with further named numbers. */
export type MetricFunction = (
  output: string,
  example: Readonly<Record<string, unknown>>,
  options: Readonly<Record<string, unknown>>,
) => number | MeasuredAnswer | Promise<number | MeasuredAnswer>

/**
 * Loads a metric the user wrote. Only ever called for a module the task names.
 *
 * @throws InvalidInputError when the module fails to load or exports no function.
 */
export async function moduleMetric(file: string, options: Readonly<Record<string, unknown>>): Promise<Metric> {
  const module: Record<string, unknown> = await import(pathToFileURL(file).href).catch((cause: unknown) => {
    const reason = cause instanceof Error ? cause.message : String(cause)
    throw new InvalidInputError(`metric module ${file} cannot be loaded: ${reason}`, {
      remedy: 'Run it with node to see why.',
      cause,
    })
  })
  const exported = module['default'] ?? module['metric']
  if (typeof exported !== 'function') {
    throw new InvalidInputError(`metric module ${file} exports no function`, {
      remedy: 'export default (output, example) => (output.includes(example.expected) ? 1 : 0)',
    })
  }
  return {
    name: file,
    async score(output, example) {
      const score: unknown = await exported(
        output,
        { ...example.fields, id: example.id, input: example.input, expected: example.expected },
        options,
      )
      if (typeof score === 'boolean') return score ? 1 : 0
      if (typeof score === 'number' && Number.isFinite(score)) return score
      const measured = measuredAnswer(score)
      if (measured) return measured
      throw new TypeError(`the metric returned ${String(score)}; expected a finite number, or { score, metrics }`)
    },
  }
}

function measuredAnswer(returned: unknown): MeasuredAnswer | undefined {
  if (typeof returned !== 'object' || returned === null || !('score' in returned)) return undefined
  const { score } = returned
  if (typeof score !== 'number' || !Number.isFinite(score)) return undefined
  const written = 'metrics' in returned && typeof returned.metrics === 'object' ? (returned.metrics ?? {}) : {}
  const metrics = Object.entries(written).filter((entry): entry is [string, number] => Number.isFinite(entry[1]))
  return { score, metrics: Object.fromEntries(metrics) }
}
