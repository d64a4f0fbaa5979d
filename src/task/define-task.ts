import { existsSync } from 'node:fs'
import { basename, resolve } from 'node:path'
import { describeProblems, type Problem, withoutUndefined } from '../check-input.ts'
import { InvalidInputError, KrigeError } from '../errors.ts'
import { defaultMaxOutputTokens, needsEmbeddings, readMetric } from '../evaluation/metrics/metric-specification.ts'
import { readModel } from '../evaluation/models/model-specification.ts'
import { parsePrior } from '../policy/prior/learned-prior.ts'
import type { Example } from '../prompt/example.ts'
import { lostWarnings, turnWarnings } from '../prompt/prompt-warnings.ts'
import { programSlots } from '../prompt/staged-program.ts'
import { defineSpace } from '../space/parameter.ts'
import { checkModel, isPath, modelPaths } from './check-model.ts'
import { checkUsed, checkUsedByStages } from './check-parameters.ts'
import { checkJson, refuseLostKeys } from './json-limits.ts'
import { readConstraints } from './read-constraints.ts'
import { readExamples } from './read-examples.ts'
import { type LineRole, type ReadLines, readLines } from './read-lines.ts'
import { readPool } from './read-pool.ts'
import { readPriorFile } from './read-prior.ts'
import { readProposers } from './read-proposers.ts'
import { readStages } from './read-stages.ts'
import { checkVariables, emptyNames, readTemplate, unstatedParameter } from './read-template.ts'
import { type CheckedTaskInput, type TaskInput, taskSchema } from './schema.ts'
import { resolveInside, showPath } from './source.ts'
import { splitExamples } from './split.ts'
import { readProgramPool } from './stage-pool.ts'
import type { Task } from './task.ts'
import { fingerprintOf } from './task-fingerprint.ts'

export interface DefineTaskOptions {
  /** What relative paths are relative to. @defaultValue the working directory */
  readonly folder?: string
  /** Whether paths may leave the folder. @defaultValue false */
  readonly allowOutside?: boolean
  /** Whether the model was given by hand, not by the task: then its path may lead anywhere. @defaultValue false */
  readonly isModelGiven?: boolean
  readonly file?: string
  /** Where a key stands, for messages. */
  readonly locate?: (path: readonly PropertyKey[]) => string
}

/**
 * Checks a task and reads what it names.
 *
 * @throws InvalidInputError on anything a user may have got wrong, saying where and what to do.
 * @example
 * const task = defineTask({
 *   examples: [{ input: 'It crashes.', expected: 'bug' }, { input: 'Refund me.', expected: 'billing' }],
 *   prompts: ['Label the ticket.', 'Bug or billing?'],
 *   metric: 'label-match',
 *   model: 'gguf:smollm2-135m-instruct',
 * })
 * task.labels // ['bug', 'billing']
 */
