/**
 * Joins everything a run needs: task, embedder, evaluator, store, policy.
 *
 * @module
 */
import { createHash } from 'node:crypto'
import * as z from 'zod'
import { checkInput, functionSchema, objectWith } from '../check-input.ts'
import { checkVectors } from '../embedding/check-vectors.ts'
import type { Embedder } from '../embedding/embedder.ts'
import { type FollowedJournal, followJournal } from '../engine/follow-journal.ts'
import type { GenerateCandidates, GenerationRequest } from '../engine/generation.ts'
import type { Hold } from '../engine/hold.ts'
import { createJournal } from '../engine/journal.ts'
import { runSearch, type SearchProgress } from '../engine/search.ts'
import type { Telemetry } from '../engine/telemetry.ts'
import { ConflictError, InvalidInputError } from '../errors.ts'
import type { Evaluator } from '../evaluation/evaluator.ts'
import { publicModelName } from '../evaluation/models/model-name.ts'
import type { ResponseKind } from '../history/comparison.ts'
import { constraintText } from '../history/constraint.ts'
import { comparisonPolicy } from '../policy/comparison.ts'
import { growingPool } from '../policy/growing-pool.ts'
import type { PolicyContext, PolicyFactory } from '../policy/policy.ts'
import { type LearnedPrior, parsePrior } from '../policy/prior/learned-prior.ts'
import { findPolicy } from '../policy/registry.ts'
import { type Candidate, candidateText } from '../prompt/candidate.ts'
import { showValue } from '../prompt/template.ts'
import { loadStudy } from '../store/load-study.ts'
import type { Store, StudyLease } from '../store/store.ts'
import { configOf, DEFAULT_POLICY, environmentOf, usesPrior } from '../study/create-study.ts'
import { EVENT_VERSION, type StudyConfig, type StudyEvent } from '../study/events.ts'
import type { Budget } from '../study/ledger.ts'
import { createFold, type StudyFold } from '../study/state.ts'
import { openStudy, type Study } from '../study/study.ts'
import type { Task } from '../task/task.ts'
import { type EarlierStudy, priorHistories } from './earlier-study.ts'
import { evaluateTaskCell } from './evaluate-task-cell.ts'
import { hideTexts, revealTexts } from './hide-texts.ts'
import { makePlan, type Plan } from './plan.ts'
import type { PriceOf } from './prices.ts'
import { type Generating, type GenerationContext, stagesOf } from './proposing.ts'
import { type RunResult, resultOf } from './result.ts'
import { watchAnswers } from './watch-answers.ts'

/** How a study names a policy that is no registered one. */
const CUSTOM_POLICY = 'custom'

/** A study that is running in this process. */
export interface LiveStudy {
  readonly study: Study
  /** Every event of the study, in order. */
  readonly log: readonly StudyEvent[]
  readonly journal: FollowedJournal
  /** The input of a search example, as its template shows it. */
  inputOf(example: number): string
  /** Texts a policy may see from now on: a prompt is made known before it joins the pool. */
  introduce(texts: readonly string[]): Promise<void>
}

export interface RunTaskOptions {
  readonly task: Task
  readonly evaluator: Evaluator
  /**
   * Makes the embedder, told which one the study was started with. `undefined`: none, the policy sees prompts only
   * through views that need no model.
   */
  readonly embedder: (recorded: string | undefined) => Promise<Embedder | undefined>
  readonly store: Store
  /** Opens the numeric backend, told which one the study was started with. */
  readonly backend: (recorded: string | undefined) => Promise<PolicyContext['backend']>
  readonly priceOf: PriceOf
  /** @defaultValue the name of the task */
  readonly name?: string
  /** @defaultValue 'krige', or what the study was started with */
  readonly policy?: string | PolicyFactory
  /** @defaultValue 1, or what the study was started with */
  readonly seed?: number
  readonly priors?: readonly EarlierStudy[]
  /** What was learned on other tasks. @defaultValue the task's, or what the study was started with */
  readonly prior?: LearnedPrior
  /** How this run was asked for: the log keeps it, for reports. No secrets. */
  readonly command?: string
  /** Whether the log keeps the texts of prompts; otherwise only hashes. @defaultValue true */
  readonly storeText?: boolean
  /** Makes candidates for `generate` actions of the policy. @defaultValue none */
  readonly generation?: Generating
  /** Cells in flight; a function is asked whenever there is room for one more. @defaultValue what the evaluator says */
  readonly concurrency?: number | (() => number)
  readonly signal?: AbortSignal
  readonly onPlan?: (plan: Plan, resumed: boolean) => void
  readonly onProgress?: (progress: SearchProgress) => void
  readonly onNotice?: (notice: string) => void
  /** Told of the study once it is open: for those who watch it and have a say. */
  readonly onOpen?: (live: LiveStudy) => void
  /** Nothing starts while it holds. @defaultValue nothing does */
  readonly hold?: Hold
  /** Spans for the run, its decisions and cells. @defaultValue none */
  readonly telemetry?: Telemetry
}

