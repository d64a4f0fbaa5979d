/**
 * CAPO's racing on a fixed pool. Prompts run on block after block of the same examples. One is dropped as soon as
 * enough others are better by a paired t-test.
 *
 * Zehle, Schlager, Heiß, Feurer (2025), "CAPO: Cost-Aware Prompt Optimization", AutoML; Algorithm 1 (DO_RACING) and the
 * authors' code. A population has `population` prompts. Each step `offspring` new ones join: by crossover and mutation
 * there; here the pool is fixed, so they are drawn from it at random. All of them race back down to `population`:
 * blocks of `blockSize` examples in a fixed order, known blocks free, at most `maximumBlocks`. A prompt survives a
 * block if fewer than `population` others beat it at level `alpha` (paired t-test, one-sided); by the end the best
 * means survive. The winner is the best mean of the population. No length penalty: it trades score for cost, which is
 * not what is compared here.
 *
 * The paper's values are population 10, offspring 4, block 30, 10 blocks, α 0.2. They were made for hundreds of
 * evaluations per prompt and new prompts at every step. Where they are not given, the settings are those that did best
 * on a pool at the budget at hand, {@link tunedSettings}.
 *
 * @module
 */
import * as z from 'zod'
import { regularizedIncompleteBeta } from '../../numerics/special/index.ts'
import type { PolicyFactory } from '../../policy/policy.ts'
import { procedurePolicy, rankedBy, shuffled } from './procedure-policy.ts'

export const capoRacingOptions = z.strictObject({
  population: z.int().positive().optional(),
  offspring: z.int().positive().optional(),
  blockSize: z.int().positive().optional(),
  maximumBlocks: z.int().positive().optional(),
  alpha: z.number().positive().max(0.5).optional(),
})

/**
 * Found on 24 development tables of 162–265 prompts and 100 examples, among 46 combinations. With few evaluations per
 * prompt: races of some dozens of prompts. With more: one race of all.
 */
export function tunedSettings(evaluationsPerPrompt: number) {
  if (evaluationsPerPrompt < 4) return { population: 5, offspring: 40, blockSize: 2, maximumBlocks: 100, alpha: 0.1 }
  const alpha = evaluationsPerPrompt < 8 ? 0.1 : 0.05
  return { population: 1, offspring: Number.MAX_SAFE_INTEGER, blockSize: 2, maximumBlocks: 100, alpha }
}

export const createCapoRacingPolicy: PolicyFactory = (context) => {
  const given = capoRacingOptions.parse(context.options ?? {})
  return procedurePolicy('capo-racing', context, function* ({ pool, exampleCount, left, score, mean, random }, choice) {
    const tuned = tunedSettings(left() / Math.max(1, pool.length))
    const options = {
      population: given.population ?? tuned.population,
      offspring: given.offspring ?? tuned.offspring,
      blockSize: given.blockSize ?? tuned.blockSize,
      maximumBlocks: given.maximumBlocks ?? tuned.maximumBlocks,
      alpha: given.alpha ?? tuned.alpha,
    }
    const order = shuffled(
      Array.from({ length: exampleCount }, (_, example) => example),
      random,
    )
    const waiting = shuffled(
      pool.map((_, candidate) => candidate),
      random,
    )
    const blocks = Math.min(options.maximumBlocks, Math.ceil(exampleCount / options.blockSize))
    let population = waiting.splice(0, options.population)
    let racing = population
    // The first population has not raced: its prompts are compared as offspring join.
    for (;;) {
      const newcomers = waiting.splice(0, options.offspring)
      racing = [...population, ...newcomers]
      // With none left to join, the rest of the budget decides within the population, as one more race to one.
      const survivors = newcomers.length > 0 ? options.population : 1
      const measured: number[] = []
      for (let block = 0; block < blocks && racing.length > survivors && left() > 0; block++) {
        const examples = order.slice(block * options.blockSize, (block + 1) * options.blockSize)
        for (const candidate of racing) {
          yield { candidate, examples }
          if (left() === 0) break
        }
        measured.push(...examples)
        racing = racing.filter((candidate) => {
          const better = racing.filter(
            (other) => other !== candidate && pairedPValue(other, candidate, measured, score) < options.alpha,
          )
          return better.length < survivors
        })
      }
      population = rankedBy(racing, mean).slice(0, survivors)
      choice.candidate = population[0]
      if (left() === 0 || newcomers.length === 0) return
    }
  })
}

/**
 * p-value of "a scores higher than b" over the examples on which both succeeded: one-sided paired t-test. Without
 * variation the answer is certain (p 0 or 1), with fewer than two pairs there is none (p 1).
 */
export function pairedPValue(
  a: number,
  b: number,
  examples: readonly number[],
  score: (candidate: number, example: number) => number | undefined,
): number {
  let count = 0
  let sum = 0
  let squares = 0
  for (const example of examples) {
    const difference = (score(a, example) ?? Number.NaN) - (score(b, example) ?? Number.NaN)
    if (Number.isNaN(difference)) continue
    count++
    sum += difference
    squares += difference ** 2
  }
  if (count < 2) return 1
  const mean = sum / count
  const variance = (squares - count * mean ** 2) / (count - 1)
  if (variance <= 1e-12) return mean > 0 ? 0 : 1
  const t = mean / Math.sqrt(variance / count)
  const freedom = count - 1
  const tail = 0.5 * regularizedIncompleteBeta(freedom / (freedom + t ** 2), freedom / 2, 0.5)
  return t > 0 ? tail : 1 - tail
}
