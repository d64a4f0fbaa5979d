import type { ObservationHistory } from '../../history/observation-log.ts'

/** What is known of each measured candidate, in the order they were first told. */
export interface CandidateScores {
  /** Indices into the pool. */
  readonly candidates: readonly number[]
  readonly means: Float64Array
  /** Variance of each mean as far as it is known; 0 where it has to be fitted. */
  readonly noiseVariances: Float64Array
  /** Candidates whose every cell failed: missing, not bad. */
  readonly failed: readonly number[]
}

interface Tally {
  count: number
  sum: number
  squares: number
  cells: number
  /** Σ count² · standardError², and the count it covers. */
  knownVariance: number
  knownCount: number
}

/**
 * Means by candidate. The noise of a mean is what was told (`standardError`). Else, where any candidate has two cells,
 * it is the pooled spread of cells of the same candidate over the number of cells.
 */
export function candidateScores(observations: ObservationHistory): CandidateScores {
  const tallies = new Map<number, Tally>()
  const seen = new Set<number>()
  for (let i = 0; i < observations.length; i++) {
    const candidate = observations.candidate(i)
    seen.add(candidate)
    const score = observations.score(i)
    if (!Number.isFinite(score)) continue
    const count = Math.max(1, observations.count(i))
    const tally = tallies.get(candidate) ?? { count: 0, sum: 0, squares: 0, cells: 0, knownVariance: 0, knownCount: 0 }
    tallies.set(candidate, tally)
    tally.count += count
    tally.sum += count * score
    const error = observations.standardError(i)
    if (Number.isFinite(error)) {
      tally.knownVariance += (count * error) ** 2
      tally.knownCount += count
    } else if (count === 1) {
      tally.squares += score * score
      tally.cells++
    }
  }

  // Pooled within-candidate variance of single cells.
  let squares = 0
  let degrees = 0
  for (const { cells, count, sum, squares: total } of tallies.values()) {
    if (cells < 2 || cells !== count) continue
    squares += Math.max(0, total - (sum * sum) / cells)
    degrees += cells - 1
  }
  const spread = degrees > 0 ? squares / degrees : 0

  const candidates = [...tallies.keys()]
  return {
    candidates,
    means: Float64Array.from(candidates, (candidate) => tallies.get(candidate)!.sum / tallies.get(candidate)!.count),
    noiseVariances: Float64Array.from(candidates, (candidate) => {
      const { count, knownVariance, knownCount } = tallies.get(candidate)!
      return (knownVariance + (count - knownCount) * spread) / (count * count)
    }),
    failed: [...seen].filter((candidate) => !tallies.has(candidate)),
  }
}

/** What is known of the others. */
export function without(scores: CandidateScores, left: ReadonlySet<number>): CandidateScores {
  if (left.size === 0) return scores
  const kept = Array.from(scores.candidates.keys()).filter((k) => !left.has(scores.candidates[k]!))
  return {
    candidates: kept.map((k) => scores.candidates[k]!),
    means: Float64Array.from(kept, (k) => scores.means[k]!),
    noiseVariances: Float64Array.from(kept, (k) => scores.noiseVariances[k]!),
    failed: scores.failed.filter((candidate) => !left.has(candidate)),
  }
}
