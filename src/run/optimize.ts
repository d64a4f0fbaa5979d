/**
 * The library's shortest way: prompts, examples, a function that scores, a budget.
 *
 * @module
 */
import type { Tracer } from '@opentelemetry/api'
import type { CellEvaluator } from '../engine/cell.ts'
import type { GenerationRequest } from '../engine/generation.ts'
import { createJournal } from '../engine/journal.ts'
import { runSearch, type SearchProgress } from '../engine/search.ts'
import { ConflictError, InvalidArgumentError } from '../errors.ts'
import { type Constraint, constraintText } from '../history/constraint.ts'
import { failure } from '../history/failure.ts'
import {
  type MeasurementInput,
  type Measurements,
  readMeasurement,
  type WrittenMeasurement,
} from '../history/measurement.ts'
import { createBackend } from '../numerics/linalg/create-backend.ts'
import { growingPool } from '../policy/growing-pool.ts'
import type { PolicyContext, PolicyFactory } from '../policy/policy.ts'
import { type Candidate, candidateText } from '../prompt/candidate.ts'
import type { ProposerSpecification } from '../proposer/registry.ts'
import { loadStudy } from '../store/load-study.ts'
import { createMemoryStore } from '../store/memory-store.ts'
import type { Store } from '../store/store.ts'
import { configOf, DEFAULT_POLICY, environmentOf } from '../study/create-study.ts'
import { type Direction, EVENT_VERSION, type StudyEvent } from '../study/events.ts'
import { type Budget, type CallCost, checkBudget, NO_COST } from '../study/ledger.ts'
import { sampleSizeWarnings } from '../study/sample-size.ts'
import { createFold } from '../study/state.ts'
import { openStudy } from '../study/study.ts'
import { type Generate, generateByFunction } from './generate-by-function.ts'
import { holdoutBudget } from './holdout-budget.ts'
import { type RunResult, resultOf } from './result.ts'

/** What {@link OptimizeOptions.evaluate} may use beside its prompt and example. */
export interface EvaluateContext {
  /** The whole candidate: id, slots, parameters. */
  readonly candidate: Candidate
  /** Index of the example. */
  readonly index: number
  readonly repeat: number
  readonly seed: number
  readonly signal: AbortSignal
}

/**
 * A score, true or false, null when the call failed, or a measurement: `{ score, metrics, feedback, output }` with what the
 * call took.
 */
export type EvaluateResult = MeasurementInput | (WrittenMeasurement & Partial<CallCost>)

export interface OptimizeOptions<Example> {
  /** Texts, or candidates with slots or parameters. All distinct. Not needed with a {@link prompt}. */
  readonly prompts?: readonly (string | Candidate)[]
  /** The prompt in use now, and the one to beat: better ones are written from it. */
  readonly prompt?: string
  /**
   * Who writes further prompts: names as in a task file. @defaultValue 'auto' with a {@link prompt} and no prompts, else
   * 'none'
   */
  readonly proposers?: 'auto' | 'none' | readonly ProposerSpecification[]
  /** Asks the model that writes prompts; one call as far as the budget is concerned. @defaultValue none is asked */
  readonly generate?: Generate
  readonly examples: readonly Example[]
  /**
   * Scores one prompt on one example; one call as far as the budget is concerned. A throw is a failed call: missing,
   * not zero.
   */
  readonly evaluate: (
    prompt: string,
    example: Example,
    context: EvaluateContext,
  ) => EvaluateResult | Promise<EvaluateResult>
  readonly budget: Budget
  /** @defaultValue 1 */
  readonly seed?: number
  /** The prompt to beat; it is added when it is not among the prompts. */
  readonly baseline?: string
  /** Examples for the final comparison, never shown to the search. They come out of the same budget. @defaultValue none */
  readonly holdout?: readonly Example[]
  /** @defaultValue 'maximize' */
  readonly direction?: Direction
  /**
   * Limits on the mean of what is measured beside the score: `inputTokens`, `outputTokens`, `tokens` and `usd` as
   * `evaluate` returns them, `latency` in milliseconds, or any of its `metrics`. @defaultValue none
   */
  readonly constraints?: readonly Constraint[]
  /** @defaultValue 'krige' */
  readonly policy?: string | PolicyFactory
  /** Evaluations in flight. @defaultValue 8 */
  readonly concurrency?: number
  /** Unit vectors of the prompts, in order; they let the policy learn from similar prompts. */
  readonly embed?: (texts: readonly string[]) => Promise<readonly Float64Array[]>
  /** Where the study is kept, so that it can be resumed. @defaultValue in memory */
  readonly store?: Store
  /** Name of the study in the store. @defaultValue 'optimize' */
  readonly study?: string
  readonly backend?: PolicyContext['backend']
  readonly signal?: AbortSignal
  readonly onProgress?: (progress: SearchProgress) => void
  /**
   * An OpenTelemetry tracer: spans for the run, its decisions and cells, without texts. The SDK is yours.
   *
   * @defaultValue no spans
   */
  readonly tracer?: Tracer
}

