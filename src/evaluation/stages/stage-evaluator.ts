import { createHash } from 'node:crypto'
import { failure } from '../../history/failure.ts'
import type { Measurements } from '../../history/measurement.ts'
import { mostRuns, walkProgram } from '../../prompt/program-flow.ts'
import { type ProgramStage, renderStage, type StagedProgram } from '../../prompt/staged-program.ts'
import { messageOf } from '../../text/message-of.ts'
import { withoutReasoning } from '../../text/reasoning.ts'
import type { CallOutcome } from '../call-model.ts'
import { createCheckpoints } from '../checkpoints.ts'
import { requestTokens } from '../estimate-tokens.ts'
import type { Evaluation, EvaluationRequest, Evaluator } from '../evaluator.ts'
import { measureAnswers } from '../measure-answers.ts'
import type { Metric } from '../metrics/metric.ts'
import { findsPattern } from '../pattern.ts'
import type { ResponseCache } from '../response-cache.ts'
import type { RetryOptions } from '../retry.ts'
import { scoreAnswer, totalOf } from '../score-answer.ts'
import type { GenerateRequest, Sampling, TextModel } from '../text-model.ts'

export interface StageEvaluatorOptions {
  readonly program: StagedProgram
  /** The model that a stage asks; stages may share one. */
  readonly modelOf: (stage: ProgramStage) => TextModel
  readonly metric: Metric
  /** Distinguishes metrics of one name, e.g. their labels and options. */
  readonly metricKey?: string
  readonly retry?: RetryOptions
  readonly cache?: ResponseCache
}

/**
 * Runs the stages of a program, one call each, and scores what the last of them wrote. Stages whose input is as before are
 * not asked again.
 *
 * Beside what every evaluation measures there are `steps`, `STAGE.calls` and `STAGE.tokens`, and `savedCalls`: calls that
 * were answered from what was paid for before.
 */
