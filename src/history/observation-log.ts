/**
 * What has been measured, in the order it was told. Columns instead of objects, because a study may hold a million
 * outcomes; append-only, because every decision is a function of a prefix of it.
 *
 * @module
 */

export interface Observation {
  /** Index into the pool. */
  readonly candidate: number
  /** Index of the example; −1 when the score summarizes several (`count` > 1). */
  readonly example: number
  /** 0 unless sampling is random. */
  readonly repeat: number
  /** Always to be maximized; `null` when the call failed: missing, never zero. */
  readonly score: number | null
  /** How many cells the score is the mean of; 0 for a cell without a score of its own, that the mean before it is over. Default 1. */
  readonly count?: number
  /** Known standard error of the score, where it is known. */
  readonly standardError?: number
}

/** The reading half: what policies get. */
export interface ObservationHistory {
  readonly length: number
  candidate(index: number): number
  example(index: number): number
  repeat(index: number): number
  /** NaN where the cell failed. */
  score(index: number): number
  count(index: number): number
  /** NaN where unknown. */
  standardError(index: number): number
}

/**
 * @example
 * const log = createObservationLog()
 * log.append({ candidate: 0, example: 3, repeat: 0, score: 1 })
 * log.score(0) // 1
 */
export interface ObservationLog extends ObservationHistory {
  append(observation: Observation): void
}

export function createObservationLog(observations: Iterable<Observation> = []): ObservationLog {
  let capacity = 256
  let length = 0
  let candidates = new Int32Array(capacity)
  let examples = new Int32Array(capacity)
  let repeats = new Int32Array(capacity)
  let counts = new Int32Array(capacity)
  let scores = new Float64Array(capacity)
  let standardErrors = new Float64Array(capacity)

  const grow = () => {
    capacity *= 2
    const ints = (from: Int32Array<ArrayBuffer>) => {
      const to = new Int32Array(capacity)
      to.set(from)
      return to
    }
    const floats = (from: Float64Array<ArrayBuffer>) => {
      const to = new Float64Array(capacity)
      to.set(from)
      return to
    }
    candidates = ints(candidates)
    examples = ints(examples)
    repeats = ints(repeats)
    counts = ints(counts)
    scores = floats(scores)
    standardErrors = floats(standardErrors)
  }

  const log: ObservationLog = {
    get length() {
      return length
    },
    candidate: (index) => candidates[index]!,
    example: (index) => examples[index]!,
    repeat: (index) => repeats[index]!,
    score: (index) => scores[index]!,
    count: (index) => counts[index]!,
    standardError: (index) => standardErrors[index]!,
    append(observation) {
      if (length === capacity) grow()
      candidates[length] = observation.candidate
      examples[length] = observation.example
      repeats[length] = observation.repeat
      counts[length] = observation.count ?? 1
      scores[length] = observation.score ?? Number.NaN
      standardErrors[length] = observation.standardError ?? Number.NaN
      length++
    },
  }
  for (const observation of observations) log.append(observation)
  return log
}