/**
 * Finds the best of many prompts with few evaluations.
 *
 * @throws InvalidArgumentError when there is nothing to choose from or to measure on; BudgetError when the budget is
 * too small; ConflictError when another process writes the study.
 * @example
 * const result = await optimize({ prompts, examples, evaluate, budget: { evaluations: 1000 }, seed: 1 })
 * result.winner.text // 'Think step by step, then name the label.'
 * result.winner.interval[0] > 0.5 // true
 */
export async function optimize<Example>(given: OptimizeOptions<Example>): Promise<RunResult> {
  const start = given.prompt ?? given.baseline
  const options = start === undefined ? given : { ...given, baseline: start }
  const { examples, holdout = [] } = options
  const budget = checkBudget(options.budget)
  const seed = options.seed ?? 1
  const pool = poolOf(options)
  if (examples.length === 0) throw new InvalidArgumentError('examples is empty; expected at least one')
  const store = options.store ?? createMemoryStore()
  const name = options.study ?? 'optimize'
  const backend = options.backend ?? createBackend()
  const compared = holdoutSize(budget, examples.length, holdout.length, options.baseline === undefined ? 1 : 2)
  const policy = options.policy === undefined ? {} : { policy: options.policy }

  const lease = await store.acquire(name)
  try {
    const stored = await loadStudy(store, name)
    if (stored && stored.state.config.exampleCount !== examples.length) {
      throw new ConflictError(
        `study ${name} was started with ${stored.state.config.exampleCount} examples; these are ${examples.length}`,
        { remedy: 'Name another study.' },
      )
    }
    if (stored) checkConstraints(stored.state.config.constraints, options.constraints, name)
    const baseline = pool.find(
      (candidate) => options.baseline !== undefined && candidateText(candidate) === options.baseline,
    )
    const created: StudyEvent = {
      v: EVENT_VERSION,
      type: 'created',
      budget,
      config: configOf(
        {
          ...policy,
          name,
          seed,
          direction: options.direction ?? 'maximize',
          exampleCount: examples.length,
          holdoutCount: holdout.length,
          holdoutEvaluations: compared * (baseline ? 2 : 1),
          ...(baseline ? { baseline: baseline.id } : {}),
          ...(options.constraints ? { constraints: options.constraints } : {}),
        },
        backend.name,
      ),
    }
    const vectors = options.embed ? await options.embed(pool.map(candidateText)) : []
    const embeddings = new Map(pool.map((candidate, index) => [candidate.id, vectors[index]]))
    const proposers = options.proposers ?? (given.prompt !== undefined && !given.prompts ? 'auto' : 'none')
    const generation =
      proposers === 'none'
        ? undefined
        : generateByFunction({
            proposers,
            examples,
            pool,
            baseline: Math.max(0, baseline ? pool.indexOf(baseline) : 0),
            ...(options.generate ? { generate: options.generate } : {}),
          })
    const environment = environmentOf(policy, backend)
    const asksItself = options.policy === undefined || options.policy === DEFAULT_POLICY
    const study = openStudy(
      stored ?? createFold(created),
      {
        ...environment,
        embedding: (candidate) => embeddings.get(candidate.id),
        ...(generation
          ? { policy: growingPool(environment.policy, { asksItself }), proposers: generation.proposers }
          : {}),
      },
      stored ? [] : [created],
    )
    study.add(pool.filter((candidate) => !study.state.indexById.has(candidate.id)))
    const telemetry = options.tracer && (await import('../engine/telemetry.ts')).createTelemetry(options.tracer)
    const search = {
      study,
      journal: createJournal(study, lease, { store }),
      evaluate: evaluateCell(options, seed),
      concurrency: options.concurrency ?? 8,
      holdoutExamples: compared,
      warnings: sampleSizeWarnings(examples.length, compared),
      ...(generation
        ? {
            generate: (request: GenerationRequest) =>
              generation.generate(request, { study, traces: () => store.traces(name) }),
          }
        : {}),
      ...(options.signal ? { signal: options.signal } : {}),
      ...(options.onProgress ? { onProgress: options.onProgress } : {}),
      ...(telemetry ? { telemetry } : {}),
    }
    const run = () => runSearch(search)
    const conclusion = await (telemetry?.traceRun({ 'krige.study': name }, run) ?? run())
    return resultOf(study.state, conclusion)
  } finally {
    await lease.release()
  }
}

