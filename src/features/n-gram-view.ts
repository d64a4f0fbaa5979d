import { type Candidate, candidateText, type PoolEntry } from '../prompt/candidate.ts'
import { remembered } from './remembered.ts'
import { createTextVectors, type TextVector } from './text-vectors.ts'
import { tfIdfSquaredDistances } from './tf-idf-distances.ts'
import { characterNGrams, type TokenCounts, wordNGrams } from './tokens.ts'
import { type DistancesFrom, type View, viewDistances } from './view.ts'

/** A tf-idf view over any tokenizer; tokens of a candidate are counted once and kept as long as the candidate lives. */
export function nGramView(name: string, tokenize: (text: string) => TokenCounts): View {
  const tokensOf = remembered((candidate: Candidate) => tokenize(candidateText(candidate)))
  return {
    name,
    squaredDistances: (pool) =>
      viewDistances(name, pool.length, tfIdfSquaredDistances(pool.map((entry) => tokensOf(entry.candidate)))),
    distancesFrom: (basis) => nGramDistances(basis, (entry) => tokensOf(entry.candidate)),
  }
}

/** Characters 1–4: spelling, punctuation and layout. */
export const characterView = (): View => nGramView('characters', (text) => characterNGrams(text, 1, 4))

/** Words 1–2: wording. */
export const wordView = (): View => nGramView('words', (text) => wordNGrams(text, 1, 2))

/** Distances of tf-idf vectors, by the frequencies of a basis. */
export function nGramDistances(
  basis: readonly PoolEntry[],
  tokensOf: (entry: PoolEntry) => TokenCounts | undefined,
): DistancesFrom {
  const vectors = createTextVectors(basis.flatMap((entry) => tokensOf(entry) ?? []))
  const vector = remembered((entry: PoolEntry): TextVector | undefined => {
    const tokens = tokensOf(entry)
    return tokens && vectors.vector(tokens)
  })
  return (from, to) => {
    const own = vector(from)
    if (!own) return new Float64Array(to.length).fill(Number.NaN)
    const others = to.map(vector)
    const squared = vectors.squaredDistances(
      own,
      others.map((other) => other ?? NOTHING),
    )
    others.forEach((other, j) => {
      if (!other) squared[j] = Number.NaN
    })
    return squared
  }
}

const NOTHING: TextVector = { ids: new Int32Array(0), weights: new Float64Array(0) }
