/**
 * TRIPLE-GSE: successive elimination by a reward model over prompt embeddings.
 *
 * Shi et al. (2024), "Efficient Prompt Optimization Through the Lens of Best Arm Identification", NeurIPS, Algorithm 3,
 * after Azizi, Kveton, Ghavamzadeh (2022), "Fixed-Budget Best-Arm Identification in Structured Bandits", IJCAI. ⌈log₂
 * P⌉ phases with an equal share of the budget. In a phase the surviving prompts are pulled, the least pulled first,
 * each pull on an example of that prompt's own random order. Then three models (Bayesian ridge, gradient boosting, a
 * perceptron, as in the authors' code) are fitted to all pulls but a fifth, and weighted by softmax of their R² on that
 * fifth. The half with the better predictions survives.
 *
 * Differences: pulls are without replacement. The models see principal components where the code has a random
 * projection. Boosting has scikit-learn's default depth and rate (the code: depth 20, rate 0.01). The perceptron is
 * smaller (16 hidden units instead of 256 and 64).
 *
 * @module
 */
import * as z from 'zod'
import type { Random } from '../../numerics/random/index.ts'
import { argmax } from '../../numerics/vector.ts'
import type { PolicyContext, PolicyFactory } from '../../policy/policy.ts'
import { bayesianRidge, type WeightedData } from './bayesian-ridge.ts'
import { boostedTrees } from './boosted-trees.ts'
import { createPerceptron } from './perceptron.ts'
import { type Components, principalComponents } from './pool-components.ts'
import { procedurePolicy, rankedBy, shuffled, type World } from './procedure-policy.ts'

export const tripleGseOptions = z.strictObject({
  /** How many principal components of the embeddings the models see. */
  components: z.int().positive().default(32),
})

export const createTripleGsePolicy: PolicyFactory = (context) => {
  const { components } = tripleGseOptions.parse(context.options ?? {})
  return procedurePolicy('triple-gse', context, function* (world, choice) {
    const { pool, exampleCount, left, asked, mean, random } = world
    const embeddings = pool.flatMap(({ embedding }) => (embedding ? [embedding] : []))
    const features =
      embeddings.length === pool.length ? principalComponents(embeddings, components, context.backend) : undefined
    const examples = Array.from({ length: exampleCount }, (_, example) => example)
    const orders = pool.map(() => shuffled(examples, random))
    let active = shuffled(
      pool.map((_, candidate) => candidate),
      random,
    )
    const phases = Math.max(1, Math.ceil(Math.log2(pool.length)))
    for (let phase = 0; phase < phases && left() > 0; phase++) {
      const share = Math.floor(left() / (phases - phase))
      const goal = left() - Math.max(share, 1)
      while (left() > goal) {
        const open = active.filter((candidate) => asked(candidate) < exampleCount)
        if (open.length === 0) break
        const least = Math.min(...open.map(asked))
        for (const candidate of open.filter((one) => asked(one) === least)) {
          yield { candidate, examples: orders[candidate]!.slice(least, least + 1) }
          if (left() <= goal) break
        }
      }
      const predicted = features ? predictRewards(world, orders, features, context) : undefined
      active = rankedBy(active, (candidate) => predicted?.[candidate] ?? mean(candidate)).slice(
        0,
        Math.ceil(active.length / 2),
      )
      choice.candidate = active[0]
    }
    choice.candidate ??= argmax(Float64Array.from(pool, (_, candidate) => mean(candidate)))
  })
}

/** The mixture's prediction for every prompt; undefined while fewer than ten pulls succeeded. */
function predictRewards(
  { pool, asked, score, random }: World,
  orders: readonly (readonly number[])[],
  features: Components,
  { backend }: PolicyContext,
): Float64Array | undefined {
  const train = createTally(pool.length)
  const test = createTally(pool.length)
  let pulls = 0
  pool.forEach((_, candidate) => {
    for (const example of orders[candidate]!.slice(0, asked(candidate))) {
      const found = score(candidate, example)
      if (found === undefined || Number.isNaN(found)) continue
      const tally = random.uniform() < 0.2 ? test : train
      tally.add(candidate, found)
      pulls++
    }
  })
  if (pulls < 10 || train.size() < 2 || test.size() < 2) return undefined
  const models = [
    (data: WeightedData) => bayesianRidge(data, backend),
    (data: WeightedData) => boostedTrees(data),
    (data: WeightedData) => perceptronRegression(data, random),
  ]
  const data = train.data(features)
  const predictions = models.map((model) => model(data))
  const gains = predictions.map((predicted) => Math.exp(heldOutR2(predicted, test)))
  const total = gains.reduce((sum, gain) => sum + gain, 0)
  const mixture = new Float64Array(pool.length)
  predictions.forEach((predicted, index) => {
    for (let candidate = 0; candidate < mixture.length; candidate++) {
      mixture[candidate]! += (gains[index]! / total) * predicted[candidate]!
    }
  })
  return mixture
}

/** Sums of pulls by prompt: all that squared loss needs of them. */
function createTally(prompts: number) {
  const sums = new Float64Array(prompts)
  const squares = new Float64Array(prompts)
  const counts = new Float64Array(prompts)
  return {
    sums,
    squares,
    counts,
    add(candidate: number, score: number) {
      sums[candidate]! += score
      squares[candidate]! += score ** 2
      counts[candidate]!++
    },
    size: () => counts.reduce((total, count) => total + count, 0),
    data(features: Components): WeightedData {
      const rows = [...counts.keys()].filter((candidate) => counts[candidate]! > 0)
      return {
        features,
        rows,
        targets: Float64Array.from(rows, (row) => sums[row]! / counts[row]!),
        weights: Float64Array.from(rows, (row) => counts[row]!),
      }
    },
  }
}

function heldOutR2(predictions: Float64Array, test: ReturnType<typeof createTally>): number {
  const { sums, squares, counts } = test
  let sum = 0
  let square = 0
  let count = 0
  let residual = 0
  for (let candidate = 0; candidate < predictions.length; candidate++) {
    const p = predictions[candidate]!
    sum += sums[candidate]!
    square += squares[candidate]!
    count += counts[candidate]!
    residual += squares[candidate]! - 2 * p * sums[candidate]! + p * p * counts[candidate]!
  }
  const total = square - sum ** 2 / count
  // A clamp keeps one hopeless model from deciding by underflow alone; it has no weight to speak of at −5 already.
  return total > 1e-12 ? Math.max(-5, 1 - residual / total) : 0
}

/** One hidden layer of 16, 100 full-batch steps of Adam at 0.01 on standardized targets, weights decayed by 0.01. */
function perceptronRegression({ features, rows, targets, weights }: WeightedData, random: Random): Float64Array {
  const total = weights.reduce((sum, weight) => sum + weight, 0)
  const center = targets.reduce((sum, target, index) => sum + weights[index]! * target, 0) / total
  const spread =
    Math.sqrt(targets.reduce((sum, target, index) => sum + weights[index]! * (target - center) ** 2, 0) / total) || 1
  const d = features.columns
  const inputs = new Float64Array(rows.length * d)
  rows.forEach((row, index) => {
    inputs.set(features.values.subarray(row * d, (row + 1) * d), index * d)
  })
  const network = createPerceptron([d, 16, 1], 0.01, random, 0.01)
  for (let step = 0; step < 100; step++) {
    const outputs = network.forward(inputs, rows.length)
    network.backward(
      outputs.map((output, index) => (2 * weights[index]! * (output - (targets[index]! - center) / spread)) / total),
      false,
    )
  }
  return network.forward(features.values, features.rows).map((output) => center + spread * output)
}
