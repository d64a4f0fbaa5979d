import type { Policy, PolicyFactory, Recommendation } from '../../src/policy/policy.ts'

/** A policy small enough to predict: example by example, every candidate of the pool; recommends the best mean. */
export const breadthFirst: PolicyFactory = ({ exampleCount }): Policy => ({
  name: 'breadth-first',
  next({ pool, observations, pending }) {
    const taken = new Set<number>()
    for (let index = 0; index < observations.length; index++) {
      taken.add(observations.candidate(index) * exampleCount + observations.example(index))
    }
    for (const cell of pending) taken.add(cell.candidate * exampleCount + cell.example)
    for (let example = 0; example < exampleCount; example++) {
      for (let candidate = 0; candidate < pool.length; candidate++) {
        if (taken.has(candidate * exampleCount + example)) continue
        return { kind: 'act', action: { kind: 'evaluate', candidate, examples: [example] } }
      }
    }
    return pending.length > 0 ? { kind: 'wait' } : { kind: 'done', reason: 'everything is measured' }
  },
  recommend({ pool, observations }) {
    const sums = new Float64Array(pool.length)
    const counts = new Float64Array(pool.length)
    for (let index = 0; index < observations.length; index++) {
      const score = observations.score(index)
      if (Number.isNaN(score)) continue
      sums[observations.candidate(index)]! += score * observations.count(index)
      counts[observations.candidate(index)]! += observations.count(index)
    }
    const means = sums.map((sum, index) => (counts[index]! > 0 ? sum / counts[index]! : Number.NEGATIVE_INFINITY))
    const candidate = means.reduce((best, mean, index) => (mean > means[best]! ? index : best), 0)
    const mean = means[candidate]!
    const finite = means.map((value) => (Number.isFinite(value) ? value : 0))
    return {
      candidate,
      mean,
      interval: [mean - 0.1, mean + 0.1],
      level: 0.95,
      probabilityBest: 0.5,
      expectedGainOf100: 0,
      means: finite,
      standardDeviations: new Float64Array(pool.length).fill(0.1),
    } satisfies Recommendation
  },
})

export const pool = (size: number) =>
  Array.from({ length: size }, (_, index) => ({ id: `p${index}`, text: `Prompt number ${index}.` }))