const optionsSchema = z.strictObject({
  task: z.looseObject({ pool: z.array(z.unknown()) }, 'expected a task, as defineTask or loadTask give it'),
  evaluator: objectWith('evaluate', 'estimate'),
  embedder: functionSchema,
  store: objectWith('acquire'),
  backend: functionSchema,
  priceOf: functionSchema,
  name: z.string().min(1).optional(),
  policy: z.union([z.string(), functionSchema]).optional(),
  seed: z.int().optional(),
  priors: z.array(z.unknown()).optional(),
  prior: z.unknown().optional(),
  command: z.string().optional(),
  storeText: z.boolean().optional(),
  generation: objectWith('generate').optional(),
  concurrency: z.union([z.int().positive(), functionSchema]).optional(),
  signal: z.instanceof(AbortSignal).optional(),
  onPlan: functionSchema.optional(),
  onProgress: functionSchema.optional(),
  onNotice: functionSchema.optional(),
  onOpen: functionSchema.optional(),
  hold: objectWith('pause').optional(),
  telemetry: objectWith('traceRun').optional(),
} satisfies Record<keyof RunTaskOptions, z.ZodType>)

/**
 * Runs a task's study, or takes it up where it stopped. A study that is complete is not run again: its result is
 * returned.
 *
 * @throws ConflictError when another process writes the study, or it belongs to another task, model or embedder;
 * BudgetError, InvalidInputError as {@link makePlan}; and as {@link runSearch}.
 * @example
 * const edges = { embedder: async () => undefined, backend: async () => backend, priceOf: createPriceList() }
 * const result = await runTask({ task, evaluator, store: createMemoryStore(), ...edges })
 * result.winner.text // 'Think step by step, then name the label.'
 */
export async function runTask(options: RunTaskOptions): Promise<RunResult> {
  checkInput<unknown>(optionsSchema, options, '')
  const { task, store } = options
  const name = options.name ?? task.name
  const plan = makePlan(task, options.evaluator, options.priceOf, options.generation?.proposers)
  const lease = await store.acquire(name)
  try {
    const run = () => runUnderLease(options, name, plan, lease)
    return await (options.telemetry?.traceRun({ 'krige.study': name }, run) ?? run())
  } finally {
    await lease.release()
  }
}

