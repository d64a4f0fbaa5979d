/**
 * Joins everything a run needs: task, embedder, evaluator, store, policy.
 *
 * @module
 */
import { checkInput, showValue as showInput } from '../check-input.ts'
import { followJournal } from '../engine/follow-journal.ts'
import type { GenerationRequest } from '../engine/generation.ts'
import { createJournal } from '../engine/journal.ts'
import { runSearch } from '../engine/search.ts'
import { ConflictError, InvalidArgumentError, InvalidInputError } from '../errors.ts'
import type { ResponseKind } from '../history/comparison.ts'
import { comparisonPolicy } from '../policy/comparison.ts'
import { growingPool } from '../policy/growing-pool.ts'
import type { PolicyFactory } from '../policy/policy.ts'
import type { LearnedPrior } from '../policy/prior/learned-prior.ts'
import { findPolicy, resolvePolicy, STUDY_POLICIES } from '../policy/registry.ts'
import { candidateText } from '../prompt/candidate.ts'
import { showValue } from '../prompt/template.ts'
import { writtenTemplate } from '../prompt/template-messages.ts'
import { loadStudy } from '../store/load-study.ts'
import type { StudyLease } from '../store/store.ts'
import { CUSTOM_POLICY, configOf, DEFAULT_POLICY, environmentOf, usesPrior } from '../study/create-study.ts'
import { EVENT_VERSION, type StudyConfig, type StudyEvent } from '../study/events.ts'
import { createFold } from '../study/state.ts'
import { openStudy, type Study } from '../study/study.ts'
import type { Task } from '../task/task.ts'
import { priorHistories } from './earlier-study.ts'
import { evaluateTaskCell } from './evaluate-task-cell.ts'
import { hideTexts, revealTexts } from './hide-texts.ts'
import { makePlan, type Plan } from './plan.ts'
import { type GenerationContext, stagesOf } from './proposing.ts'
import { type RunResult, resultOf } from './result.ts'
import { embedAll, embedding, embedTexts } from './run-embeddings.ts'
import { type RunTaskOptions, runTaskOptionsSchema } from './run-task-options.ts'
import { checkSamePolicyOptions, isSameBudget } from './same-study.ts'
import { checkSamePrior, checkSameStudy, fingerprintOf, syncPool } from './same-task.ts'
import { watchAnswers } from './watch-answers.ts'

export type { LiveStudy, RunTaskOptions } from './run-task-options.ts'

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
  checkInput<unknown>(runTaskOptionsSchema, options, '')
  checkEvaluator(options.evaluator)
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
    const fingerprint = fingerprintOf(task, evaluator, embedder, options.priors)
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
    const given = policyOptionsOf(options, wanted.policy)
    const policyOptions = config ? config.policyOptions : given
    const prior = priorOf(options, wanted.policy)
    if (config) {
      checkSameStudy(config, { ...fingerprint }, { ...wanted, space: task.space })
      checkSamePrior(config, prior)
      if (options.policyOptions) checkSamePolicyOptions(config, given)
      const baseline = task.baseline === undefined ? undefined : task.pool[task.baseline]!.id
      if (config.baseline !== baseline) {
        throw new ConflictError(
          `study ${name} was started with ${config.baseline === undefined ? 'no baseline' : `baseline ${config.baseline}`}; now it is ${baseline ?? 'none'}`,
          { remedy: 'Restore the baseline, or start another study (--study NAME, or study in code).' },
        )
      }
    }
    checkPolicy(wanted, policyOptions)
    const embeddings = await embedAll(options, embedder, stored)
    const fresh = stored
      ? undefined
      : createdEvent(task, name, plan, fingerprint, {
          ...wanted,
          backend: backend.name,
          command: options.command,
          prior,
          policyOptions,
        })
    if (fresh) log?.push(fresh)
    const fold = stored ?? createFold(fresh!)
    const study = openStudy(
      fold,
      {
        ...growing(
          environmentOf(
            { policy: options.policy ?? wanted.policy, ...(policyOptions ? { policyOptions } : {}) },
            backend,
            log,
          ),
          wanted,
        ),
        embedding: (candidate) => embeddings.get(candidateText(candidate)),
        priors: priorHistories(options.priors ?? [], embeddings),
        ...(options.generation ? { proposers: options.generation.proposers, program: options.generation.program } : {}),
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
        `Study ${name} is complete: nothing was run. Raise the budget to go on, or start another study (--study NAME, or study in code).`,
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
    const watch = watchAnswers(task.sampling.maxOutputTokens, {
      stages: new Map(task.program?.stages.map((stage) => [stage.name, stage.sampling.maxOutputTokens])),
      ...(task.evaluate === undefined || task.limits?.calls !== undefined
        ? {}
        : { plannedCalls: plan.callsPerEvaluation }),
    })
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

/** A study goes on with the same evaluator only, which is told by its id. */
function checkEvaluator({ id, concurrency = 1 }: Partial<RunTaskOptions['evaluator']>): void {
  if (typeof id !== 'string' || id.trim() === '') {
    throw new InvalidArgumentError(
      `evaluator.id is ${id === undefined ? 'missing' : showInput(id)}; expected a text that changes whenever its scores may`,
      { remedy: "Name what they depend on, such as id: 'rubric 2, gpt-5-mini'." },
    )
  }
  if (!Number.isInteger(concurrency) || concurrency < 1) {
    throw new InvalidArgumentError(
      `evaluator.concurrency is ${showInput(concurrency)}; expected a whole number of at least 1`,
    )
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
function checkPolicy({ policy, response }: WantedPolicy, options: StudyConfig['policyOptions']): void {
  const known = findPolicy(policy)
  if (known) resolvePolicy(policy, options, STUDY_POLICIES)
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

/** What the caller says; and where answers come in batches, `krige` plans rounds for them. */
function policyOptionsOf(
  { evaluator: { batch }, policyOptions }: RunTaskOptions,
  policy: string,
): StudyConfig['policyOptions'] {
  const options = { ...(policy === DEFAULT_POLICY && batch !== undefined ? { batch } : {}), ...policyOptions }
  return Object.keys(options).length > 0 ? options : undefined
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
    policyOptions: StudyConfig['policyOptions']
  },
): StudyEvent {
  const stages = stagesOf(task)
  const config = configOf(
    {
      name,
      policy: wanted.policy,
      ...(wanted.policyOptions ? { policyOptions: wanted.policyOptions } : {}),
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
    config: {
      ...config,
      space: task.space,
      ...(task.template ? { template: writtenTemplate(task.template, task.examples[0]) } : {}),
    },
    budget: plan.budget,
    ...(wanted.command === undefined ? {} : { command: wanted.command }),
  }
}

function updateBudget(study: Study, { budget, holdoutEvaluations }: Plan, command: string | undefined): boolean {
  const before = study.state.ledger.limits
  if (isSameBudget(before, budget)) return false
  study.setBudget(budget, holdoutEvaluations, command)
  return true
}
