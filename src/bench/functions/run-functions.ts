import { InvalidArgumentError } from '../../errors.ts'
import type { Backend } from '../../numerics/linalg/backend.ts'
import { createRandom } from '../../numerics/random/index.ts'
import { startPlay } from '../../policy/play-policy.ts'
import { resolvePolicy } from '../../policy/registry.ts'
import type { PoolEntry } from '../../prompt/candidate.ts'
import type { ObjectiveFunction } from './objective.ts'
import { testFunction } from './registry.ts'

export interface FunctionBenchOptions {
  /** Names of {@link testFunction}. */
  readonly functions: readonly string[]
  /** Names of policies that work on a space. */
  readonly samplers: readonly string[]
  readonly evaluations: number
  readonly repeats: number
  readonly seed: number
  readonly backend: Backend
  /** Milliseconds since any fixed moment. Default `performance.now`. */
  readonly clock?: () => number
  /** Called after every run. */
  readonly onRun?: (run: FunctionRun, done: number, total: number) => void
}

export interface FunctionRun {
  readonly function: string
  readonly sampler: string
  readonly repeat: number
  /** Best true value so far minus the optimum, after each evaluation. */
  readonly regret: readonly number[]
  /** Time of each ask. */
  readonly askMilliseconds: readonly number[]
  /** True value of the finally recommended point minus the optimum; what counts under noise. */
  readonly recommendedRegret: number | null
}

export interface FunctionBench {
  readonly runs: readonly FunctionRun[]
}

/**
 * Runs samplers on test functions, all meeting the same noise in the same repeat.
 *
 * @throws InvalidInputError on an unknown function or sampler; InvalidArgumentError when a sampler stops early.
 * @example
 * const setup = { functions: ['branin'], samplers: ['gp'], evaluations: 8, repeats: 2, seed: 1, backend }
 * runFunctions(setup).runs.length // 2: a function, a sampler, two repeats
 */
export function runFunctions(options: FunctionBenchOptions): FunctionBench {
  const { functions, samplers, repeats, onRun } = options
  const objectives = functions.map(testFunction)
  for (const sampler of samplers) resolvePolicy(sampler)
  const runs: FunctionRun[] = []
  const total = objectives.length * samplers.length * repeats
  for (const objective of objectives) {
    for (const sampler of samplers) {
      for (let repeat = 0; repeat < repeats; repeat++) {
        const run = runFunction(objective, sampler, repeat, options)
        runs.push(run)
        onRun?.(run, runs.length, total)
      }
    }
  }
  return { runs }
}

function runFunction(
  objective: ObjectiveFunction,
  sampler: string,
  repeat: number,
  { evaluations, seed, backend, clock = () => performance.now() }: FunctionBenchOptions,
): FunctionRun {
  const stream = createRandom(seed).split(objective.name).split(repeat)
  const { create, options } = resolvePolicy(sampler)
  const policy = create({
    seed: stream.split('sampler').integer(2 ** 31),
    space: objective.space,
    exampleCount: 1,
    evaluationBudget: evaluations,
    estimand: 'population',
    backend,
    options,
  })
  const noise = stream.split('noise')
  const regret: number[] = []
  const askMilliseconds: number[] = []
  const trueRegret = (candidate: number) =>
    objective.value(pool[candidate]!.candidate.parameters ?? {}) - objective.minimum
  const pool: PoolEntry[] = []
  const play = startPlay({
    pool,
    exampleCount: 1,
    budget: evaluations,
    hasSpace: true,
    measure: ({ candidate }) => -(trueRegret(candidate) + (objective.noise > 0 ? objective.noise * noise.normal() : 0)),
  })
  // Step by step, because every ask is timed.
  while (play.spent < evaluations) {
    const start = clock()
    const decision = play.ask(policy)
    askMilliseconds.push(clock() - start)
    // A finite space may be exhausted before the budget is.
    if (decision.kind === 'done' && pool.length > 0) break
    if (decision.kind !== 'act') {
      throw new InvalidArgumentError(
        `sampler ${sampler} answered ${decision.kind} after ${play.spent} of ${evaluations} evaluations of ` +
          `${objective.name}; expected a point`,
      )
    }
    const { candidate } = play.tell()
    regret.push(Math.min(trueRegret(candidate), regret.at(-1) ?? Number.POSITIVE_INFINITY))
  }
  while (regret.length < evaluations) regret.push(regret.at(-1)!)
  const recommended = policy.recommend(play.state)
  return {
    function: objective.name,
    sampler,
    repeat,
    regret,
    askMilliseconds,
    recommendedRegret: recommended ? trueRegret(recommended.candidate) : null,
  }
}

/** Quartiles of the regret after given numbers of evaluations, by function and sampler. */
export interface FunctionSummary {
  readonly function: string
  readonly sampler: string
  readonly evaluations: number
  readonly quartiles: readonly [number, number, number]
  readonly medianAskMilliseconds: number
  readonly medianRecommendedRegret: number | null
}

/**
 * @example
 * const setup = { functions: ['branin'], samplers: ['sobol'], evaluations: 20, repeats: 5, seed: 1, backend }
 * const rows = summarizeFunctions(runFunctions(setup), [10, 20])
 * rows.map(({ sampler, evaluations }) => `${sampler} ${evaluations}`) // ['sobol 10', 'sobol 20']
 */
export function summarizeFunctions(bench: FunctionBench, checkpoints: readonly number[]): FunctionSummary[] {
  const groups = Map.groupBy(bench.runs, (run) => `${run.function} ${run.sampler}`)
  return [...groups.values()].flatMap((runs) =>
    checkpoints
      .filter((evaluations) => evaluations <= runs[0]!.regret.length)
      .map((evaluations) => {
        const regrets = runs.map((run) => run.regret[evaluations - 1]!)
        const recommended = runs.flatMap((run) => (run.recommendedRegret === null ? [] : [run.recommendedRegret]))
        return {
          function: runs[0]!.function,
          sampler: runs[0]!.sampler,
          evaluations,
          quartiles: [quantile(regrets, 0.25), quantile(regrets, 0.5), quantile(regrets, 0.75)] as const,
          medianAskMilliseconds: quantile(
            runs.flatMap((run) => run.askMilliseconds),
            0.5,
          ),
          medianRecommendedRegret: recommended.length > 0 ? quantile(recommended, 0.5) : null,
        }
      }),
  )
}

/** Linear interpolation between order statistics. */
function quantile(values: readonly number[], p: number): number {
  const sorted = values.toSorted((a, b) => a - b)
  const position = p * (sorted.length - 1)
  const below = Math.floor(position)
  const low = sorted[below]!
  return low + (position - below) * ((sorted[below + 1] ?? low) - low)
}
