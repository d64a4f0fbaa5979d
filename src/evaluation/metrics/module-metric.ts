import { createHash } from 'node:crypto'
import type { WrittenMeasurement } from '../../history/measurement.ts'
import { MOST_SOURCE, readBounded } from '../bounded-file.ts'
import { poolLimits, type UserCodeLimits } from '../user-code/limits.ts'
import { createWorkerPool } from '../user-code/worker-pool.ts'
import type { Metric } from './metric.ts'

/** What a metric module exports by default (or as `metric`): `(output, example, options) => number`, or
 * `{ score, metrics, feedback }` with further named numbers and the reasons. */
export type MetricFunction = (
  output: string,
  example: Readonly<Record<string, unknown>>,
  options: Readonly<Record<string, unknown>>,
) => number | boolean | WrittenMeasurement | Promise<number | boolean | WrittenMeasurement>

export interface ModuleMetricOptions {
  /** What one score may take. */
  readonly limits?: UserCodeLimits | undefined
  /** Scores side by side; each has its own worker. @defaultValue 8 */
  readonly concurrency?: number
}

const DEFAULT_SECONDS = 30

/**
 * Loads a metric the user wrote. Only ever called for a module the task names. It runs in workers, where an endless loop, a
 * crash or a promise that never settles costs one cell.
 *
 * @throws InvalidInputError when the module fails to load or exports no function.
 */
export async function moduleMetric(
  file: string,
  options: Readonly<Record<string, unknown>>,
  { limits = {}, concurrency = 8 }: ModuleMetricOptions = {},
): Promise<Metric> {
  const { timeout, memory } = poolLimits(limits, DEFAULT_SECONDS)
  const pool = await createWorkerPool({
    file,
    role: 'metric module',
    exportName: 'metric',
    concurrency,
    timeout,
    ...(memory === undefined ? {} : { memory }),
  })
  return {
    name: file,
    edition: createHash('sha256').update(readBounded(file, MOST_SOURCE)).digest('hex'),
    async score(output, { fields, id, input, expected }) {
      const example = { ...fields, id, input, ...(expected === undefined ? {} : { expected }) }
      const result = await pool.run({ kind: 'metric', output, example, options })
      if (result.kind === 'score') {
        const { kind: _, ...measured } = result
        return measured
      }
      if (result.kind === 'error') throw new TypeError(result.message)
      throw new Error(result.kind === 'timeout' ? `it did not finish within ${timeout / 1000} s` : 'cancelled')
    },
    close: () => pool.close(),
  }
}
