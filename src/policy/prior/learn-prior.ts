/**
 * Learns a prior from the histories of several tasks: a ridge from traits of prompts to their standardized abilities,
 * every task with the same weight. Also says what it predicts of each task when that one is left out.
 *
 * Notation
 *   z_i, v_i      ability of prompt i as its own outcomes tell it, and the variance of that
 *   A             variance of abilities in a history
 *   r_i           reliability A / (A + v_i): the weight of prompt i
 *   y_i, x_i      (z_i − z̄) / √A, and traits minus their mean
 *   β             argmin Σ_tasks mean_histories Σ_i r_i (y_i − x_iᵀβ)² / n + λ Σ_k s_k² β_k², s_k the spread of trait k
 *
 * λ is the one that predicts left-out tasks best.
 *
 * @module
 */

import { mean } from 'simple-statistics'
import * as z from 'zod'
import { checkInput } from '../../check-input.ts'
import { InvalidArgumentError } from '../../errors.ts'
import { promptTraitNames } from '../../features/prompt-traits.ts'
import { remembered } from '../../features/remembered.ts'
import { rankCorrelation } from '../../numerics/special/rank-correlation.ts'
import { cholesky, solveLower, solveUpper } from '../../surrogate/prompt/dense.ts'
import { createPromptModel, type PromptBeliefs } from '../../surrogate/prompt/prompt-model.ts'
import type { PriorHistory } from '../policy.ts'
import { type ArmEvidence, carriedEvidence } from '../proposer-bandit.ts'
import { traitsOf } from './expected-abilities.ts'
import { type LearnedPrior, type LearnedTask, PRIOR_FORMAT } from './learned-prior.ts'

/** A history and the task it is of: what is left out together. */
export interface TaskHistory extends PriorHistory {
  readonly task: string
}

/** λ, per task of weight one. */
const PENALTIES = [0.1, 0.3, 1, 3, 10, 30] as const
const FEWEST_PROMPTS = 3
const WIDTH = promptTraitNames.length
/** Pseudo-counts of tasks on which a prior helps, and does not. */
const HELPS = 1
const FAILS = 2

/**
 * @throws InvalidArgumentError where no history has three measured prompts.
 * @example
 * const prior = learnPrior([{ task: 'tickets', name: 'tickets', pool, observations, exampleCount: 60 }])
 * prior.tasks[0]?.task // 'tickets'
 */
export function learnPrior(histories: readonly TaskHistory[]): LearnedPrior {
  checkInput(z.array(z.unknown()), histories, 'histories')
  const summaries = histories.flatMap((history) => summaryOf(history) ?? [])
  if (summaries.length === 0) {
    throw new InvalidArgumentError(
      `no history has ${FEWEST_PROMPTS} measured prompts: there is nothing to learn from`,
      { remedy: 'Name studies that measured several prompts, or recorded tables.' },
    )
  }
  const names = [...new Set(summaries.map(({ task }) => task))]
  const tasks = names.map((name) =>
    joined(
      name,
      summaries.filter(({ task }) => task === name),
    ),
  )
  const traits = fitTraits(tasks)
  const left =
    tasks.length < 2 ? [] : tasks.map((task) => leftOut(task, fitTraits(tasks.filter((other) => other !== task))))
  const helped = left.filter((result) => result.helped).length
  return {
    format: PRIOR_FORMAT,
    traits: Object.fromEntries(promptTraitNames.flatMap((name, k) => (traits[k] === 0 ? [] : [[name, traits[k]!]]))),
    trust: (helped + HELPS) / (left.length + HELPS + FAILS),
    settings: meanSettings(tasks),
    proposers: Object.fromEntries<ArmEvidence>(carriedEvidence(histories)),
    tasks: tasks.map(
      ({ name, summaries }, k): LearnedTask => ({
        task: name,
        histories: summaries.length,
        prompts: summaries.reduce((sum, { y }) => sum + y.length, 0),
        outcomes: summaries.reduce((sum, { outcomes }) => sum + outcomes, 0),
        ...(left[k] ? { leftOut: left[k] } : {}),
      }),
    ),
  }
}

/** Moments of a history that a ridge needs. */
interface Summary {
  readonly task: string
  readonly outcomes: number
  readonly x: readonly Float64Array[]
  readonly y: Float64Array
  readonly reliability: Float64Array
  readonly components: PromptBeliefs['components']
}

interface Task {
  readonly name: string
  readonly summaries: readonly Summary[]
  /** Σ r x xᵀ, Σ r x y, Σ r y², each divided by the number of prompts, as means over histories. */
  readonly gram: Float64Array
  readonly product: Float64Array
  readonly square: number
}