export function createStageEvaluator(options: StageEvaluatorOptions): Evaluator {
  const { program, modelOf, metric } = options
  const models = [...new Set(program.stages.map(modelOf))]
  const checkpoints = createCheckpoints(options.cache)
  const id = createHash('sha256')
    .update(
      JSON.stringify([
        {
          ...program,
          stages: program.stages.map(({ template, model: _, name, slots, ...stage }) => [
            { name, slots, system: template.system?.source, ...stage },
            template.source,
          ]),
        },
        program.stages.map((stage) => modelOf(stage).identity),
        metric.name,
        options.metricKey ?? '',
      ]),
    )
    .digest('hex')
  const decides = metric.isDecided ? `${metric.name} ${options.metricKey ?? ''}` : ''

  /** Whether nothing follows an answer of this stage but its score. */
  const isLast = ({ name, writes }: ProgramStage) =>
    writes === program.output && program.states.every(({ stage, next }) => stage !== name || next.length === 0)

  const requestFor = (
    stage: ProgramStage,
    request: EvaluationRequest,
    outputs: Readonly<Record<string, string>>,
    visit: number,
  ): GenerateRequest => {
    const { text, prefixLength, system, turns } = renderStage(stage, request.candidate, request.example, outputs)
    const sampling = samplingOf(stage, request)
    return {
      prompt: text,
      prefixLength,
      ...(system === undefined ? {} : { system }),
      ...(turns ? { turns } : {}),
      sampling: sampling.temperature === 0 ? sampling : { ...sampling, seed: seedOf(request, stage, visit) },
      ...(metric.isDecided && isLast(stage)
        ? { isDecided: (soFar: string) => metric.isDecided!(withoutReasoning(soFar)) }
        : {}),
      ...(request.signal ? { signal: request.signal } : {}),
    }
  }

  const batch = Math.max(...models.map(({ batch = 0 }) => batch))
  return {
    id,
    // Others keep to their own limits while a batch fills.
    concurrency: batch > 0 ? batch : Math.min(...models.map(({ concurrency }) => concurrency)),
    ...(batch > 0 ? { batch } : {}),
    ...(models.length === 1 ? { modelIdentity: models[0]!.identity } : {}),
    random: program.stages.some(({ sampling }) => sampling.temperature > 0),
    estimate(candidate, example) {
      const longestAnswer = (stage: ProgramStage) =>
        'x '.repeat(samplingOf(stage, { candidate }).maxOutputTokens).slice(0, 4 * stage.longest)
      const outputs = Object.fromEntries(program.stages.map((stage) => [stage.writes, longestAnswer(stage)]))
      const runs = mostRuns(program, candidate)
      const total = { calls: 0, inputTokens: 0, outputTokens: 0 }
      const add = (times: number, calls: number, inputTokens: number, outputTokens: number) => {
        total.calls += times * calls
        total.inputTokens += times * inputTokens
        total.outputTokens += times * outputTokens
      }
      for (const stage of program.stages) {
        const model = modelOf(stage)
        const input = requestTokens(model, renderStage(stage, candidate, example, outputs))
        add(runs.get(stage.name) ?? 0, 1, input, samplingOf(stage, { candidate }).maxOutputTokens)
      }
      total.calls = Math.min(total.calls, program.maxSteps)
      const extra = metric.extraCost?.(outputs[program.output]!, example)
      if (extra) add(1, extra.calls, extra.inputTokens, extra.outputTokens)
      return total
    },
    async evaluate(request): Promise<Evaluation> {
      const started = performance.now()
      const outcomes: CallOutcome[] = []
      const byStage = new Map<string, CallOutcome[]>()
      const base = () => ({ ...totalOf(outcomes), milliseconds: performance.now() - started })
      const fail = (kind: 'program' | 'bad-request', message: string) => ({
        ...base(),
        failure: failure(kind, message),
      })
      const walk = walkProgram(program, request.candidate, findsPattern)
      const written = new Map<string, string>()
      for (let stage = walk.stage; stage; stage = walk.stage) {
        const visits = byStage.get(stage.name) ?? []
        byStage.set(stage.name, visits)
        let generate: GenerateRequest
        try {
          const trimmed = Object.fromEntries(
            program.stages.map(({ writes }) => [writes, written.get(writes)?.trim() ?? '']),
          )
          generate = requestFor(stage, request, trimmed, visits.length)
        } catch (error) {
          return fail('bad-request', `stage ${stage.name}: ${messageOf(error)}`)
        }
        const outcome = await checkpoints.ask(modelOf(stage), generate, {
          reserve: request.reserve,
          stage: stage.name,
          retry: options.retry,
          repeat: request.repeat,
          decides: isLast(stage) ? decides : '',
        })
        outcomes.push(outcome)
        visits.push(outcome)
        const { result } = outcome
        if (result.kind === 'failure') {
          const { failure: problem } = result
          return { ...base(), failure: { ...problem, message: `stage ${stage.name}: ${problem.message}` } }
        }
        if (result.text.length > stage.longest) {
          const most = stage.longest.toLocaleString('en-US')
          const length = result.text.length.toLocaleString('en-US')
          return fail('program', `stage ${stage.name} answered ${length} characters; expected at most ${most}`)
        }
        written.set(stage.writes, result.text)
        try {
          walk.advance(result.text)
        } catch (error) {
          return fail('program', `stage ${stage.name}: ${messageOf(error)}`)
        }
      }
      if (walk.isStuck) {
        const path = walk.path.length > 8 ? ['…', ...walk.path.slice(-7)] : walk.path
        return fail('program', `no end after ${program.maxSteps} steps (maxSteps): ${path.join(' → ')}`)
      }
      const output = written.get(program.output)
      if (output === undefined) return fail('program', `no stage wrote ${program.output}, the output that is scored`)
      const answers = [...outcomes]
      const measured = await scoreAnswer(options, request, outcomes, output)
      if (measured.failure) return { ...base(), ...measured, output }
      const metrics = { ...measureAnswers(answers), ...measureStages(program, byStage, answers), ...measured.metrics }
      return { ...base(), ...measured, metrics, output }
    },
    async close() {
      options.cache?.close()
      await metric.close?.()
      for (const model of models) await model.close()
    },
  }
}

/** A stage that did not run took nothing: a limit is on the mean over examples, also over those that pass it by. */
function measureStages(
  { stages }: StagedProgram,
  byStage: ReadonlyMap<string, readonly CallOutcome[]>,
  all: readonly CallOutcome[],
): Measurements {
  const metrics: Record<string, number> = { steps: all.length, savedCalls: all.filter(({ cached }) => cached).length }
  for (const { name } of stages) {
    const { calls, tokens } = measureAnswers(byStage.get(name) ?? [])
    metrics[`${name}.calls`] = calls!
    metrics[`${name}.tokens`] = tokens!
  }
  return metrics
}

/** A candidate's `STAGE.temperature` goes before its `temperature`, and that before the stage's own; the others alike. */
function samplingOf({ name, sampling }: ProgramStage, { candidate }: Pick<EvaluationRequest, 'candidate'>): Sampling {
  const own: { temperature?: number; topP?: number; maxOutputTokens?: number } = {}
  for (const key of ['temperature', 'topP', 'maxOutputTokens'] as const) {
    const value = candidate.parameters?.[`${name}.${key}`] ?? candidate.parameters?.[key]
    if (typeof value === 'number') own[key] = value
  }
  return { ...sampling, ...own }
}

/** A seed of 31 bits for one run of a stage: the same for every candidate, so that stages that did not change agree. */
function seedOf({ seed, example, repeat }: EvaluationRequest, { name }: ProgramStage, visit: number): number {
  const hash = createHash('sha256')
    .update(JSON.stringify([seed, example.id, repeat, name, visit]))
    .digest()
  return hash.readUInt32BE(0) >>> 1
}
