/**
 * MIPROv2's search: Optuna's multivariate TPE over categorical choices, fed with minibatch scores.
 *
 * Opsahl-Ong et al. (2024), "Optimizing Instructions and Demonstrations for Multi-Stage Language Model Programs", EMNLP;
 * DSPy's `mipro_optimizer_v2.py`. The default program is evaluated in full and becomes the first trial. A trial draws a
 * combination of choices by TPE and scores it on `minibatchSize` random examples; after every `fullEvaluationSteps`
 * trials the combination with the best mean of its minibatch scores that has not been evaluated in full is, and that
 * score is added as one more trial, weighing no more than a minibatch. The winner is the best full score. An example
 * that fails scores 0. Calls are cached, so an example that a prompt has met costs nothing again.
 *
 * Choices are the distinct values of each slot where every prompt of the pool has the same slots and all combinations
 * exist, as for DSPy's instructions × demonstration sets; otherwise there is one choice, the prompt itself.
 *
 * In its favour, beyond the code (whose budget is trials): the end of the budget is kept for full evaluations, and where
 * not even one is affordable the best minibatch mean wins.
 *
 * @module
 */
import * as z from 'zod'
import type { PolicyFactory } from '../../policy/policy.ts'
import { type CategoricalTrial, suggestCategorical } from './categorical-tpe.ts'
import { rankedBy, scriptedPolicy } from './scripted-policy.ts'
import { slotGrid } from './slot-grid.ts'

export const miproTpeOptions = z.strictObject({
  minibatchSize: z.int().positive().default(35),
  fullEvaluationSteps: z.int().positive().default(5),
  startupTrials: z.int().positive().default(10),
})

export const createMiproTpePolicy: PolicyFactory = (context) => {
  const options = miproTpeOptions.parse(context.options ?? {})
  return scriptedPolicy('mipro-tpe', context, function* ({ pool, exampleCount, left, score, asked, random }, choice) {
    const grid = slotGrid(pool.map(({ candidate }) => candidate))
    const examples = Array.from({ length: exampleCount }, (_, example) => example)
    const trials: CategoricalTrial[] = []
    const minibatchScores = new Map<number, number[]>()
    const fullScores = new Map<number, number>()
    const scoreOver = (candidate: number, batch: readonly number[]) => {
      const sum = batch.reduce((total, example) => {
        const found = score(candidate, example)
        return total + (found === undefined || Number.isNaN(found) ? 0 : found)
      }, 0)
      return sum / batch.length
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

    if (left() >= exampleCount + options.minibatchSize) yield* evaluateFully(random.integer(pool.length))
    for (let trial = 1; ; trial++) {
      const candidate = grid.candidateOf(suggestCategorical(trials, grid.sizes, random, options.startupTrials))
      const batch = random.shuffled(examples).slice(0, options.minibatchSize)
      const cost = batch.filter((example) => score(candidate, example) === undefined).length
      const reserve = affordableReserve(exampleCount, options.minibatchSize, left())
      // Everything measured: nothing more can be learnt.
      if (left() === 0 || fullScores.size === pool.length) return
      if (cost > left() - reserve) break
      // A pool that TPE has settled on would otherwise be suggested for free for ever.
      if (trial > 20 * pool.length + 200) break
      yield { candidate, examples: batch }
      const value = scoreOver(candidate, batch)
      minibatchScores.set(candidate, [...(minibatchScores.get(candidate) ?? []), value])
      trials.push({ choices: grid.choicesOf(candidate), value })
      decide()
      if (trial % options.fullEvaluationSteps === 0) {
        const best = bestOpen()
        if (best !== undefined && exampleCount - asked(best) <= left()) yield* evaluateFully(best)
      }
    }
    for (let best = bestOpen(); best !== undefined; best = bestOpen()) {
      if (!(yield* evaluateFully(best))) break
    }
    decide()
  })
}

/** One full evaluation is kept for the end, unless the budget was never enough for one and a minibatch. */
function affordableReserve(exampleCount: number, minibatchSize: number, left: number): number {
  return left > exampleCount - minibatchSize ? Math.max(0, exampleCount - minibatchSize) : 0
}
