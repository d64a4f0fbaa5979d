/**
 * HbBoPs: Hyperband over numbers of examples, with prompts proposed by a deep-kernel Gaussian process.
 *
 * Schneider, Wistuba, Klein, Golebiowski, Zappella, Merra (2025), "Hyperband-based Bayesian Optimization for Black-box
 * Prompt Selection", ICML, Algorithm 1. Fidelity = number of validation examples, from b_min = 10 up by η = 2. All
 * prompts are measured on the same, nested examples, and what is known is not measured again. In a bracket each new
 * prompt that is not measured on everything yet maximizes expected improvement, or is random with probability ρ. The
 * surrogate is retrained on the highest fidelity with at least four observations; the best value there is to be
 * improved on. Hyperband is repeated until the budget is spent. The incumbent is the best among the prompts measured on
 * all examples, or on most of them while there are none.
 *
 * Slots (instruction, demonstrations …) are encoded apart, as in the paper, where a pool has embeddings of them.
 *
 * @module
 */
import * as z from 'zod'
import { normalCdf, normalDensity } from '../../numerics/special/index.ts'
import { argmax } from '../../numerics/vector.ts'
import type { PolicyContext, PolicyFactory } from '../../policy/policy.ts'
import type { PoolEntry } from '../../prompt/candidate.ts'
import { deepKernelRegression } from './deep-kernel.ts'
import { type Components, principalComponents } from './pool-components.ts'
import { procedurePolicy, rankedBy, shuffled } from './procedure-policy.ts'

export const hbbopsOptions = z.strictObject({
  /** Examples of the lowest fidelity. */
  minimumExamples: z.int().positive().default(10),
  /** Factor between fidelities, and of prompts dropped. */
  eta: z.number().min(1.5).default(2),
  /** Probability of a random proposal. */
  randomInterleaving: z.number().min(0).max(1).default(0.1),
  components: z.int().positive().default(32),
})

export const createHbbopsPolicy: PolicyFactory = (context) => {
  const options = hbbopsOptions.parse(context.options ?? {})
  const { eta } = options
  return procedurePolicy('hbbops', context, function* (world, choice) {
    const { pool, exampleCount, left, asked, meanOver, random } = world
    const order = shuffled(
      Array.from({ length: exampleCount }, (_, example) => example),
      random,
    )
    const parts = partsOf(pool, options.components, context)
    const lowest = Math.min(options.minimumExamples, exampleCount)
    const brackets = Math.floor(Math.log(exampleCount / lowest) / Math.log(eta) + 1e-9)
    /** Fidelity → prompt → mean over the first that many examples. */
    const values = new Map<number, Map<number, number>>()
    const measure = function* (candidate: number, fidelity: number) {
      const examples = order.slice(0, fidelity)
      yield { candidate, examples }
      if (asked(candidate) < fidelity) return Number.NaN
      const value = meanOver(candidate, examples)
      if (!values.has(fidelity)) values.set(fidelity, new Map())
      if (!Number.isNaN(value)) values.get(fidelity)!.set(candidate, value)
      const top = values.get(Math.max(...values.keys()))!
      choice.candidate = rankedBy([...top.keys()], (one) => top.get(one)!)[0]
      return value
    }
    const propose = (taken: readonly number[]): number | undefined => {
      const free = pool
        .map((_, candidate) => candidate)
        .filter((candidate) => !taken.includes(candidate) && asked(candidate) < exampleCount)
      if (free.length === 0) return undefined
      const level = Math.max(...[...values].filter(([, found]) => found.size >= 4).map(([fidelity]) => fidelity))
      if (!parts || level === Number.NEGATIVE_INFINITY || random.uniform() < options.randomInterleaving) {
        return free[random.integer(free.length)]!
      }
      const data = values.get(level)!
      const targets = [...data.values()]
      const best = Math.max(...targets)
      if (best === Math.min(...targets)) return free[random.integer(free.length)]!
      const { means, standardDeviations } = deepKernelRegression(parts, [...data.keys()], targets, random)
      return free[argmax(free.map((one) => improvement(means[one]!, standardDeviations[one]!, best)))!]!
    }

    for (;;) {
      const before = left()
      for (let bracket = brackets; bracket >= 0; bracket--) {
        const count = Math.min(pool.length, Math.ceil(((brackets + 1) * eta ** bracket) / (bracket + 1)))
        const start = Math.max(1, Math.floor(exampleCount * eta ** -bracket + 1e-9))
        let racing: { candidate: number; value: number }[] = []
        while (racing.length < count) {
          const candidate = propose(racing.map((entry) => entry.candidate))
          if (candidate === undefined) break
          racing.push({ candidate, value: yield* measure(candidate, start) })
          if (left() === 0) return
        }
        for (let stage = 1; stage <= bracket; stage++) {
          const fidelity = stage === bracket ? exampleCount : Math.floor(start * eta ** stage + 1e-9)
          const kept = Math.floor(count * eta ** -stage + 1e-9)
          if (kept < 1) break
          const byCandidate = new Map(racing.map((entry) => [entry.candidate, entry.value]))
          const ranked = rankedBy([...byCandidate.keys()], (candidate) => byCandidate.get(candidate)!)
          racing = []
          for (const candidate of ranked.slice(0, kept)) {
            racing.push({ candidate, value: yield* measure(candidate, fidelity) })
            if (left() === 0) return
          }
        }
      }
      // A whole Hyperband that measured nothing new: the pool is exhausted.
      if (left() === before) return
    }
  })
}

/** E[max(f − best, 0)] for f ~ N(mean, deviation²). */
function improvement(mean: number, deviation: number, best: number): number {
  const z = (mean - best) / deviation
  return (mean - best) * normalCdf(z) + deviation * normalDensity(z)
}

const componentsOfPool = new WeakMap<readonly PoolEntry[], Components[] | undefined>()

/** Principal components of each slot, or of the whole text; shared by the runs that share a pool. */
function partsOf(pool: readonly PoolEntry[], columns: number, { backend }: PolicyContext): Components[] | undefined {
  if (componentsOfPool.has(pool)) return componentsOfPool.get(pool)
  const reduce = (vectors: readonly (Float64Array | undefined)[]) => {
    const present = vectors.flatMap((vector) => (vector ? [vector] : []))
    return present.length === vectors.length && present.length > 0
      ? principalComponents(present, columns, backend)
      : undefined
  }
  const names = Object.keys(pool[0]?.slotEmbeddings ?? {})
  const slots = names.map((name) => reduce(pool.map(({ slotEmbeddings }) => slotEmbeddings?.[name])))
  const whole = slots.length > 0 && slots.every((part) => part) ? slots : [reduce(pool.map((entry) => entry.embedding))]
  const found = whole.flatMap((part) => (part ? [part] : []))
  const parts = found.length === whole.length ? found : undefined
  componentsOfPool.set(pool, parts)
  return parts
}