async function runUnderLease(options: RunTaskOptions, name: string, plan: Plan, lease: StudyLease): Promise<RunResult> {
  const { task, evaluator, store } = options
  const texts = revealTexts(task.pool)
  /** Kept for followers of the study. */
  const log: StudyEvent[] | undefined = options.onOpen && []
  const stored = await loadStudy(store, name, (event) => {
    const revealed = texts.reveal(event)
    log?.push(revealed)
    return revealed
  })
  const config = stored?.state.config
  const backend = await options.backend(config?.backend)
  const embedder = await options.embedder(config?.fingerprint['embedder'])
  try {
    const fingerprint = fingerprintOf(task, evaluator, embedder)
    const wanted = {
      policy:
        typeof options.policy === 'function'
          ? CUSTOM_POLICY
          : policyName(
              options.policy ?? config?.policy ?? (evaluator.compare ? comparisonPolicy.name : DEFAULT_POLICY),
            ),
      response: evaluator.compare ? ('comparison' as const) : ('score' as const),
      seed: options.seed ?? config?.seed ?? 1,
    }
    checkPolicy(wanted)
    const prior = priorOf(options, wanted.policy)
    if (config) {
      checkSameStudy(config, { ...fingerprint }, { ...wanted, space: task.space })
      checkSamePrior(config, prior)
      const baseline = task.baseline === undefined ? undefined : task.pool[task.baseline]!.id
      if (config.baseline !== baseline) {
        throw new ConflictError(
          `study ${name} was started with ${config.baseline === undefined ? 'no baseline' : `baseline ${config.baseline}`}; now it is ${baseline ?? 'none'}`,
          { remedy: 'Restore the baseline, or start another study with --study NAME.' },
        )
      }
    }
    const embeddings = await embedAll(options, embedder, stored)
    const fresh = stored
      ? undefined
      : createdEvent(task, name, plan, fingerprint, {
          ...wanted,
          backend: backend.name,
          command: options.command,
          prior,
        })
    if (fresh) log?.push(fresh)
    const fold = stored ?? createFold(fresh!)
    const study = openStudy(
      fold,
      {
        ...growing(environmentOf({ policy: options.policy ?? wanted.policy }, backend, log), wanted),
        embedding: (candidate) => embeddings.get(candidateText(candidate)),
        priors: priorHistories(options.priors ?? [], embeddings),
        ...(options.generation ? { proposers: options.generation.proposers } : {}),
      },
      fresh ? [fresh] : [],
    )
    syncPool(study, task)
    const changed = stored !== undefined && updateBudget(study, plan, options.command)
    const hidden = options.storeText === false || texts.hidden
    const journal = followJournal(
      createJournal(study, hidden ? hidingTexts(lease) : lease, { keepTraces: !hidden, store }),
      () => study.state.length,
      stored?.state.length ?? 0,
    )
    await journal.commit()
    options.onPlan?.(plan, stored !== undefined)
    const { conclusion: earlier } = study.state
    if (earlier && !changed) {
      options.onNotice?.(
        `Study ${name} is complete: nothing was run. Raise the budget to go on, or start another with --study.`,
      )
      return resultOf(study.state, earlier)
    }
    if (hidden && options.generation) {
      options.onNotice?.(
        'Texts are not kept: once a prompt was proposed, this study cannot be resumed after an interruption.',
      )
    }
    options.onOpen?.({
      study,
      log: log!,
      journal,
      inputOf: (example) => showValue(task.examples[task.split.search[example]!]!.input),
      introduce: (introduced) => embedTexts(introduced, embedder, embeddings),
    })
    const { generation } = options
    const context: GenerationContext = {
      study,
      traces: () => store.traces(name),
      ...(embedder ? { embed: (all: readonly string[]) => embedder.embed(all) } : {}),
    }
    const generate = generation && ((request: GenerationRequest) => generation.generate(request, context))
    const watch = watchAnswers(task.sampling.maxOutputTokens)
    const conclusion = await runSearch({
      study,
      journal,
      evaluate: evaluateTaskCell(task, evaluator, options.priceOf, wanted.seed, watch),
      concurrency: options.concurrency ?? evaluator.concurrency,
      holdoutExamples: plan.holdoutExamples,
      warnings: plan.warnings,
      notes: watch.warnings,
      ...(generate ? { generate: embedding(generate, embedder, embeddings) } : {}),
      ...(options.signal ? { signal: options.signal } : {}),
      ...(options.onProgress ? { onProgress: options.onProgress } : {}),
      ...(options.telemetry ? { telemetry: options.telemetry } : {}),
      ...(options.hold ? { hold: options.hold } : {}),
    })
    return resultOf(study.state, conclusion)
  } finally {
    await embedder?.close()
  }
}

interface WantedPolicy {
  readonly policy: string
  readonly response: ResponseKind
}

/** A name of before is the present one. */
function policyName(name: string): string {
  return findPolicy(name)?.name ?? name
}

/** A judge of pairs has no scores, and other metrics compare nothing. */
function checkPolicy({ policy, response }: WantedPolicy): void {
  const known = findPolicy(policy)
  if (!known || (known.response ?? 'score') === response) return
  const compares = response === 'comparison'
  throw new InvalidInputError(
    compares
      ? `policy ${policy} needs scores, and the metric compares prompts`
      : `policy ${policy} needs a metric that compares`,
    { remedy: compares ? 'Leave out --policy.' : 'Use metric: { name: pairwise-judge, … }, or another policy.' },
  )
}

