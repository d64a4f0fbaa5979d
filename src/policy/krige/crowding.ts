/**
 * How many prompts like this one have been measured on each example already. Where prompts that read alike fail on the
 * same examples, one more of them there tells little about their kind. Prompts can be alike in ways no text shows, most of
 * all in the answer they are biased to: any two count as a tenth alike, or one example would be asked of everybody, and
 * whoever fails it for being unlike the others would be lost.
 *
 * Notation: c_ie = max(0, φ_i · Σ_j φ_j) + n_e / 10, j over the n_e prompts measured on example e, φ centered text features.
 *
 * @module
 */
import type { ObservationHistory } from '../../history/observation-log.ts'
import type { TextFeatures } from '../../surrogate/prompt/shared-failures.ts'

export interface Crowding {
  /** Catches up with a history. */
  read(history: ObservationHistory): void
  /** c by example for a prompt, pending cells included. */
  of(candidate: number, pending: ReadonlyMap<number, ReadonlySet<number>>): Float64Array
}

/** How alike any two prompts are taken to be, whatever their texts. */
const COMMON_LIKENESS = 0.1

export function createCrowding({ rank, values }: TextFeatures, exampleCount: number): Crowding {
  // By example: Σ_j φ_j, then n.
  const width = rank + 1
  const sums = new Float64Array(exampleCount * width)
  let source: ObservationHistory | undefined
  let length = 0

  function add(out: Float64Array, candidate: number, example: number): void {
    const at = example * width
    for (let k = 0; k < rank; k++) out[at + k]! += values[candidate * rank + k]!
    out[at + rank]!++
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
        if (example < 0 || example >= exampleCount || history.repeat(length) !== 0) continue
        if (!Number.isFinite(history.score(length))) continue
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
      return Float64Array.from({ length: exampleCount }, (_, example) => {
        const at = example * width
        let alike = 0
        for (let k = 0; k < rank; k++) alike += values[candidate * rank + k]! * seen[at + k]!
        return Math.max(0, alike) + COMMON_LIKENESS * seen[at + rank]!
      })
    },
  }
}
