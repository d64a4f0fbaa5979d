/** What one evaluation of a study gives: a score of one candidate, or which of two candidates is better. */
export type ResponseKind = 'score' | 'comparison'

/** What a judge said of two candidates' answers to one example. */
export interface Comparison {
  /** Indices into the pool. */
  readonly candidates: readonly [number, number]
  readonly example: number
  /** 1: the first won; 0: the second; between: a tie, or judgments that differ; null where it failed. */
  readonly outcome: number | null
}

/** A comparison that has been asked for and not told. */
export type PendingComparison = Omit<Comparison, 'outcome'>

/**
 * The same for both orders of two candidates.
 *
 * @example
 * comparisonKey(3, 1, 7) // '1/3/7'
 */
export function comparisonKey(a: number, b: number, example: number): string {
  return a < b ? `${a}/${b}/${example}` : `${b}/${a}/${example}`
}
