/**
 * Joins proposers to a study. It shows them the pool with its posterior and its outcomes, and gives them the generator
 * through the budget. The gate looks at what they wrote, and what passed is handed on.
 *
 * @module
 */
import { createHash } from 'node:crypto'
import type { GenerationOutcome, GenerationRequest } from '../engine/generation.ts'
import { assertionsSchema } from '../evaluation/metrics/assertion-options.ts'
import type { RetryOptions } from '../evaluation/retry.ts'
import type { TextModel } from '../evaluation/text-model.ts'
import { type Failure, failure as failureOf, isFatal } from '../history/failure.ts'
import type { Trace, TraceRecord } from '../history/trace.ts'
import { createRandom } from '../numerics/random/random.ts'
import type { ProgramInfo, ProposerInfo } from '../policy/policy.ts'
import type { Candidate } from '../prompt/candidate.ts'
import type { Example, JsonValue } from '../prompt/example.ts'
import { answerFormOf } from '../proposer/answer-form.ts'
import { createGate } from '../proposer/gate/gate.ts'
import { passBack } from '../proposer/pass-back.ts'
import { countByReason, propose } from '../proposer/propose.ts'
import type { Ask, Draft, MeasuredExample, Member, Proposer } from '../proposer/proposer.ts'
import { createPortfolio, createPortfolios, createProposer } from '../proposer/registry.ts'
import { runningStages, type StagePlan, stagePlan, stageView } from '../proposer/stage-view.ts'
import { contentOf, createTaskView, type TaskView } from '../proposer/task-view.ts'
import type { ProposedCandidate } from '../study/new-candidates.ts'
import type { StudyState } from '../study/state.ts'
import type { Study } from '../study/study.ts'
import { readTextFile } from '../task/source.ts'
import type { Task } from '../task/task.ts'
import { askGenerator } from './ask-generator.ts'
import { callCost } from './generator-cost.ts'
import { type GivenProposer, isOwnProposer, ownProposer, ProposerFault } from './own-proposer.ts'
import type { PriceOf } from './prices.ts'

/** What a run tells its proposers. */
export interface GenerationContext {
  readonly study: Study
  /** The texts behind results so far. */
  readonly traces: () => AsyncIterable<readonly TraceRecord[]>
  readonly embed?: (texts: readonly string[]) => Promise<readonly Float64Array[]>
}

/** Who makes candidates for a task. */
export interface Generating {
  readonly proposers: readonly ProposerInfo[]
  /** The task's program, where it has several stages. */
  readonly program?: ProgramInfo
  generate(request: GenerationRequest, context: GenerationContext): Promise<GenerationOutcome>
}

/** What of a task matters to proposers. */
export type ProposedTask = Pick<
  Task,
  'metric' | 'examples' | 'split' | 'pool' | 'baseline' | 'description' | 'template' | 'preserve'
> &
  Partial<Pick<Task, 'sampling' | 'program' | 'evaluate' | 'space' | 'budget'>> & {
    readonly proposers: 'auto' | 'none' | readonly GivenProposer[]
  }

export interface ProposingOptions {
  readonly task: ProposedTask
  /** Writes prompts; without it only proposers that need none take part. */
  readonly generator?: TextModel
  /** For a plan: whether there will be one. @defaultValue whether {@link generator} is given */
  readonly isAsked?: boolean
  readonly priceOf: PriceOf
  /** What a call for so many prompts costs, in evaluations. @defaultValue by tokens, as far as the task tells */
  readonly costOfCall?: (count: number) => number
  readonly retry?: RetryOptions
  readonly redact?: (text: string) => string
}

/**
 * The proposers of a task as one: a sensible choice, or those it names. `undefined`: no prompts are to be written.
 *
 * @throws InvalidInputError when a meta-prompt cannot be read.
 * @example
 * openProposer({ proposers: ['mutate'] })?.needsGenerator // true
 */
export function openProposer({ proposers }: Pick<ProposedTask, 'proposers'>): Proposer | undefined {
  if (proposers === 'none') return undefined
  if (proposers === 'auto') return createPortfolio()
  return createPortfolio(proposers.map(openNamed))
}

function openNamed(written: GivenProposer): Proposer {
  if (isOwnProposer(written)) return ownProposer(written)
  return createProposer(written, (file) => readTextFile(file, 'meta-prompt', 'proposers'))
}

/**
 * What a policy may ask. Either a sensible choice: what costs no call, and apart from it what a generator writes. Or
 * each of those the task names, those with other settings apart.
 */
