/**
 * MIPROv2's search: Optuna's multivariate TPE over categorical choices, fed with minibatch scores.
 *
 * Opsahl-Ong et al. (2024), "Optimizing Instructions and Demonstrations for Multi-Stage Language Model Programs",
 * EMNLP; DSPy's `mipro_optimizer_v2.py`. The default program is evaluated in full and becomes the first trial. A trial
 * draws a combination of choices by TPE and scores it on `minibatchSize` random examples. After every
 * `fullEvaluationSteps` trials one combination is evaluated in full: of those that were not, the one with the best mean
 * of its minibatch scores. That score is added as one more trial, weighing no more than a minibatch. The winner is the
 * best full score. An example that fails scores 0. Calls are cached, so an example that a prompt has seen costs nothing
 * again.
 *
 * Choices are the distinct values of each slot where every prompt of the pool has the same slots and all combinations
 * exist, as for DSPy's instructions × demonstration sets. Otherwise there is one choice, the prompt itself.
 *
 * In its favor, beyond the code (whose budget is trials), the end of the budget is kept for full evaluations. Where not
 * even one is affordable the best minibatch mean wins.
 *
 * @module
 */
import * as z from 'zod'
import type { PolicyFactory } from '../../policy/policy.ts'
import { type CategoricalTrial, suggestCategorical } from './categorical-tpe.ts'
import { procedurePolicy, rankedBy, shuffled } from './procedure-policy.ts'
import { slotGrid } from './slot-grid.ts'

export const miproTpeOptions = z.strictObject({
  minibatchSize: z.int().positive().default(35),
  fullEvaluationSteps: z.int().positive().default(5),
  startupTrials: z.int().positive().default(10),
})

export const createMiproTpePolicy: PolicyFactory = (context) => {
  const options = miproTpeOptions.parse(context.options ?? {})
  return procedurePolicy('mipro-tpe', context, function* ({ pool, exampleCount, left, score, asked, random }, choice) {
    const grid = slotGrid(pool.map(({ candidate }) => candidate))
    const examples = Array.from({ length: exampleCount }, (_, example) => example)
    const trials: CategoricalTrial[] = []
    const minibatchScores = new Map<number, number[]>()
    const fullScores = new Map<number, number>()
    const scoreOver = (candidate: number, batch: readonly number[]) => {
      let sum = 0
      let count = 0
      for (const example of batch) {
        const found = score(candidate, example)
        if (found === undefined) continue
        sum += Number.isNaN(found) ? 0 : found
        count++
      }
      return sum / count
    }
    const minibatchMean = (candidate: number) => {
      const scores = minibatchScores.get(candidate)!
      return scores.reduce((total, value) => total + value, 0) / scores.length
    }
    const bestOpen = () =>
      rankedBy(
        [...minibatchScores.keys()].filter((candidate) => !fullScores.has(candidate)),
        minibatchMean,
      )[0]
    const decide = () => {
      const full = rankedBy([...fullScores.keys()], (candidate) => fullScores.get(candidate)!)[0]
      choice.candidate = full ?? rankedBy([...minibatchScores.keys()], minibatchMean)[0]
    }
    const evaluateFully = function* (candidate: number) {
      if (exampleCount - asked(candidate) > left()) return false
      yield { candidate, examples }
      const value = scoreOver(candidate, examples)
      fullScores.set(candidate, value)
      trials.push({ choices: grid.choicesOf(candidate), value })
      decide()
      return true
    }

    const minibatch = Math.min(options.minibatchSize, exampleCount)
    const reserve = left() >= exampleCount ? exampleCount - minibatch : 0
    if (left() >= exampleCount + minibatch) yield* evaluateFully(random.integer(pool.length))
    // A pool that TPE has settled on would be suggested for nothing for ever.
    const mostTrials = 20 * pool.length + 200
    for (let trial = 1; trial <= mostTrials && fullScores.size < pool.length; trial++) {
      const candidate = grid.candidateOf(suggestCategorical(trials, grid.sizes, random, options.startupTrials))
      const batch = shuffled(examples, random).slice(0, minibatch)
      const cost = batch.filter((example) => score(candidate, example) === undefined).length
      if (cost > left() - reserve && trials.length > 0) break
      yield { candidate, examples: batch }
      const value = scoreOver(candidate, batch)
      minibatchScores.set(candidate, [...(minibatchScores.get(candidate) ?? []), value])
      trials.push({ choices: grid.choicesOf(candidate), value })
      decide()
      if (left() === 0) break
      if (trial % options.fullEvaluationSteps === 0) {
        const best = bestOpen()
        if (best !== undefined) yield* evaluateFully(best)
      }
    }
    for (let best = bestOpen(); best !== undefined; best = bestOpen()) {
      if (!(yield* evaluateFully(best))) break
    }
    decide()
  })
}
