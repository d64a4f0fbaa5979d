import { checkMeasurementKeys, readFeedback } from '../../history/measurement.ts'
import { messageOf } from '../../text/message-of.ts'
import type { JobError, JobScore } from './messages.ts'

/**
 * What a function of the user's gave, as a score: a finite number, true or false, or `{ score, metrics, feedback,
 * output }`. Measurements that are no finite numbers are left out; unknown keys are an error.
 *
 * @param from Who says what stands in `feedback`.
 * @example
 * readResult({ score: true, metrics: { tools: 2, broken: Number.NaN } }) // { kind: 'score', score: 1, metrics: { tools: 2 } }
 */
export function readResult(result: unknown, from = 'program'): JobScore | JobError {
  try {
    const plain = numberOf(result)
    if (plain !== undefined) return { kind: 'score', score: plain }
    if (isRecord(result)) {
      checkMeasurementKeys(result, 'result')
      const score = numberOf(result['score'])
      const { metrics, feedback, output, error } = result
      if (score !== undefined) {
        return {
          kind: 'score',
          score,
          ...(isRecord(metrics) ? { metrics: measurements(metrics) } : {}),
          ...readFeedback(feedback, 'it', from),
          ...(typeof output === 'string' ? { output } : {}),
        }
      }
      if (typeof error === 'string') return { kind: 'error', message: error }
    }
    return {
      kind: 'error',
      message: `it returned ${showResult(result)}; expected a finite number or { score, metrics }`,
    }
  } catch (error) {
    return { kind: 'error', message: `what it returned cannot be read: ${messageOf(error)}` }
  }
}

function numberOf(value: unknown): number | undefined {
  if (typeof value === 'boolean') return Number(value)
  return typeof value === 'number' && Number.isFinite(value) ? value : undefined
}

function measurements(written: Readonly<Record<string, unknown>>): Record<string, number> {
  const read = Object.entries(written).map(([name, value]) => [name, numberOf(value)] as const)
  return Object.fromEntries(read.filter((entry): entry is [string, number] => entry[1] !== undefined))
}

function showResult(result: unknown): string {
  if (typeof result === 'number' || typeof result === 'bigint') return String(result)
  const text = JSON.stringify(result) ?? typeof result
  return text.length > 80 ? `${text.slice(0, 80)}…` : text
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null
}