function armsOf(
  { proposers }: Pick<ProposedTask, 'proposers'>,
  whole: Proposer,
  isAsked: boolean,
): readonly (readonly [name: string, proposer: Proposer])[] {
  if (typeof proposers === 'string') {
    return (isAsked ? createPortfolios() : [whole]).map((arm) => [arm.name, arm] as const)
  }
  const taken = new Map<string, number>()
  const arms = proposers.map(openNamed).map((arm): readonly [string, Proposer] => {
    const count = (taken.get(arm.name) ?? 0) + 1
    taken.set(arm.name, count)
    return [count === 1 ? arm.name : `${arm.name}-${count}`, arm]
  })
  const able = arms.filter(([, arm]) => isAsked || !arm.needsGenerator)
  return able.length > 1 ? able : [[whole.name, whole]]
}

/**
 * Has prompts written for a task; `undefined` where none are to be written.
 *
 * @example
 * createGenerating({ task, priceOf: createPriceList() }) // undefined: this task has a pool, and names no proposer
 */
export function createGenerating(options: ProposingOptions): Generating | undefined {
  const { task, generator, isAsked = generator !== undefined } = options
  const costOfCall = options.costOfCall ?? ((count: number) => callCost(task, generator, count))
  const costOf = (calls: number, count: number) => (calls > 0 ? calls * costOfCall(count / calls) : 0)
  const proposer = openProposer(task)
  if (!proposer) return undefined
  const arms = armsOf(task, proposer, isAsked)
  const whole = viewOf(task)
  const plan = stagesOf(task)
  return {
    ...(plan ? { program: { scored: plan.last, runs: (candidate) => runningStages(plan, candidate) } } : {}),
    proposers: arms.map(([name, arm]) => ({
      name,
      ...(arm.members ? { members: arm.members } : {}),
      calls: (count) => (isAsked ? 2 * arm.calls(count) : 0),
      cost: (count) => (isAsked ? costOf(arm.calls(count), count) : 0),
    })),
    async generate(request, { study, traces, embed }) {
      const { action } = request
      const { state } = study
      const stage = action.slot !== undefined && plan?.rewritable.includes(action.slot) ? action.slot : undefined
      const kept = await tracesOf(traces)
      const pool = membersOf(study, kept, stage)
      const parents = action.parents.flatMap((index) => pool[index] ?? [])
      const view = plan && stage !== undefined ? stageView(whole, plan, stage, runsOf(kept, parents)) : whole
      let failure: Failure | undefined
      const random = createRandom(state.config.seed).split('propose').split(action.id)
      const seeds = random.split('generator')
      const answer = generator && askGenerator({ ...options, model: generator }, request)
      const ask: Ask | undefined =
        answer &&
        (async ({ prompt, system, temperature = 0.8, maxOutputTokens = 600 }) => {
          if (failure && (isFatal(failure) || failure.kind === 'budget' || failure.kind === 'cancelled'))
            return undefined
          const said = await answer({
            prompt,
            ...(system === undefined ? {} : { system }),
            sampling: { temperature, maxOutputTokens, seed: seeds.integer(2 ** 31) },
          })
          if (said.kind === 'text') return said.text
          failure = said.failure
          return undefined
        })
      const gate = createGate({ task: view, pool: state.candidates, ...(embed ? { embed } : {}) })
      const { drafts, rejected } = await propose(
        // Earlier versions asked all of them as one.
        new Map(arms).get(action.proposer) ?? proposer,
        {
          parents: parents.length > 0 ? parents : pool.slice(0, 1),
          pool,
          task: view,
          count: action.count,
          random,
          signal: request.signal,
          ...(ask ? { ask } : {}),
        },
        gate,
      ).catch((error: unknown) => {
        if (request.signal.aborted && error === request.signal.reason)
          failure = failureOf('cancelled', 'cancelled while it was written')
        else if (error instanceof ProposerFault) failure = failureOf('program', error.message)
        else throw error
        return { drafts: [], rejected: [] }
      })
      return {
        candidates: drafts.map((draft) => candidateOf(draft, view, state.candidates)),
        rejected: countByReason(rejected),
        ...(failure ? { failure } : {}),
      }
    },
  }
}

function viewOf(task: ProposedTask): TaskView {
  const baseline = task.pool[task.baseline ?? 0]!
  const examples = task.metric.name === 'assertions' ? task.examples.map(withAnswer) : task.examples
  return createTaskView({
    ...(task.description === undefined ? {} : { description: task.description }),
    ...(task.template ? { template: task.template } : {}),
    examples: task.split.search.map((index) => examples[index]!),
    answers: answerFormOf(task.metric.name, examples),
    baseline,
    ...(task.preserve ? { preserve: task.preserve } : {}),
    ...(task.space ? { space: task.space } : {}),
  })
}