function summarize({ task, pool, observations }: TaskHistory): Summary | undefined {
  if (observations.length === 0) return undefined
  const beliefs = createPromptModel(pool, { sharedFailures: false }).fit(observations, observations.length)
  const { sites, outcomes, components } = beliefs
  const measured = outcomes.order.filter((i) => sites.precision[i]! > 1e-6)
  if (measured.length < FEWEST_PROMPTS) return undefined
  const spread = components.reduce((sum, { weight, setting }) => sum + weight * setting.abilityVariance, 0)
  const reliability = Float64Array.from(measured, (i) => spread / (spread + 1 / sites.precision[i]!))
  const total = reliability.reduce((sum, r) => sum + r, 0)
  const centered = (values: readonly number[]) => {
    const level = values.reduce((sum, value, i) => sum + reliability[i]! * value, 0) / total
    return Float64Array.from(values, (value) => value - level)
  }
  const abilities = measured.map((i) => sites.shift[i]! / sites.precision[i]! / Math.sqrt(spread))
  const columns = promptTraitNames.map((_, k) => centered(measured.map((i) => traitsOf(pool[i]!)[k]!)))
  return {
    task,
    outcomes: observations.length,
    x: measured.map((_, i) => Float64Array.from(columns, (column) => column[i]!)),
    y: centered(abilities),
    reliability,
    components,
  }
}

const summaryOf = remembered(summarize)

function joined(name: string, summaries: readonly Summary[]): Task {
  const gram = new Float64Array(WIDTH * WIDTH)
  const product = new Float64Array(WIDTH)
  let square = 0
  for (const { x, y, reliability } of summaries) {
    x.forEach((row, i) => {
      const weight = reliability[i]! / (y.length * summaries.length)
      square += weight * y[i]! ** 2
      for (let k = 0; k < WIDTH; k++) {
        product[k]! += weight * row[k]! * y[i]!
        for (let l = 0; l < WIDTH; l++) gram[k * WIDTH + l]! += weight * row[k]! * row[l]!
      }
    })
  }
  return { name, summaries, gram, product, square }
}

/** β of several tasks, with the λ that predicts the left-out ones among them best. */
function fitTraits(tasks: readonly Task[]): Float64Array {
  if (tasks.length < 2) return ridge(tasks, PENALTIES.at(-2)!)
  const errors = PENALTIES.map((penalty) =>
    mean(
      tasks.map((task) =>
        residual(
          task,
          ridge(
            tasks.filter((other) => other !== task),
            penalty,
          ),
        ),
      ),
    ),
  )
  return ridge(tasks, PENALTIES[errors.indexOf(Math.min(...errors))]!)
}

function ridge(tasks: readonly Task[], penalty: number): Float64Array {
  const gram = new Float64Array(WIDTH * WIDTH)
  const product = new Float64Array(WIDTH)
  for (const task of tasks) {
    for (let k = 0; k < gram.length; k++) gram[k]! += task.gram[k]!
    for (let k = 0; k < WIDTH; k++) product[k]! += task.product[k]!
  }
  // Traits in units of their spread over the tasks; one that never varies stays 0.
  const scale = Float64Array.from(product, (_, k) => Math.sqrt(gram[k * WIDTH + k]! / tasks.length))
  const scaled = gram.map((value, k) => {
    const unit = scale[Math.floor(k / WIDTH)]! * scale[k % WIDTH]!
    return unit > 0 ? value / unit : 0
  })
  for (let k = 0; k < WIDTH; k++) scaled[k * WIDTH + k]! += penalty * tasks.length
  const weights = product.map((value, k) => (scale[k]! > 0 ? value / scale[k]! : 0))
  cholesky(scaled, WIDTH)
  solveUpper(scaled, WIDTH, solveLower(scaled, WIDTH, weights))
  return weights.map((value, k) => (scale[k]! > 0 ? value / scale[k]! : 0))
}

/** Weighted mean square of y − xᵀβ. */
function residual({ gram, product, square }: Task, weights: Float64Array): number {
  let sum = square
  for (let k = 0; k < WIDTH; k++) {
    sum -= 2 * weights[k]! * product[k]!
    for (let l = 0; l < WIDTH; l++) sum += weights[k]! * gram[k * WIDTH + l]! * weights[l]!
  }
  return sum
}

function leftOut(task: Task, weights: Float64Array): NonNullable<LearnedTask['leftOut']> {
  const explained = task.square > 0 ? 1 - residual(task, weights) / task.square : 0
  const expected = (row: Float64Array) => row.reduce((sum, value, k) => sum + value * weights[k]!, 0)
  const correlations = task.summaries.map(({ x, y }) => rankCorrelation(x.map(expected), [...y]) ?? 0)
  return { rankCorrelation: mean(correlations), explained, helped: explained > 0 }
}

function meanSettings(tasks: readonly Task[]): LearnedPrior['settings'] {
  const weights = new Map<string, { abilityVariance: number; independentShare: number; weight: number }>()
  for (const { summaries } of tasks) {
    for (const { components } of summaries) {
      for (const { setting, weight } of components) {
        const { abilityVariance, independentShare } = setting
        const key = `${abilityVariance} ${independentShare}`
        const before = weights.get(key)?.weight ?? 0
        weights.set(key, {
          abilityVariance,
          independentShare,
          weight: before + weight / summaries.length / tasks.length,
        })
      }
    }
  }
  return [...weights.values()].sort(
    (a, b) => a.abilityVariance - b.abilityVariance || a.independentShare - b.independentShare,
  )
}
