/**
 * Squared Euclidean distances between unit-norm tf-idf vectors.
 *
 * Notation: tf = 1 + ln(count), idf = ln((1 + n) / (1 + df)) + 1 over the pool's n texts (Salton & Buckley 1988, with the
 * smoothing scikit-learn uses), distance² = 2 − 2·cosine, in [0, 2].
 *
 * Works through posting lists: a term costs df², so terms of one text cost nothing and long prompts stay affordable.
 *
 * @module
 */
import type { TokenCounts } from './tokens.ts'

/** @returns n×n, row-major; an empty text is at distance² 2 from every other and 0 from another empty one. */
export function tfIdfSquaredDistances(texts: readonly TokenCounts[]): Float64Array {
  const size = texts.length
  const postings = new Map<string, number[]>()
  texts.forEach((counts, index) => {
    for (const token of counts.keys()) {
      const list = postings.get(token)
      if (list) list.push(index)
      else postings.set(token, [index])
    }
  })
  const dots = new Float64Array(size * size)
  const norms = new Float64Array(size)
  for (const [token, list] of postings) {
    const idf = Math.log((1 + size) / (1 + list.length)) + 1
    const weights = list.map((index) => (1 + Math.log(texts[index]!.get(token)!)) * idf)
    for (let a = 0; a < list.length; a++) {
      const row = list[a]! * size
      const weight = weights[a]!
      norms[list[a]!]! += weight * weight
      for (let b = 0; b < a; b++) dots[row + list[b]!]! += weight * weights[b]!
    }
  }
  const squared = new Float64Array(size * size)
  for (let i = 0; i < size; i++) {
    for (let j = 0; j < i; j++) {
      const norm = Math.sqrt(norms[i]! * norms[j]!)
      const cosine = norm > 0 ? dots[i * size + j]! / norm : norms[i]! === norms[j]! ? 1 : 0
      const distance = Math.max(0, 2 - 2 * Math.min(1, cosine))
      squared[i * size + j] = distance
      squared[j * size + i] = distance
    }
  }
  return squared
}