function checkConstraints(before: readonly Constraint[] = [], now: readonly Constraint[] = [], name: string): void {
  const [was, is] = [before, now].map((constraints) => constraints.map(constraintText).join('; ') || 'none')
  if (was === is) return
  throw new ConflictError(`study ${name} was started with other constraints: ${was}, now ${is}`, {
    remedy: 'Name another study.',
  })
}

function poolOf<Example>({ prompts = [], baseline }: OptimizeOptions<Example>): Candidate[] {
  const pool = prompts.map((prompt, index) =>
    typeof prompt === 'string' ? { id: String(index + 1), text: prompt } : prompt,
  )
  if (baseline !== undefined && !pool.some((candidate) => candidateText(candidate) === baseline)) {
    pool.push({ id: 'baseline', text: baseline, origin: { by: 'baseline' } })
  }
  if (pool.length === 0) throw new InvalidArgumentError('prompts is empty; expected at least one')
  const seen = new Map<string, number>()
  pool.forEach((candidate, index) => {
    const key = JSON.stringify([candidateText(candidate), candidate.parameters ?? {}])
    const earlier = seen.get(key)
    if (earlier !== undefined) {
      throw new InvalidArgumentError(`prompts[${index}] repeats prompts[${earlier}]; expected distinct prompts`)
    }
    seen.set(key, index)
  })
  return pool
}

function holdoutSize(budget: Budget, searchExamples: number, available: number, rivals: number): number {
  const total = Math.min(budget.evaluations ?? Number.POSITIVE_INFINITY, budget.calls ?? Number.POSITIVE_INFINITY)
  return Math.min(available, Math.floor(holdoutBudget(total, searchExamples) / rivals))
}

/** One call per cell. The worst case of tokens and money is unknown beforehand, so they are charged as they come. */
function evaluateCell<Example>(
  { evaluate, examples, holdout = [] }: OptimizeOptions<Example>,
  seed: number,
): CellEvaluator {
  return async ({ candidate, example, repeat, stage, signal, reserve }) => {
    const reservation = await reserve(NO_COST)
    if (!reservation) return { failure: failure('budget', 'the budget allows no further call') }
    const shown = (stage === 'search' ? examples : holdout)[example]!
    const started = performance.now()
    let cost = NO_COST
    try {
      const given = await evaluate(candidateText(candidate), shown, {
        candidate,
        index: example,
        repeat,
        seed,
        signal,
      })
      const taken = (typeof given === 'object' ? (given ?? {}) : {}) as Partial<CallCost>
      cost = { ...NO_COST, ...definedCosts(taken) }
      const measured = readMeasurement(given, 'what evaluate returned')
      return { ...measured, metrics: { ...measureCall(taken, performance.now() - started), ...measured.metrics } }
    } catch (error) {
      if (signal.aborted) return { failure: failure('cancelled', 'cancelled while it ran') }
      return { failure: failure('program', error instanceof Error ? error.message : String(error)) }
    } finally {
      reservation.settle(cost)
    }
  }
}

function definedCosts(given: Partial<CallCost>): Partial<CallCost> {
  const costs = (['inputTokens', 'outputTokens', 'usd'] as const).map((key) => [key, given[key]] as const)
  return Object.fromEntries(costs.filter(([, value]) => value !== undefined))
}

/** The measurements that every evaluation has, as far as `evaluate` says what it took. */
function measureCall(taken: Partial<CallCost>, latency: number): Measurements {
  const { inputTokens, outputTokens } = taken
  return {
    calls: 1,
    latency,
    ...definedCosts(taken),
    ...(inputTokens === undefined || outputTokens === undefined ? {} : { tokens: inputTokens + outputTokens }),
  }
}
