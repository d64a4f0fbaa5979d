/**
 * A search among very many vectors: time and memory of its proposals, and what screening loses against exact scoring.
 *
 * @module
 */
import type { Backend } from '../../src/numerics/linalg/index.ts'
import { createRandom } from '../../src/numerics/random/index.ts'
import { createVectorSearch } from '../../src/policy/vector-search/vector-search.ts'
import { type Taken, timed } from './timed.ts'

export const DIMENSION = 384
const TOPICS = 64
const LATENT = 12
const NOISE = 0.1

export interface Vectors {
  readonly vectors: Float32Array
  /** What is sought, without noise. */
  readonly truth: Float64Array
}

/** Unit-norm vectors as embeddings are: topics, a few directions in which they differ, and something of their own. */
export function makeVectors(count: number, seed: number): Vectors {
  const random = createRandom(`vectors ${seed}`)
  const draw = (n: number) => Float64Array.from({ length: n }, () => random.normal())
  const basis = draw(LATENT * DIMENSION)
  const topics = draw(TOPICS * LATENT)
  const slopes = draw(LATENT)
  const own = draw(1 << 16)
  const vectors = new Float32Array(count * DIMENSION)
  const truth = new Float64Array(count)
  const latent = new Float64Array(LATENT)
  for (let j = 0; j < count; j++) {
    const topic = random.integer(TOPICS) * LATENT
    const from = random.integer(own.length - DIMENSION)
    for (let k = 0; k < LATENT; k++) {
      latent[k] = topics[topic + k]! + 0.5 * random.normal()
      truth[j]! += Math.sin(latent[k]! + k) * slopes[k]!
    }
    let square = 0
    for (let d = 0; d < DIMENSION; d++) {
      let value = 0.5 * own[from + d]!
      for (let k = 0; k < LATENT; k++) value += latent[k]! * basis[k * DIMENSION + d]!
      vectors[j * DIMENSION + d] = value
      square += value * value
    }
    const scale = 1 / Math.sqrt(square)
    for (let d = 0; d < DIMENSION; d++) vectors[j * DIMENSION + d]! *= scale
  }
  return { vectors, truth }
}

export interface ProposalTimes {
  readonly candidates: number
  /** From the vectors to the first proposal of the model: features of the whole pool, and what follows. */
  readonly first: Taken
  /** Of the proposals after it. */
  readonly slowest: Taken
  readonly median: Taken
  /** Resident memory of the process at its largest, in GB: vectors included. */
  readonly gigabytes: number
  /** Place of the best candidate measured among all, 1 for the best there is. */
  readonly place: number
}

/** Proposals over a pool of so many, one after another. */
export function timeOfProposals(count: number, proposals: number, backend: Backend): ProposalTimes {
  const { vectors, truth } = makeVectors(count, 1)
  const noise = createRandom('noise')
  const search = createVectorSearch({ vectors, dimension: DIMENSION, seed: 1, backend })
  const times: Taken[] = []
  let best = Number.NEGATIVE_INFINITY
  for (let k = 0; k < proposals; k++) {
    const { result: candidate, taken } = timed(() => search.ask())
    search.tell(candidate, truth[candidate]! + NOISE * noise.normal())
    best = Math.max(best, truth[candidate]!)
    times.push(taken)
  }
  const first = times.indexOf(times.reduce((a, b) => (b.processorSeconds > a.processorSeconds ? b : a)))
  const later = times.slice(first + 1).sort((a, b) => a.processorSeconds - b.processorSeconds)
  return {
    candidates: count,
    first: times[first]!,
    slowest: later.at(-1)!,
    median: later[later.length >> 1]!,
    gigabytes: process.resourceUsage().maxRSS / 1e6,
    place: truth.reduce((place, value) => place + (value > best ? 1 : 0), 1),
  }
}

export interface ScreeningLoss {
  readonly survivors: number
  /** Share of asks, given one history, at which the proposal is that of exact scoring. */
  readonly same: number
  /** Mean over pools of the best value measured, in standard deviations of the pool. */
  readonly best: number
}

/**
 * Searches of 50,000 that look exactly at all candidates, at as many as by default, and at as few as by default of a
 * million.
 */
export function screeningLoss(
  evaluations: number,
  pools: number,
  backend: Backend,
  count = 50_000,
): readonly ScreeningLoss[] {
  const sizes = [count, 3000, 150]
  const same = sizes.map(() => 0)
  const best = sizes.map(() => 0)
  for (let pool = 0; pool < pools; pool++) {
    const { vectors, truth } = makeVectors(count, 10 + pool)
    const mean = truth.reduce((sum, value) => sum + value / count, 0)
    const deviation = Math.sqrt(truth.reduce((sum, value) => sum + (value - mean) ** 2 / count, 0))
    // The same noise for the same candidate, so that searches which propose the same see the same.
    const measure = (candidate: number) =>
      truth[candidate]! + NOISE * createRandom(`noise ${pool} ${candidate}`).normal()
    const open = (survivors: number) =>
      createVectorSearch({ vectors, dimension: DIMENSION, seed: pool, survivors, backend })
    const bestOf = (asked: readonly number[]) => (Math.max(...asked.map((j) => truth[j]!)) - mean) / deviation
    // Exact scoring leads; the others say what they would have proposed after the same history.
    const [exact, ...screened] = sizes.map(open)
    const asked: number[] = []
    for (let k = 0; k < evaluations; k++) {
      const candidate = exact!.ask()
      const score = measure(candidate)
      const questioned = k >= 8 && k % 5 === 0
      for (const [s, search] of screened.entries()) {
        if (questioned && search.propose() === candidate) same[s + 1]!++
        search.tell(candidate, score)
      }
      if (questioned) same[0]!++
      exact!.tell(candidate, score)
      asked.push(candidate)
    }
    best[0]! += bestOf(asked) / pools
    for (const [s, survivors] of sizes.slice(1).entries()) {
      const search = open(survivors)
      const own = Array.from({ length: evaluations }, () => {
        const candidate = search.ask()
        search.tell(candidate, measure(candidate))
        return candidate
      })
      best[s + 1]! += bestOf(own) / pools
    }
  }
  return sizes.map((survivors, s) => ({ survivors, same: same[s]! / same[0]!, best: best[s]! }))
}
