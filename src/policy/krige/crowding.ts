/**
 * How many prompts like this one have been measured on each example already. Where prompts that read alike fail on the
 * same examples, one more of them there tells little about their kind.
 *
 * Notation: c_ie = max(0, φ_i · Σ_j φ_j), j over the prompts measured on example e, φ centred text features.
 *
 * @module
 */
import type { ObservationHistory } from '../../space/observation-log.ts'
import type { TextFeatures } from '../../surrogate/prompt/shared-failures.ts'

export interface Crowding {
  /** Catches up with a history. */
  read(history: ObservationHistory): void
  /** c by example for a prompt, pending cells included. */
  of(candidate: number, pending: ReadonlyMap<number, ReadonlySet<number>>): Float64Array
}

export function createCrowding({ rank, values }: TextFeatures, exampleCount: number): Crowding {
  const sums = new Float64Array(exampleCount * rank)
  let source: ObservationHistory | undefined
  let length = 0

  function add(out: Float64Array, candidate: number, example: number): void {
    for (let k = 0; k < rank; k++) out[example * rank + k]! += values[candidate * rank + k]!
  }

  return {
    read(history) {
      if (history !== source || history.length < length) {
        source = history
        length = 0
        sums.fill(0)
      }
      for (; length < history.length; length++) {
        const example = history.example(length)
        if (example < 0 || example >= exampleCount || !Number.isFinite(history.score(length))) continue
        add(sums, history.candidate(length), example)
      }
    },
    of(candidate, pending) {
      let seen = sums
      if (pending.size > 0) {
        seen = sums.slice()
        for (const [other, examples] of pending) {
          if (other !== candidate) for (const example of examples) add(seen, other, example)
        }
      }
      const crowding = new Float64Array(exampleCount)
      for (let example = 0; example < exampleCount; example++) {
        let sum = 0
        for (let k = 0; k < rank; k++) sum += values[candidate * rank + k]! * seen[example * rank + k]!
        crowding[example] = Math.max(0, sum)
      }
      return crowding
    },
  }
}
