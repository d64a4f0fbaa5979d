/**
 * How many prompts like this one have been measured on each example already. Where prompts that read alike fail on the
 * same examples, one more of them there tells little about their kind. Prompts can be alike in ways no text shows, most
 * of all in the answer they are biased to. Any two count as a tenth alike. Otherwise one example would be asked of
 * every prompt, and a prompt that fails it for being unlike the others would be lost.
 *
 * Notation: c_ie = max(0, φ_i · Σ_j φ_j) + n_e / 10, j over the n_e prompts measured on example e, φ centered text features.
 *
 * @module
 */
import { incrementalReader } from '../../history/incremental-reader.ts'
import type { ObservationHistory } from '../../history/observation-log.ts'
import type { TextFeatures } from '../../surrogate/prompt/shared-failures.ts'

export interface Redundancy {
  /** Catches up with a history. */
  read(history: ObservationHistory): void
  /** c of every example that some prompt was measured on, for a prompt; pending cells included. */
  of(candidate: number, pending: ReadonlyMap<number, ReadonlySet<number>>): ReadonlyMap<number, number>
}

/** How alike any two prompts are taken to be, whatever their texts. */
const COMMON_LIKENESS = 0.1

export function createRedundancy({ rank, values }: TextFeatures, exampleCount: number): Redundancy {
  // Of every example that was measured: Σ_j φ_j, then n.
  const sums = new Map<number, Float64Array>()

  function add(sum: Float64Array, candidate: number): void {
    for (let k = 0; k < rank; k++) sum[k]! += values[candidate * rank + k]!
    sum[rank]!++
  }

  return {
    read: incrementalReader<ObservationHistory>({
      add(history, index) {
        const example = history.example(index)
        if (example < 0 || example >= exampleCount || history.repeat(index) !== 0) return
        if (!Number.isFinite(history.score(index))) return
        const sum = sums.get(example) ?? new Float64Array(rank + 1)
        sums.set(example, sum)
        add(sum, history.candidate(index))
      },
      forget: () => sums.clear(),
    }),
    of(candidate, pending) {
      const seen = new Map(sums)
      const copied = new Set<number>()
      for (const [other, examples] of pending) {
        if (other === candidate) continue
        for (const example of examples) {
          const sum = copied.has(example)
            ? seen.get(example)!
            : (seen.get(example)?.slice() ?? new Float64Array(rank + 1))
          seen.set(example, sum)
          copied.add(example)
          add(sum, other)
        }
      }
      const redundancies = new Map<number, number>()
      for (const [example, sum] of seen) {
        let alike = 0
        for (let k = 0; k < rank; k++) alike += values[candidate * rank + k]! * sum[k]!
        redundancies.set(example, Math.max(0, alike) + COMMON_LIKENESS * sum[rank]!)
      }
      return redundancies
    },
  }
}
