/**
 * The library's shortest way: prompts, examples, a function that scores, a budget.
 *
 * @module
 */
import { createHash } from 'node:crypto'
import type { Tracer } from '@opentelemetry/api'
import * as z from 'zod'
import { checkInput, functionSchema, objectWith, showValue } from '../check-input.ts'
import { checkVectors } from '../embedding/check-vectors.ts'
import type { Embedder } from '../embedding/embedder.ts'
import { openEmbedder } from '../embedding/open-embedder.ts'
import type { CellEvaluator } from '../engine/cell.ts'
import type { GenerationRequest } from '../engine/generation.ts'
import { createJournal } from '../engine/journal.ts'
import { runSearch, type SearchProgress } from '../engine/search.ts'
import { ConflictError, InvalidArgumentError, InvalidInputError } from '../errors.ts'
import { type Constraint, constraintSchema, constraintText } from '../history/constraint.ts'
import { failure } from '../history/failure.ts'
import {
  type MeasurementInput,
  type Measurements,
  readMeasurement,
  type WrittenMeasurement,
} from '../history/measurement.ts'
import { createBackend } from '../numerics/linalg/create-backend.ts'
import { createRandom } from '../numerics/random/index.ts'
import { growingPool } from '../policy/growing-pool.ts'
import type { PolicyContext, PolicyFactory } from '../policy/policy.ts'
import type { LearnedPrior } from '../policy/prior/learned-prior.ts'
import { type Candidate, candidateText, isBlank } from '../prompt/candidate.ts'
import type { ProposerSpecification } from '../proposer/registry.ts'
import { stagePlan } from '../proposer/stage-view.ts'
import { loadStudy } from '../store/load-study.ts'
import { createMemoryStore } from '../store/memory-store.ts'
import type { Store } from '../store/store.ts'
import { configOf, DEFAULT_POLICY, environmentOf } from '../study/create-study.ts'
import { type Direction, directionSchema, EVENT_VERSION, type StudyConfig, type StudyEvent } from '../study/events.ts'
import { type Budget, type CallCost, checkBudget, checkCost, NO_COST } from '../study/ledger.ts'
import { sampleSizeWarnings } from '../study/sample-size.ts'
import { createFold, type StudyState } from '../study/state.ts'
import { openStudy } from '../study/study.ts'
import { type Generate, generateByFunction } from './generate-by-function.ts'
import { holdoutSize } from './holdout-budget.ts'
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
  /**
   * Examples for the final comparison, never shown to the search; measuring them comes out of the same budget.
   *
   * @defaultValue with a baseline and 20 examples or more, half of the examples, drawn by the seed; else none
   */
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
  /**
   * Opens vectors for prompts, which let the policy learn from similar ones: `auto`, `none`, what {@link openEmbedder}
   * takes, or an embedder.
   *
   * @defaultValue 'auto' for the default policy from 16 prompts on, else 'none'
   */
  readonly embedder?: string | Pick<Embedder, 'embed'>
  /** Unit vectors of the texts it is given, in order, instead of an embedder's. */
  readonly embed?: (texts: readonly string[]) => Promise<readonly Float64Array[]>
  /** What `krige learn` made of other tasks. @defaultValue nothing, or what the study was started with */
  readonly prior?: LearnedPrior
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
  checkInput<unknown>(optionsSchema, given, '')
  const start = given.prompt ?? given.baseline
  const options = start === undefined ? given : { ...given, baseline: start }
  if (options.examples.length === 0) throw new InvalidArgumentError('examples is empty; expected at least one')
  const budget = checkBudget(options.budget)
  const seed = options.seed ?? 1
  const [examples, holdout] = splitOf(options, seed)
  const store = options.store ?? createMemoryStore()
  const name = options.study ?? 'optimize'
  const backend = options.backend ?? createBackend()
  const rivals = options.baseline === undefined ? 1 : 2
  const proposers = options.proposers ?? (given.prompt !== undefined && !given.prompts ? 'auto' : 'none')
  const compared = holdoutSize({
    total: Math.min(budget.evaluations ?? Number.POSITIVE_INFINITY, budget.calls ?? Number.POSITIVE_INFINITY),
    searchExamples: examples.length,
    available: holdout.length,
    rivals,
    everything: proposers === 'none' ? poolOf(options).length * examples.length : Number.POSITIVE_INFINITY,
  })
  const policy = options.policy === undefined ? {} : { policy: options.policy }
  options.signal?.throwIfAborted()

  const lease = await store.acquire(name)
  try {
    const stored = await loadStudy(store, name)
    const pool = poolOf(options, stored?.state.candidates)
    const baseline = pool.find(
      (candidate) => options.baseline !== undefined && candidateText(candidate) === options.baseline,
    )
    const stages = stagePlan(undefined, Object.keys((baseline ?? pool[0])?.slots ?? {}))
    const config = configOf(
      {
        ...policy,
        name,
        seed,
        direction: options.direction ?? 'maximize',
        exampleCount: examples.length,
        holdoutCount: holdout.length,
        holdoutEvaluations: compared * rivals,
        fingerprint: { examples: hashOf(examples), holdout: hashOf(holdout) },
        ...(baseline ? { baseline: baseline.id } : {}),
        ...(stages ? { stages: stages.rewritable } : {}),
        ...(options.constraints ? { constraints: options.constraints } : {}),
        ...(options.prior === undefined ? {} : { prior: options.prior }),
      },
      backend.name,
    )
    if (config.response === 'comparison') {
      throw new InvalidInputError(`policy ${config.policy} compares prompts, and evaluate scores one`, {
        remedy: 'Leave out policy, or use a task whose metric is pairwise-judge.',
      })
    }
    if (stored) checkSameStudy(stored.state, config, pool)
    const created: StudyEvent = { v: EVENT_VERSION, type: 'created', budget, config }
    const embeddings = await embedAll(options, pool)
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
        embedding: (candidate) => embeddings.get(candidateText(candidate)),
        ...(generation
          ? { policy: growingPool(environment.policy, { asksItself }), proposers: generation.proposers }
          : {}),
      },
      stored ? [] : [created],
    )
    const fresh = pool.filter((candidate) => !study.state.indexById.has(candidate.id))
    study.add(fresh)
    const raised = stored !== undefined && !isSame(study.state.ledger.limits, budget)
    if (raised) study.setBudget(budget, compared * rivals)
    const { conclusion: earlier } = study.state
    if (earlier && !raised && fresh.length === 0) return resultOf(study.state, earlier)
    const telemetry = options.tracer && (await import('../engine/telemetry.ts')).createTelemetry(options.tracer)
    const search = {
      study,
      journal: createJournal(study, lease, { store }),
      evaluate: evaluateCell({ ...options, examples, holdout }, seed),
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

/** What must not change between two runs of a study, by name. */
function checkSameStudy({ config, candidates }: StudyState, now: StudyConfig, pool: readonly Candidate[]): void {
  const partsOf = ({ seed, direction, policy, exampleCount, baseline, constraints, fingerprint }: StudyConfig) => ({
    constraints: (constraints ?? []).map(constraintText).join('; ') || 'none',
    seed,
    direction,
    policy,
    examples: fingerprint['examples'] ?? exampleCount,
    holdout: fingerprint['holdout'] ?? 'none',
    baseline: baseline ?? 'none',
  })
  if (now.prior !== undefined && JSON.stringify(config.prior) !== JSON.stringify(now.prior)) {
    throw new ConflictError(`study ${config.name} was started with ${config.prior ? 'another' : 'no'} prior`, {
      remedy: 'Leave the prior out to go on as it began, or name another study.',
    })
  }
  const before = partsOf(config)
  const wanted = partsOf(now)
  if (config.exampleCount !== now.exampleCount) {
    throw new ConflictError(
      `study ${config.name} was started with ${config.exampleCount} examples; these are ${now.exampleCount}`,
      { remedy: 'Name another study.' },
    )
  }
  // Studies of earlier versions kept no hashes.
  const keys = (Object.keys(before) as (keyof typeof before)[]).filter(
    (key) => config.fingerprint['examples'] !== undefined || (key !== 'examples' && key !== 'holdout'),
  )
  const differing = keys.filter((key) => before[key] !== wanted[key])
  if (differing.length > 0) {
    const details = differing.map((key) => `other ${key}: ${before[key]}, now ${wanted[key]}`)
    throw new ConflictError(`study ${config.name} was started with ${details.join('; ')}`, {
      remedy: 'Name another study.',
    })
  }
  const known = new Map(pool.map((candidate) => [candidate.id, candidate]))
  for (const kept of candidates) {
    const given = known.get(kept.id)
    if (given && contentOf(given) === contentOf(kept)) continue
    if (!given && (kept.origin?.by === 'policy' || kept.origin?.by === 'proposer')) continue
    throw new ConflictError(
      `prompt ${kept.id} of study ${config.name} was ${given ? 'changed' : 'removed'} since it began: ${showValue(candidateText(kept))}`,
      { remedy: 'Keep the prompts it was started with, add new ones behind them, or name another study.' },
    )
  }
}

function isSame(a: Budget, b: Budget): boolean {
  const known = ['evaluations', 'calls', 'inputTokens', 'outputTokens', 'tokens', 'usd'] as const
  return known.every((key) => (a[key] ?? Number.POSITIVE_INFINITY) === (b[key] ?? Number.POSITIVE_INFINITY))
}

/** Examples may be anything; what JSON cannot say does not tell them apart. */
function hashOf(values: readonly unknown[]): string {
  let text: string
  try {
    text = JSON.stringify(values)
  } catch {
    text = String(values.length)
  }
  return createHash('sha256').update(text).digest('hex').slice(0, 16)
}

/** With a baseline and as many examples as this, half are held out unless the caller says which. */
const ENOUGH_TO_SPLIT = 20

function splitOf<Example>(options: OptimizeOptions<Example>, seed: number): [readonly Example[], readonly Example[]] {
  const { examples, holdout, baseline } = options
  if (holdout !== undefined || baseline === undefined || examples.length < ENOUGH_TO_SPLIT) {
    return [examples, holdout ?? []]
  }
  const order = createRandom(seed).split('holdout').permutation(examples.length)
  const half = Math.ceil(examples.length / 2)
  const pick = (indices: ArrayLike<number>) => Array.from(indices, (index) => examples[index]!)
  return [pick(order.slice(0, half)), pick(order.slice(half))]
}

function contentOf(candidate: Candidate): string {
  const parameters = Object.entries(candidate.parameters ?? {}).sort(([a], [b]) => (a < b ? -1 : 1))
  return JSON.stringify([candidateText(candidate), candidate.slots ?? null, parameters])
}

/** The prompts as candidates. A text has the id of its place, or on a resume the one that it had. */
function poolOf<Example>(
  { prompts = [], baseline }: OptimizeOptions<Example>,
  stored: readonly Candidate[] = [],
): Candidate[] {
  const storedIds = new Map(stored.map((candidate) => [contentOf(candidate), candidate.id]))
  const taken = new Set([...stored, ...prompts.filter((prompt) => typeof prompt === 'object')].map(({ id }) => id))
  const freeId = (wanted: string) => {
    let id = wanted
    for (let number = 2; taken.has(id); number++) id = `${wanted}-${number}`
    taken.add(id)
    return id
  }
  const pool = prompts.map((prompt, index): Candidate => {
    if (typeof prompt === 'object') return prompt
    const id = storedIds.get(contentOf({ id: '', text: prompt })) ?? freeId(String(index + 1))
    return { id, text: prompt }
  })
  if (baseline !== undefined && !pool.some((candidate) => candidateText(candidate) === baseline)) {
    const id = storedIds.get(contentOf({ id: '', text: baseline })) ?? freeId('baseline')
    pool.push({ id, text: baseline, origin: { by: 'baseline' } })
  }
  if (pool.length === 0) throw new InvalidArgumentError('prompts is empty; expected at least one')
  const seen = new Map<string, number>()
  pool.forEach((candidate, index) => {
    if (isBlank(candidate)) {
      const what = index < prompts.length ? `prompts[${index}]` : 'baseline'
      throw new InvalidArgumentError(`${what} is empty; expected a text`)
    }
    const key = contentOf(candidate)
    const earlier = seen.get(key)
    if (earlier !== undefined) {
      throw new InvalidArgumentError(`prompts[${index}] repeats prompts[${earlier}]; expected distinct prompts`)
    }
    seen.set(key, index)
  })
  return pool
}

/** Below, every prompt gets measured soon, and an embedder is not worth opening. */
const ENOUGH_TO_EMBED = 16

/** Vectors of the prompts, by text: the caller's, or by an embedder that is opened here. */
async function embedAll<Example>(
  { embed, embedder = 'auto', policy = DEFAULT_POLICY, signal }: OptimizeOptions<Example>,
  pool: readonly Candidate[],
): Promise<ReadonlyMap<string, Float64Array>> {
  const texts = [...new Set(pool.map(candidateText))].filter((text) => text !== '')
  if (
    !embed &&
    (embedder === 'none' || (embedder === 'auto' && !(policy === DEFAULT_POLICY && pool.length >= ENOUGH_TO_EMBED)))
  ) {
    return new Map()
  }
  const opened = embed || typeof embedder === 'object' ? undefined : await openEmbedder(embedder)
  try {
    const source = typeof embedder === 'object' ? embedder : opened
    const vectors = embed ? await embed(texts) : await source!.embed(texts, signal ? { signal } : {})
    checkVectors(vectors, texts.length, embed ? 'embed' : (opened?.id ?? 'embedder'))
    return new Map(texts.map((text, index) => [text, vectors[index]!]))
  } finally {
    await opened?.close()
  }
}

const optionsSchema = z.strictObject({
  prompts: z
    .array(
      z.union([
        z.string().min(1),
        z.custom<Candidate>((given) => isCandidate(given), 'expected a text, or { id, text }'),
      ]),
    )
    .optional(),
  prompt: z.string().min(1).optional(),
  proposers: z.union([z.string(), z.array(z.unknown())]).optional(),
  generate: functionSchema.optional(),
  examples: z.array(z.unknown()),
  evaluate: functionSchema,
  budget: z.unknown().optional(),
  seed: z.int().optional(),
  baseline: z.string().min(1).optional(),
  holdout: z.array(z.unknown()).optional(),
  direction: directionSchema.optional(),
  constraints: z.array(constraintSchema).optional(),
  policy: z.union([z.string(), functionSchema]).optional(),
  concurrency: z.int().min(1).optional(),
  embed: functionSchema.optional(),
  embedder: z.union([z.string().min(1), objectWith('embed')]).optional(),
  prior: z.unknown().optional(),
  store: objectWith('acquire').optional(),
  study: z.string().min(1).optional(),
  backend: objectWith('workspace').optional(),
  signal: z.instanceof(AbortSignal).optional(),
  onProgress: functionSchema.optional(),
  tracer: objectWith('startActiveSpan').optional(),
} satisfies Record<keyof OptimizeOptions<unknown>, z.ZodType>)

function isCandidate(given: unknown): boolean {
  if (typeof given !== 'object' || given === null) return false
  const { id, text, slots } = given as Partial<Candidate>
  return typeof id === 'string' && (typeof text === 'string' || (typeof slots === 'object' && slots !== null))
}

/** Settles when the signal aborts, whether or not the work ever does. */
async function orAborted<Result>(work: Promise<Result> | Result, signal: AbortSignal): Promise<Result> {
  let stop = () => {}
  const aborted = new Promise<never>((_, reject) => {
    stop = () => reject(signal.reason)
    signal.addEventListener('abort', stop, { once: true })
  })
  try {
    return await Promise.race([work, aborted])
  } finally {
    signal.removeEventListener('abort', stop)
  }
}

/** One call per cell. The worst case of tokens and money is unknown beforehand, so they are charged as they come. */
function evaluateCell<Example>(
  { evaluate, examples, holdout = [] }: OptimizeOptions<Example>,
  seed: number,
): CellEvaluator {
  return async ({ candidate, example, repeat, split, signal, reserve }) => {
    const reservation = await reserve(NO_COST)
    if (!reservation) return { failure: failure('budget', 'the budget allows no further call') }
    const shown = (split === 'search' ? examples : holdout)[example]!
    const started = performance.now()
    let cost = NO_COST
    try {
      const context = { candidate, index: example, repeat, seed, signal }
      const given = await orAborted(evaluate(candidateText(candidate), shown, context), signal)
      const taken = (typeof given === 'object' ? (given ?? {}) : {}) as Partial<CallCost>
      const told = { ...NO_COST, ...definedCosts(taken) }
      checkCost(told, 'what evaluate returned')
      cost = told
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
