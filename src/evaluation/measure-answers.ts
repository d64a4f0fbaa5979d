import type { Measurements } from '../history/measurement.ts'
import type { CallOutcome } from './call-model.ts'

/**
 * What the answers behind one score take together: tokens, calls without retries, and milliseconds. Judges are not
 * counted: a constraint is about the prompt. A cached answer has the tokens it had when it was paid for, and no latency.
 */
export function measureAnswers(outcomes: readonly CallOutcome[]): Measurements {
  const answers = outcomes.flatMap(({ answer }) => (answer ? [answer] : []))
  const inputTokens = answers.reduce((sum, { usage }) => sum + usage.inputTokens, 0)
  const outputTokens = answers.reduce((sum, { usage }) => sum + usage.outputTokens, 0)
  const times = answers.flatMap(({ milliseconds }) => (milliseconds === undefined ? [] : [milliseconds]))
  return {
    inputTokens,
    outputTokens,
    tokens: inputTokens + outputTokens,
    calls: answers.length,
    ...(times.length === answers.length && times.length > 0
      ? { latency: times.reduce((sum, time) => sum + time, 0) }
      : {}),
  }
}