/** What was learned on other tasks, where the policy looks at it. */
function priorOf({ prior, task, onNotice }: RunTaskOptions, policy: string): LearnedPrior | undefined {
  const given = prior ?? task.prior
  if (given === undefined || usesPrior(policy)) return given
  onNotice?.(`Policy ${policy} learns nothing from a prior; ${DEFAULT_POLICY} does.`)
  return undefined
}

/** A study goes on with the prior it was started with, which its log holds. */
function checkSamePrior({ name, prior: before }: StudyConfig, now: LearnedPrior | undefined): void {
  if (now === undefined || JSON.stringify(before) === JSON.stringify(parsePrior(now))) return
  throw new ConflictError(`study ${name} was started with ${before ? 'another' : 'no'} prior`, {
    remedy: 'Leave the prior out to go on as it began, or start another study with --study NAME.',
  })
}

/** `krige` decides itself when prompts are written; other policies are told. */
function growing<Environment extends { readonly policy: PolicyFactory }>(
  environment: Environment,
  { policy, response }: WantedPolicy,
): Environment {
  return policy === CUSTOM_POLICY || response === 'comparison'
    ? environment
    : { ...environment, policy: growingPool(environment.policy, { asksItself: policy === DEFAULT_POLICY }) }
}

function hidingTexts(lease: StudyLease): Pick<StudyLease, 'append'> {
  return { append: (events, traces) => lease.append(events.map(hideTexts), traces) }
}

function createdEvent(
  task: Task,
  name: string,
  plan: Plan,
  fingerprint: StudyConfig['fingerprint'],
  wanted: WantedPolicy & {
    seed: number
    backend: string
    command: string | undefined
    prior: LearnedPrior | undefined
  },
): StudyEvent {
  const stages = stagesOf(task)
  const config = configOf(
    {
      name,
      policy: wanted.policy,
      response: wanted.response,
      seed: wanted.seed,
      exampleCount: task.split.search.length,
      holdoutCount: task.split.holdout.length,
      holdoutEvaluations: plan.holdoutEvaluations,
      callsPerEvaluation: plan.callsPerEvaluation,
      ...(task.constraints ? { constraints: task.constraints } : {}),
      ...(task.prefer && task.prefer !== 'score' ? { prefer: task.prefer } : {}),
      ...(stages ? { stages: stages.rewritable } : {}),
      ...(wanted.prior ? { prior: wanted.prior } : {}),
      fingerprint,
      ...(task.baseline === undefined ? {} : { baseline: task.pool[task.baseline]!.id }),
    },
    wanted.backend,
  )
  return {
    v: EVENT_VERSION,
    type: 'created',
    config: { ...config, space: task.space },
    budget: plan.budget,
    ...(wanted.command === undefined ? {} : { command: wanted.command }),
  }
}

/** What must not change between two runs of a study, in pieces that can be named when they do. */
function fingerprintOf(task: Task, evaluator: Evaluator, embedder: Embedder | undefined): StudyConfig['fingerprint'] {
  const hash = (value: unknown) => createHash('sha256').update(JSON.stringify(value)).digest('hex').slice(0, 16)
  return {
    task: task.name,
    model: task.model === undefined ? 'program' : publicModelName(task.model),
    metric: task.metric.name,
    sampling: JSON.stringify(task.sampling),
    examples: hash(task.examples),
    split: hash([task.split.search, task.split.holdout]),
    scoring: task.fingerprint.slice(0, 16),
    evaluator: hash(evaluator.id),
    ...(task.constraints ? { constraints: task.constraints.map(constraintText).join('; ') } : {}),
    ...(task.prefer && task.prefer !== 'score' ? { prefer: task.prefer } : {}),
    embedder: embedder?.id ?? 'none',
  }
}