/** Checks are no answer, unless one of them says what it equals. */
function withAnswer({ expected, ...example }: Example): Example {
  const checks = assertionsSchema.safeParse(expected).data?.assert ?? []
  const equal = checks.find(({ type, not }) => type === 'equals' && !not)
  return equal?.type === 'equals' ? { ...example, expected: equal.value as JsonValue } : example
}

/** A short id that the same text always gets, so that a generation taken up again names its drafts as before. */
function candidateOf(draft: Draft, task: TaskView, pool: readonly Candidate[]): ProposedCandidate {
  const { slots, parents, proposer, hypothesis, metaPrompt, shows } = draft
  const parameters = draft.parameters ?? pool[parents[0] ?? -1]?.parameters
  const content = { ...contentOf(slots, task), ...(parameters ? { parameters } : {}) }
  const hash = createHash('sha256').update(JSON.stringify(content)).digest('hex').slice(0, 6)
  return {
    id: `${proposer}-${hash}`,
    ...content,
    ...(shows ? { shows } : {}),
    origin: {
      by: 'proposer',
      name: proposer,
      parents,
      ...(hypothesis === undefined ? {} : { hypothesis }),
      ...(metaPrompt === undefined ? {} : { metaPrompt }),
    },
  }
}

type Texts = ReadonlyMap<string, Trace>

/** The texts behind search results, by candidate and example. */
async function tracesOf(traces: GenerationContext['traces']): Promise<Texts> {
  const texts = new Map<string, Trace>()
  for await (const records of traces()) {
    for (const { candidate, example, holdout, trace } of records) {
      if (!holdout && candidate !== undefined && example !== undefined) texts.set(`${candidate} ${example}`, trace)
    }
  }
  return texts
}

/** By example, a run of one of the parents, of the first that has one. */
function runsOf(texts: Texts, parents: readonly Member[]): Map<number, Trace> {
  const runs = new Map<number, Trace>()
  for (const { index, outcomes } of parents) {
    for (const { example } of outcomes) {
      const trace = texts.get(`${index} ${example}`)
      if (trace && !runs.has(example)) runs.set(example, trace)
    }
  }
  return runs
}

/** Stages that may be rewritten apart; none where a prompt is one. */
export function stagesOf(task: ProposedTask): StagePlan | undefined {
  const baseline = task.pool[task.baseline ?? 0]
  const isProgram = task.program !== undefined || task.template === undefined
  return isProgram ? stagePlan(task.program, baseline?.slots && Object.keys(baseline.slots)) : undefined
}

/** @param stage What outcomes are about: this stage of a program, or the whole. */
function membersOf(study: Study, texts: Texts, stage: string | undefined): Member[] {
  const { state } = study
  const outcomes = outcomesOf(state, texts, stage)
  const recommendation = state.observations.length > 0 ? study.recommend() : undefined
  return state.candidates.map((candidate, index): Member => {
    const mean = recommendation?.means[index]
    return {
      index,
      candidate,
      outcomes: outcomes[index]!,
      ...(mean === undefined ? {} : { mean: state.turned(mean) }),
      ...(recommendation ? { standardDeviation: recommendation.standardDeviations[index]! } : {}),
    }
  })
}

function outcomesOf(
  { candidates, observations }: StudyState,
  texts: Texts,
  stage: string | undefined,
): MeasuredExample[][] {
  const outcomes: MeasuredExample[][] = candidates.map(() => [])
  const shown = candidates.map(({ shows }) => new Set(shows))
  for (let index = 0; index < observations.length; index++) {
    const candidate = observations.candidate(index)
    const example = observations.example(index)
    if (example < 0 || shown[candidate]!.has(example)) continue
    const score = observations.score(index)
    outcomes[candidate]!.push({
      example,
      score: Number.isNaN(score) ? null : score,
      ...saidOf(texts.get(`${candidate} ${example}`), stage),
    })
  }
  return outcomes
}

function saidOf(trace: Trace | undefined, stage: string | undefined): Pick<MeasuredExample, 'output' | 'feedback'> {
  if (!trace) return {}
  const { output, feedback } = stage === undefined ? trace : passBack(trace, stage)
  return { ...(output === undefined ? {} : { output }), ...(feedback && feedback.length > 0 ? { feedback } : {}) }
}