export function defineTask(input: TaskInput, options: DefineTaskOptions = {}): Task {
  const folder = resolve(options.folder ?? process.cwd())
  const locate = options.locate ?? ((path) => (path.length > 0 ? path.join('.') : 'task'))
  const allowOutside = options.allowOutside ?? false
  const written = check(input, locate)
  const warnings: string[] = []
  const pathOf = (path: string, key: PropertyKey) => resolveInside(folder, path, locate([key]), allowOutside)

  const program = written.evaluate === undefined ? undefined : pathOf(written.evaluate, 'evaluate')
  if (program !== undefined) requireFile(program, 'program', locate(['evaluate']))
  if (program === undefined && written.limits?.calls !== undefined) {
    throw new InvalidInputError('limits.calls is for the module that evaluate names, and there is none', {
      where: locate(['limits', 'calls']),
      remedy: 'Leave it out; maxSteps limits the stages of a program.',
    })
  }
  const metric = readMetric(written.metric ?? 'exact-match', locate(['metric']), (path) => {
    const file = pathOf(path, 'metric')
    requireFile(file, 'metric', locate(['metric']))
    return file
  })
  if (written.metric === undefined && program === undefined) {
    throw new InvalidInputError('task has no metric', {
      where: locate([]),
      remedy: 'Add one, such as metric: label-match',
    })
  }
  const [model, modelSettings = {}] = written.model === undefined ? [] : readModel(written.model)
  const stageModels = Object.entries(written.stages ?? {}).map(([name, stage]) => [name, stage.model] as const)
  const haveOwn = stageModels.length > 0 && stageModels.every(([, own]) => own !== undefined)
  checkModel(model, ['model'], program !== undefined || haveOwn, locate)
  for (const [name, own] of stageModels) {
    if (own !== undefined) checkModel(readModel(own)[0], ['stages', name, 'model'], true, locate)
  }
  const [generator, generatorSettings = {}] = written.generator === undefined ? [] : readModel(written.generator)
  checkModel(generator, ['generator'], true, locate)
  if (!allowOutside) {
    const named = { ...(options.isModelGiven ? {} : { model }), metric: written.metric, proposers: written.proposers }
    for (const [key, value] of Object.entries({
      ...named,
      generator: written.generator,
      stages: stageModels,
    })) {
      for (const path of modelPaths(value)) pathOf(path, key)
    }
    if (isPath(written.embedder ?? '')) pathOf(written.embedder!, 'embedder')
  }

  const exampleLines = linesOf(written.examples, 'examples', pathOf, locate)
  const exampleWhere =
    typeof written.examples === 'string' ? showPath(pathOf(written.examples, 'examples')) : locate(['examples'])
  // A program judges its own answers, so nothing can be said about `expected`.
  const read = readExamples(
    exampleLines.lines,
    program === undefined ? metric : { name: 'program', options: {} },
    exampleWhere,
  )
  warnings.push(...exampleLines.warnings, ...read.warnings)
  if (program === undefined && written.embedder === 'none') {
    const similar = read.examples.findIndex((example) => needsEmbeddings(metric, example))
    if (similar >= 0) {
      throw new InvalidInputError(
        `example ${read.examples[similar]!.id} compares meanings, and embedder: none has no embeddings`,
        {
          where: exampleLines.lines[similar]!.where,
          remedy: 'Use embedder: auto, or take the assertion similar out.',
        },
      )
    }
  }
  const split = splitExamples(
    read.examples.map((example) => example.id),
    written.split ?? {},
    locate(['split']),
  )

  const space = readSpace(written, locate)
  const maxOutputTokens = written.sampling?.maxOutputTokens ?? defaultMaxOutputTokens(metric)
  const staged = readStages(written, read.examples, space, maxOutputTokens, locate)
  if (staged && metric.name === 'pairwise-judge') {
    throw new InvalidInputError('metric pairwise-judge compares single prompts, not programs of several stages', {
      where: locate(['metric']),
      remedy: 'Score answers instead: metric: { name: judge, … }',
    })
  }
  const promptLines = linesOf(written.prompts ?? [], 'prompts', pathOf, locate)
  const template =
    program === undefined && !staged ? readTemplate(written, read.examples, promptLines.lines, locate) : undefined
  warnings.push(...promptLines.warnings)
  const promptWhere =
    typeof written.prompts === 'string' ? showPath(pathOf(written.prompts, 'prompts')) : locate(['prompts'])
  if (written.prompts === undefined && written.baseline === undefined) {
    throw new InvalidInputError('task has neither prompts nor a baseline', {
      where: locate([]),
      remedy: 'Add the prompt in use now, such as baseline: "Classify the ticket.", or prompts: prompts.jsonl',
    })
  }
  const sampling = {
    temperature: written.sampling?.temperature ?? 0,
    maxOutputTokens,
    ...(written.sampling?.topP === undefined ? {} : { topP: written.sampling.topP }),
    ...(written.sampling?.stop === undefined ? {} : { stop: written.sampling.stop }),
  }
  if (template && !template.nested) checkUsed(space, template, locate(['parameters']))
  if (staged) checkUsedByStages(space, staged.program, locate(['parameters']))
  const { stop: _, ...usual } = sampling
  const readPrompts = readPool(
    promptLines.lines,
    written.baseline,
    template,
    read.examples[0]!,
    { prompts: promptWhere, baseline: locate(['baseline']), isNamed: written.prompts !== undefined },
    { space, usual },
  )
  const { baseline } = readPrompts
  const isText =
    typeof written.baseline === 'string' ||
    (typeof written.baseline === 'object' && written.baseline.text !== undefined)
  if (staged && isText && programSlots(staged.program).length > 1) {
    throw new InvalidInputError('baseline is one text, and the stages have several slots', {
      where: locate(['baseline']),
      remedy: `Write baseline: { slots: { ${programSlots(staged.program)
        .map((slot) => `${slot}: …`)
        .join(', ')} } }`,
    })
  }
  const pool = staged ? readProgramPool(staged.program, readPrompts.pool, space, promptWhere) : readPrompts.pool
  if (metric.name === 'pairwise-judge' && program === undefined && baseline === undefined) {
    throw new InvalidInputError('metric pairwise-judge needs a baseline to compare with', {
      where: locate(['metric']),
      remedy: 'Name the prompt in use now as baseline.',
    })
  }
  if (template?.nested) checkVariables(template, pool, read.examples, promptWhere)
  if (template) {
    warnings.push(...emptyNames(template, pool, read.examples))
    const unstated = baseline === undefined ? undefined : unstatedParameter(template, pool[baseline]!, space)
    if (unstated !== undefined) {
      warnings.push(
        `{{${unstated}}} is empty in the baseline, which states no ${unstated}: write baseline: { text: …, parameters: { ${unstated}: … } }`,
      )
    }
  }
  warnings.push(...lostWarnings(written.preserve, pool))
  if (program === undefined) warnings.push(...turnWarnings(pool))
  else warnings.push(...unusedByModules(written))
  const proposers = readProposers(written, (path) => pathOf(path, 'proposers'), locate)

  const task = {
    name: written.name ?? basename(folder),
    ...(options.file === undefined ? {} : { file: options.file }),
    folder,
    examples: read.examples,
    split,
    ...(template ? { template } : {}),
    ...(staged ? { program: staged.program, stageSettings: staged.modelSettings } : {}),
    metric,
    ...(model === undefined ? {} : { model, modelSettings }),
    sampling,
    pool,
    ...(baseline === undefined ? {} : { baseline }),
    space,
    ...(written.description === undefined ? {} : { description: written.description }),
    proposers,
    ...(generator === undefined ? {} : { generator, generatorSettings }),
    ...(written.preserve === undefined ? {} : { preserve: written.preserve }),
    budget: withoutUndefined(written.budget ?? {}),
    ...(written.constraints && written.constraints.length > 0
      ? {
          constraints: readConstraints(
            written.constraints,
            metric,
            program !== undefined,
            read.examples,
            locate,
            staged?.program,
          ),
        }
      : {}),
    ...(written.prefer === undefined || written.prefer === 'score' ? {} : { prefer: written.prefer }),
    embedder: written.embedder ?? 'auto',
    ...(written.prior === undefined
      ? {}
      : {
          prior:
            typeof written.prior === 'string'
              ? readPriorFile(pathOf(written.prior, 'prior'))
              : parsePrior(written.prior, locate(['prior'])),
        }),
    ...(program === undefined ? {} : { evaluate: program }),
    ...(written.limits === undefined ? {} : { limits: withoutUndefined(written.limits) }),
    labels: labelsOf(read.examples),
    warnings,
  }
  return { ...task, fingerprint: fingerprintOf(task) }
}

