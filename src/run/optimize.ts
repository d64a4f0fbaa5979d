/**
 * The library's shortest way: prompts, examples, a function that scores, a budget.
 *
 * @module
 */
import { checkInput } from '../check-input.ts'
import type { GenerationRequest } from '../engine/generation.ts'
import { createJournal } from '../engine/journal.ts'
import { type Leader, leadersOf } from '../engine/leaders.ts'
import { runSearch } from '../engine/search.ts'
import { InvalidArgumentError, InvalidInputError } from '../errors.ts'
import { growingPool } from '../policy/growing-pool.ts'
import { candidateText } from '../prompt/candidate.ts'
import { lostWarnings } from '../prompt/prompt-warnings.ts'
import { stagePlan } from '../proposer/stage-view.ts'
import { loadStudy } from '../store/load-study.ts'
import { createMemoryStore } from '../store/memory-store.ts'
import { configOf, DEFAULT_POLICY, environmentOf } from '../study/create-study.ts'
import { EVENT_VERSION, type StudyEvent } from '../study/events.ts'
import { checkBudget } from '../study/ledger.ts'
import { sampleSizeWarnings } from '../study/sample-size.ts'
import type { StudyState } from '../study/state.ts'
import { createFold } from '../study/state.ts'
import { openStudy } from '../study/study.ts'
import type { Conclusion } from '../study/verdict.ts'
import { openThreadedBackend } from '../threads/open-threaded-backend.ts'
import { embedTexts } from './embed-texts.ts'
import { evaluateByFunction } from './evaluate-by-function.ts'
import { generateByFunction } from './generate-by-function.ts'
import { holdoutSize } from './holdout-budget.ts'
import { endingWithoutCosts, exceededLimits, isLimited, unusedLimits } from './limits-of-costs.ts'
import { type OptimizeOptions, optimizeOptionsSchema } from './optimize-options.ts'
import { answerlessWarnings, baselineOf, overlapWarnings, poolOf, splitOf } from './optimize-pool.ts'
import { DEFAULT_LOOKS } from './plan.ts'
import { type RunResult, resultOf } from './result.ts'
import { checkSameStudy, chosenOf, hashOf, isSameBudget } from './same-study.ts'

export type { EvaluateContext, OptimizeOptions } from './optimize-options.ts'

/** What a search ended with, and every prompt that was measured. */
export interface OptimizeResult extends RunResult {
  /** Best first, by posterior mean. */
  readonly ranking: readonly Leader[]
}

/**
 * Finds the best of many prompts with few evaluations.
 *
 * @throws InvalidArgumentError when there is nothing to choose from or to measure on; BudgetError when the budget is
 * too small; ConflictError when another process writes the study, or it was begun with something else.
 * @example
 * const result = await optimize({ prompts, examples, evaluate, budget: { evaluations: 1000 }, seed: 1 })
 * result.winner.text // 'Think step by step, then name the label.'
 * result.winner.interval[0] > 0.5 // true
 */
