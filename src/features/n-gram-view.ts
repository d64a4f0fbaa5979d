import { type Candidate, candidateText } from '../prompt/candidate.ts'
import { tfIdfSquaredDistances } from './tf-idf-distances.ts'
import { characterNGrams, type TokenCounts, wordNGrams } from './tokens.ts'
import { type View, viewDistances } from './view.ts'

/** A tf-idf view over any tokenizer; tokens of a candidate are counted once and kept as long as the candidate lives. */
export function nGramView(name: string, tokenize: (text: string) => TokenCounts): View {
  const kept = new WeakMap<Candidate, TokenCounts>()
  const tokensOf = (candidate: Candidate) => {
    let counts = kept.get(candidate)
    if (!counts) {
      counts = tokenize(candidateText(candidate))
      kept.set(candidate, counts)
    }
    return counts
  }
  return {
    name,
    squaredDistances: (pool) =>
      viewDistances(name, pool.length, tfIdfSquaredDistances(pool.map((entry) => tokensOf(entry.candidate)))),
  }
}

/** Characters 1–4: spelling, punctuation and layout. */
export const characterView = (): View => nGramView('characters', (text) => characterNGrams(text, 1, 4))

/** Words 1–2: wording. */
export const wordView = (): View => nGramView('words', (text) => wordNGrams(text, 1, 2))