function unusedByModules(written: CheckedTaskInput): string[] {
  return (['template', 'system', 'promptVariables'] as const)
    .filter((key) => written[key] !== undefined)
    .map((key) => `${key} is not used: the module that evaluate names decides what a model is sent`)
}

function check(input: unknown, locate: (path: readonly PropertyKey[]) => string): CheckedTaskInput {
  if (input === null || input === undefined) {
    throw new InvalidInputError('the task is empty', {
      where: locate([]),
      remedy: 'Start from an example: krige init',
    })
  }
  checkJson(input, locate)
  if (typeof input === 'object') refuseLostKeys({ ...input, examples: null }, locate)
  const checked = taskSchema.safeParse(input)
  if (checked.success) return checked.data
  const [first, ...more] = describeProblems(checked.error, taskSchema, input)
  const remedyOf = ({ remedy, missing, path }: Problem) =>
    missing ? `Add ${path.join('.')}: …` : remedy || 'Correct the value; `krige help task-file` describes every key.'
  const others = more.slice(0, 4).map(({ path, message }) => `\n${locate(path)}: ${message}`)
  throw new InvalidInputError(`${first!.message}${others.join('')}`, {
    where: locate(first!.path),
    remedy: remedyOf(first!),
  })
}

type PathOf = (path: string, key: PropertyKey) => string

function linesOf(
  written: string | readonly unknown[],
  key: LineRole,
  pathOf: PathOf,
  locate: (path: readonly PropertyKey[]) => string,
): ReadLines {
  if (typeof written === 'string') return readLines(pathOf(written, key), key, locate([key]))
  return { lines: written.map((value, index) => ({ value, where: locate([key, index]) })), warnings: [] }
}

function readSpace(written: CheckedTaskInput, locate: (path: readonly PropertyKey[]) => string) {
  try {
    return defineSpace(written.parameters ?? {})
  } catch (error) {
    if (!KrigeError.isInstance(error)) throw error
    throw new InvalidInputError(error.message, { where: locate(['parameters']), remedy: 'Correct the parameter.' })
  }
}

function requireFile(file: string, role: string, where: string): void {
  if (existsSync(file)) return
  throw new InvalidInputError(`${role} ${showPath(file)} does not exist`, {
    where,
    remedy: 'Check the name; paths are relative to the task file.',
  })
}

function labelsOf(examples: readonly Example[]): string[] {
  const labels = examples.map((example) => example.expected).filter((expected) => typeof expected === 'string')
  return [...new Set(labels)]
}