function checkSameStudy(
  config: StudyConfig,
  fingerprint: Readonly<Record<string, string>>,
  wanted: Pick<StudyConfig, 'policy' | 'seed' | 'space'>,
): void {
  const chosen = ({ policy, seed, space }: typeof wanted) => ({
    policy,
    seed: String(seed),
    parameters: JSON.stringify(space),
  })
  const before: Record<string, string> = { ...config.fingerprint, ...chosen(config) }
  const now: Record<string, string> = { ...fingerprint, ...chosen(wanted) }
  const keys = new Set([...Object.keys(now), 'constraints', 'prefer'])
  const differing = [...keys].filter((key) => before[key] !== now[key])
  if (differing.length === 0) return
  const details = differing.map(
    (key) => `${MEANINGS[key] ?? key} was ${before[key] ?? 'absent'}, is ${now[key] ?? 'absent'}`,
  )
  throw new ConflictError(`study ${config.name} was started differently: ${details.join('; ')}`, {
    remedy: 'Start another study with --study NAME, or restore what it was started with.',
  })
}

/** What a reader may not guess of a piece. */
const MEANINGS: Readonly<Record<string, string>> = {
  evaluator: 'the code of the metric or program, or the file of the model (evaluator)',
}

function contentOf(candidate: Candidate): string {
  const parameters = Object.entries(candidate.parameters ?? {}).sort(([a], [b]) => (a < b ? -1 : 1))
  return JSON.stringify([candidateText(candidate), candidate.slots ?? null, parameters])
}

/** Prompts may be added to a study that has begun, never changed or taken away. */
function syncPool(study: Study, task: Task): void {
  const { state } = study
  const known = new Map(task.pool.map((candidate) => [candidate.id, candidate]))
  for (const kept of state.candidates) {
    const now = known.get(kept.id)
    if (now && contentOf(now) === contentOf(kept)) continue
    if (!now && (kept.origin?.by === 'policy' || kept.origin?.by === 'proposer' || kept.origin?.by === 'hand')) continue
    throw new ConflictError(
      `prompt ${kept.id} was ${now ? 'changed' : 'removed'} since study ${state.config.name} began`,
      {
        remedy: 'Give a changed prompt a new id, or start another study with --study NAME.',
      },
    )
  }
  study.add(task.pool.filter((candidate) => !state.indexById.has(candidate.id)))
}

function updateBudget(study: Study, { budget, holdoutEvaluations }: Plan, command: string | undefined): boolean {
  const before = study.state.ledger.limits
  if (JSON.stringify(sorted(before)) === JSON.stringify(sorted(budget))) return false
  study.setBudget(budget, holdoutEvaluations, command)
  return true
}

function sorted(budget: Budget): [string, number][] {
  return Object.entries(budget).sort(([a], [b]) => a.localeCompare(b))
}

/** Gives new candidates their embeddings before a policy sees them. */
function embedding(
  generate: GenerateCandidates,
  embedder: Embedder | undefined,
  embeddings: Map<string, Float64Array>,
): GenerateCandidates {
  if (!embedder) return generate
  return async (request) => {
    const outcome = await generate(request)
    // Not cancelled: the candidates are paid for.
    await embedTexts(
      outcome.candidates.map((candidate) => candidateText({ id: '', ...candidate })),
      embedder,
      embeddings,
    )
    return outcome
  }
}

/** Embeds what has no embedding yet. */
async function embedTexts(
  texts: readonly string[],
  embedder: Embedder | undefined,
  embeddings: Map<string, Float64Array>,
): Promise<void> {
  const unknown = [...new Set(texts)].filter((text) => text !== '' && !embeddings.has(text))
  if (!embedder || unknown.length === 0) return
  const vectors = await embedder.embed(unknown)
  checkVectors(vectors, unknown.length, embedder.id, embedder.dimensions)
  for (const [index, text] of unknown.entries()) embeddings.set(text, vectors[index]!)
}

/** Embeddings of all texts there are, by text. */
async function embedAll(
  { task, priors = [], signal }: RunTaskOptions,
  embedder: Embedder | undefined,
  stored: StudyFold | undefined,
): Promise<Map<string, Float64Array>> {
  if (!embedder) return new Map()
  const candidates = [...task.pool, ...(stored?.state.candidates ?? []), ...priors.flatMap((prior) => prior.candidates)]
  const texts = [...new Set(candidates.map(candidateText))].filter((text) => text !== '')
  const vectors = await embedder.embed(texts, signal ? { signal } : {})
  checkVectors(vectors, texts.length, embedder.id, embedder.dimensions)
  return new Map(texts.map((text, index) => [text, vectors[index]!]))
}
