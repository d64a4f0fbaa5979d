/**
 * What one cell gave: the one shape from metric and program through the loop and the study to `optimize`.
 *
 * @module
 */
import { nearest, showValue } from '../check-input.ts'
import { InvalidArgumentError } from '../errors.ts'
import { type Failure, failure, UNEXPLAINED } from './failure.ts'

/** Named numbers measured beside the score: tokens, latency, or whatever a metric or program names. */
export type Measurements = Readonly<Record<string, number>>

/** Why an answer scored as it did, in words: what a judge wrote, a check that failed, what was expected. */
export interface Feedback {
  readonly text: string
  /** Who says so: the name of a metric, an assertion, a judge or a program. */
  readonly from: string
  /** Stage of the program that it is about. */
  readonly stage?: string
  /** Slot of the prompt that it is about. */
  readonly slot?: string
}

interface MeasurementParts {
  readonly metrics?: Measurements
  readonly feedback?: readonly Feedback[]
  /** What the model or program answered, for people and proposers. */
  readonly output?: string
}

/** A score. */
export interface Scored extends MeasurementParts {
  readonly score: number
  readonly failure?: never
}

/** No score: the cell is missing, never zero. */
export interface Unscored extends MeasurementParts {
  readonly failure: Failure
  readonly score?: never
}

/** The result of one cell: a score or a failure, with what else was measured and said. */
export type Measurement = Scored | Unscored

/** A measurement as people write it. */
export interface WrittenMeasurement {
  /** null: the call failed. */
  readonly score?: number | boolean | null | undefined
  /** Why there is no score. */
  readonly error?: string | undefined
  readonly failure?: Failure | undefined
  readonly metrics?: Measurements | undefined
  /** Why it scored so: a text, or several. */
  readonly feedback?: string | readonly (string | Feedback)[] | undefined
  readonly output?: string | undefined
}

/** All that {@link readMeasurement} understands: a score, true or false for 1 or 0, null for a failed call, or more. */
export type MeasurementInput = number | boolean | null | WrittenMeasurement

const KEYS = [
  'score',
  'error',
  'failure',
  'metrics',
  'feedback',
  'output',
] as const satisfies (keyof WrittenMeasurement)[]

/**
 * Refuses unknown keys: a result under a wrong name would be lost.
 *
 * @param others - keys that are read beside those of a measurement.
 * @throws InvalidArgumentError naming the key, and the one that was meant.
 * @example
 * checkMeasurementKeys({ score: 1, metric: { calls: 2 } }, 'outcome') // throws InvalidArgumentError: unknown key outcome.metric. Did you mean metrics?
 */
export function checkMeasurementKeys(given: unknown, name: string, others: readonly string[] = []): void {
  // The places of a list are no keys: what it should have been is said elsewhere.
  if (typeof given !== 'object' || given === null || Array.isArray(given) || ArrayBuffer.isView(given)) return
  const known: readonly string[] = [...KEYS, ...others]
  const key = Object.keys(given).find((written) => !known.includes(written))
  if (key === undefined) return
  const meant = nearest(known, key)
  const remedy = meant === undefined ? `Known keys: ${known.join(', ')}.` : `Did you mean ${meant}?`
  throw new InvalidArgumentError(`unknown key ${name}.${key}. ${remedy}`, { remedy })
}

/**
 * Reads a measurement as people write it: the one door for results of every source.
 *
 * @param name What it is called in messages.
 * @param from Who says what stands in `feedback` as bare text.
 * @throws InvalidArgumentError for anything but a finite score, a failure, and finite metrics.
 * @example
 * readMeasurement({ score: true, feedback: 'Polite.' }, 'outcome') // { score: 1, feedback: [{ text: 'Polite.', … }] }
 */
export function readMeasurement(given: MeasurementInput, name: string, from = 'evaluate'): Measurement {
  if (given === null) return { failure: failure('program', UNEXPLAINED) }
  const written: WrittenMeasurement = typeof given === 'object' ? given : { score: given }
  const { score, error, output } = written
  const parts = {
    ...readMetrics(written.metrics, name),
    ...readFeedback(written.feedback, name, from),
    ...(output === undefined ? {} : { output: String(output) }),
  }
  if (typeof score === 'number' || typeof score === 'boolean') {
    const reason = error === undefined ? written.failure && 'failure' : 'error'
    if (reason !== undefined) {
      throw new InvalidArgumentError(`${name} has a score and ${reason === 'error' ? 'an error' : 'a failure'}`, {
        remedy: 'A failed call is missing, not a score: leave one of them out.',
      })
    }
  }
  if (written.failure) return { failure: written.failure, ...parts }
  if (error !== undefined) return { failure: failure('program', String(error)), ...parts }
  if (score === null) return { failure: failure('program', UNEXPLAINED), ...parts }
  const number = typeof score === 'boolean' ? Number(score) : score
  if (typeof number === 'number' && Number.isFinite(number)) return { score: number, ...parts }
  throw new InvalidArgumentError(
    `${name} is ${showValue(typeof given === 'object' && score === undefined ? given : score)}; expected a finite number, true or false, null or { error } for a failed call, or { score, metrics, feedback, output }`,
  )
}

function readMetrics(metrics: unknown, name: string): { readonly metrics?: Measurements } {
  if (metrics === undefined || metrics === null) return {}
  if (typeof metrics !== 'object' || Array.isArray(metrics)) {
    throw new InvalidArgumentError(`${name}.metrics is ${showValue(metrics)}; expected named numbers`)
  }
  for (const [metric, value] of Object.entries(metrics)) {
    if (!Number.isFinite(value)) {
      throw new InvalidArgumentError(`${name}.metrics.${metric} is ${showValue(value)}; expected a finite number`)
    }
  }
  return { metrics: metrics as Measurements }
}

/**
 * Reads feedback as people write it: a text, or several.
 *
 * @throws InvalidArgumentError for anything else.
 * @example
 * readFeedback('Too long.', 'outcome', 'tone') // { feedback: [{ text: 'Too long.', from: 'tone' }] }
 */
export function readFeedback(given: unknown, name: string, from: string): { readonly feedback?: readonly Feedback[] } {
  if (given === undefined || given === null) return {}
  const feedback = (Array.isArray(given) ? given : [given]).map((item: unknown): Feedback => {
    if (typeof item === 'string') return { text: item, from }
    const { text, from: said, stage, slot } = (typeof item === 'object' ? (item ?? {}) : {}) as Partial<Feedback>
    if (typeof text !== 'string') {
      throw new InvalidArgumentError(
        `${name}.feedback is ${showValue(item)}; expected a text, or { text, from, stage, slot }`,
      )
    }
    return {
      text,
      from: said === undefined ? from : String(said),
      ...(stage === undefined ? {} : { stage: String(stage) }),
      ...(slot === undefined ? {} : { slot: String(slot) }),
    }
  })
  return feedback.length === 0 ? {} : { feedback }
}