export async function optimize<Example>(given: OptimizeOptions<Example>): Promise<OptimizeResult> {
  checkInput<unknown>(optimizeOptionsSchema, given, '')
  if (given.prompt !== undefined && given.baseline !== undefined && given.prompt !== given.baseline) {
    throw new InvalidArgumentError('prompt and baseline differ; expected one of them, each is the prompt to beat', {
      remedy: 'Put the other among the prompts.',
    })
  }
  const start = given.prompt ?? given.baseline
  const options = start === undefined ? given : { ...given, baseline: start }
  if (options.examples.length === 0) throw new InvalidArgumentError('examples is empty; expected at least one')
  const limits = checkBudget(options.budget)
  const store = options.store ?? createMemoryStore()
  const name = options.study ?? 'optimize'
  const backend = options.backend ?? (await openThreadedBackend())
  const finalists = options.baseline === undefined ? 1 : 2
  const proposers = options.proposers ?? (given.prompt !== undefined && !given.prompts ? 'auto' : 'none')
  const grows = proposers !== 'none'
  const { length: size } = poolOf(options)
  options.signal?.throwIfAborted()

  const lease = await store.acquire(name)
  try {
    const stored = await loadStudy(store, name)
    const { seed, ...policy } = chosenOf(options, stored?.state.config)
    const [examples, holdout] = splitOf(options, seed)
    // A pool that grows has no end of its own.
    const isEndless = grows && !Object.values(limits).some(isLimited)
    const budget = isEndless ? { ...limits, evaluations: DEFAULT_LOOKS * examples.length } : limits
    const compared = holdoutSize({
      total: Math.min(budget.evaluations ?? Number.POSITIVE_INFINITY, budget.calls ?? Number.POSITIVE_INFINITY),
      searchExamples: examples.length,
      available: holdout.length,
      finalists,
      everything: grows ? Number.POSITIVE_INFINITY : size * examples.length,
    })
    const pool = poolOf(options, stored?.state.candidates)
    const baseline = baselineOf(options, pool)
    const stages = stagePlan(undefined, Object.keys((baseline ?? pool[0])?.slots ?? {}))
    const config = configOf(
      {
        ...policy,
        name,
        seed,
        direction: options.direction ?? 'maximize',
        exampleCount: examples.length,
        holdoutCount: holdout.length,
        holdoutEvaluations: compared * finalists,
        fingerprint: { examples: hashOf(examples), holdout: hashOf(holdout) },
        ...(baseline ? { baseline: baseline.id } : {}),
        ...(stages ? { stages: stages.rewritable } : {}),
        ...(options.constraints ? { constraints: options.constraints } : {}),
        ...(options.prefer ? { prefer: options.prefer } : {}),
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
    const embeddings = await embedTexts({ ...options, ...policy }, pool)
    const generation = grows
      ? generateByFunction({
          proposers,
          examples,
          pool,
          baseline: Math.max(0, baseline ? pool.indexOf(baseline) : 0),
          description: options.description,
          preserve: options.preserve,
          ...(options.generate ? { generate: options.generate } : {}),
        })
      : undefined
    const environment = environmentOf(policy, backend)
    const asksItself = policy.policy === DEFAULT_POLICY
    const study = openStudy(
      stored ?? createFold(created),
      {
        ...environment,
        embedding: (candidate) => embeddings.get(candidateText(candidate)),
        ...(generation
          ? {
              policy: growingPool(environment.policy, { asksItself }),
              proposers: generation.proposers,
              program: generation.program,
            }
          : {}),
      },
      stored ? [] : [created],
    )
    const fresh = pool.filter((candidate) => !study.state.indexById.has(candidate.id))
    study.add(fresh)
    const raised = stored !== undefined && !isSameBudget(study.state.ledger.limits, budget)
    if (raised) study.setBudget(budget, compared * finalists)
    const { conclusion: earlier } = study.state
    if (earlier && !raised && fresh.length === 0) return rankedResult(study.state, earlier)
    const telemetry = options.tracer && (await import('../engine/telemetry.ts')).createTelemetry(options.tracer)
    const said = new Set<string>()
    const evaluate = evaluateByFunction({ ...options, examples, holdout }, seed, said)
    const search = {
      study,
      journal: createJournal(study, lease, { store }),
      evaluate: grows ? endingWithoutCosts(evaluate, budget, said) : evaluate,
      concurrency: options.concurrency ?? 8,
      holdoutExamples: compared,
      warnings: [
        ...(options.generate && !grows
          ? ["generate is not asked: no proposer writes prompts. Set proposers: 'auto'."]
          : []),
        ...(isEndless ? [`No budget is set: the search stops after ${budget.evaluations} evaluations.`] : []),
        ...answerlessWarnings(proposers, examples),
        ...(grows ? lostWarnings(options.preserve, pool) : []),
        ...sampleSizeWarnings(examples.length, compared),
        ...(compared > 0 ? overlapWarnings(examples, holdout) : []),
      ],
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
    return rankedResult(study.state, conclusion, unusedLimits(study.state.ledger, said))
  } finally {
    await lease.release()
  }
}

function rankedResult(state: StudyState, conclusion: Conclusion, warnings: readonly string[] = []): OptimizeResult {
  return {
    ...resultOf(state, conclusion),
    warnings: [...conclusion.warnings, ...exceededLimits(state.ledger), ...warnings],
    ranking: leadersOf(state, conclusion, Number.POSITIVE_INFINITY),
  }
}
