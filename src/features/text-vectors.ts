/**
 * Sparse unit-norm tf-idf vectors of texts, by the statistics of a fixed basis. Vectors of later texts change no
 * earlier one, so that a pool may grow without anything being computed again.
 *
 * Notation: tf = 1 + ln(count), idf = ln((1 + n) / (1 + df)) + 1 over the basis's n texts (Salton & Buckley 1988).
 *
 * @module
 */
import type { TokenCounts } from './tokens.ts'

export interface TextVector {
  readonly ids: Int32Array
  readonly weights: Float64Array
}

export interface TextVectors {
  /** Unit norm, or empty. Tokens that the basis lacks count as the rarest. */
  vector(counts: TokenCounts): TextVector
  /** Squared Euclidean distances of one vector to others, in [0, 2]. */
  squaredDistances(from: TextVector, to: readonly TextVector[]): Float64Array
}

export function createTextVectors(basis: readonly TokenCounts[]): TextVectors {
  const ids = new Map<string, number>()
  const frequencies: number[] = []
  for (const counts of basis) {
    for (const token of counts.keys()) {
      const id = ids.get(token)
      if (id === undefined) ids.set(token, frequencies.push(1) - 1)
      else frequencies[id]!++
    }
  }
  let dense = new Float64Array(2 * frequencies.length + 1024)
  return {
    vector(counts) {
      const tokens = new Int32Array(counts.size)
      const weights = new Float64Array(counts.size)
      let norm = 0
      let at = 0
      for (const [token, count] of counts) {
        const known = ids.get(token)
        const id = known ?? frequencies.push(0) - 1
        if (known === undefined) ids.set(token, id)
        const idf = Math.log((1 + basis.length) / (1 + frequencies[id]!)) + 1
        const weight = (1 + Math.log(count)) * idf
        tokens[at] = id
        weights[at++] = weight
        norm += weight * weight
      }
      const scale = norm > 0 ? 1 / Math.sqrt(norm) : 0
      for (let k = 0; k < weights.length; k++) weights[k]! *= scale
      return { ids: tokens, weights }
    },
    squaredDistances(from, to) {
      if (dense.length < frequencies.length) dense = new Float64Array(2 * frequencies.length)
      for (let k = 0; k < from.ids.length; k++) dense[from.ids[k]!] = from.weights[k]!
      const squared = Float64Array.from(to, ({ ids: other, weights }) => {
        if (other.length === 0 && from.ids.length === 0) return 0
        let dot = 0
        for (let k = 0; k < other.length; k++) dot += dense[other[k]!]! * weights[k]!
        return Math.max(0, 2 - 2 * dot)
      })
      for (const id of from.ids) dense[id] = 0
      return squared
    },
  }
}
