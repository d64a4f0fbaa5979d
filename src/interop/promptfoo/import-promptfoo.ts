/**
 * A promptfoo configuration as a task of ours. Nothing of it is run, and nothing is left out without being listed.
 *
 * @module
 */

import { basename, dirname, resolve } from 'node:path'
import { InvalidInputError } from '../../errors.ts'
import { DeadlineError, withDeadline } from '../../evaluation/deadline.ts'
import { needsJudge } from '../../evaluation/metrics/assertion-options.ts'
import type { Candidate } from '../../prompt/candidate.ts'
import type { JsonValue } from '../../prompt/example.ts'
import { type Turn, writeTurns } from '../../prompt/turns.ts'
import { readTextFile, showPath } from '../../task/source.ts'
import { convertPrompts, shorten } from './convert-prompts.ts'
import { openFiles, readYaml, resolveReferences } from './files.ts'
import { createFindings, type Finding, type Findings } from './finding.ts'
import { type ImportedPrompt, importPrompts } from './prompts.ts'
import { type ImportedProvider, importProviders, modelName } from './providers.ts'
import { exampleOf, readTests, uniqueExamples } from './read-tests.ts'
import { configSchema, type PromptfooConfig, schemaProblem, type WrittenProvider } from './schema.ts'
import { type ImportedTest, importTests } from './tests.ts'

export interface ImportOptions {
  /** Instead of the first provider that has a counterpart. */
  readonly model?: string
  /** Who grades rubrics, instead of the grader the configuration names. */
  readonly judge?: string
  /** Criteria for the tests that have nothing (left) to check. @defaultValue none: these tests are left out */
  readonly rubric?: string
  /** Whether files may lie outside the configuration's folder. @defaultValue false */
  readonly allowOutside?: boolean
}

/** What {@link importPromptfoo} made, still to be written. */
export interface ImportedTask {
  /** The content of `task.yaml`. */
  readonly task: Readonly<Record<string, JsonValue>>
  readonly examples: readonly Readonly<Record<string, JsonValue>>[]
  /** Texts; where one is a chat, all are slots `system`, perhaps `turns`, and `user`. */
  readonly prompts: readonly ({ readonly id: string } & Pick<Candidate, 'text' | 'slots'>)[]
  /** How many checks each kind contributes. */
  readonly assertions: Readonly<Record<string, number>>
  readonly findings: readonly Finding[]
}

/** With fewer tests than this none is held out: there are too few for either purpose. */
const FEWEST_TO_SPLIT = 10

/** Keys that say nothing a search needs. */
const IGNORED = new Set([
  '$schema',
  'description',
  'outputPath',
  'sharing',
  'commandLineOptions',
  'evaluateOptions',
  'writeLatestResults',
  'assertionTemplates',
  'metadata',
  'tags',
  'env',
])
const READ = new Set(['prompts', 'providers', 'targets', 'tests', 'scenarios', 'defaultTest', 'description'])

/**
 * Reads a configuration (`.yaml` or `.json`).
 *
 * @throws InvalidInputError when it is none, or nothing usable remains: no prompt, no model, fewer than two tests with
 *   something to check. Its message ends with what was found on the way.
 * @example
 * const { task, examples, prompts, findings } = importPromptfoo('promptfooconfig.yaml')
 * task.model // 'openai:gpt-4o-mini'
 * examples.length // 2
 */
export function importPromptfoo(file: string, options: ImportOptions = {}): ImportedTask {
  try {
    return withDeadline(`importing ${file}`, DEADLINE, () => read(file, options))
  } catch (error) {
    if (!(error instanceof DeadlineError)) throw error
    throw new InvalidInputError(error.message, {
      remedy: 'Import a part of the configuration, or look for what multiplies.',
    })
  }
}

/** Milliseconds: thousands of tests take a second or two. */
const DEADLINE = 120_000

function read(file: string, options: ImportOptions): ImportedTask {
  const path = resolve(file)
  const files = openFiles(dirname(path), options.allowOutside ?? false)
  const findings = createFindings()
  const config = readConfig(path, findings)

  const provider = chooseProvider(config, options, findings)
  const allPrompts = importPrompts(config.prompts, files, findings)
  const chosen = allPrompts.filter((prompt) => isAsked(prompt, provider, findings))
  const tests = importTests(config, files, findings)
  const checked = readTests(tests, options.rubric, files, findings)
  const { limits } = checked
  const converted = convertPrompts(chosen, checked.tests, findings)
  const usable = converted.tests

  if (converted.prompts.length === 0) throw nothingLeft(path, 'no prompt', findings)
  if (usable.length < 2) {
    const left = usable.length === 0 ? 'no test with something to check' : 'a single test with something to check'
    throw nothingLeft(path, `${left}; a task needs at least two (--rubric TEXT has a judge grade such tests)`, findings)
  }
  if (provider === undefined) {
    throw nothingLeft(path, 'no provider that has a counterpart; name a model with --model', findings)
  }

  const counts: Record<string, number> = {}
  for (const { assert } of usable) for (const { type } of assert) counts[type] = (counts[type] ?? 0) + 1
  const judge = usable.some(({ assert }) => assert.some(needsJudge))
    ? chooseJudge(tests, options.judge, provider.model, findings)
    : undefined
  const examples = uniqueExamples(
    usable.map((test) => exampleOf(test, usable)),
    findings,
  )
  if (examples.length < 2) throw nothingLeft(path, 'a single example; a task needs at least two', findings)
  if (examples.length < FEWEST_TO_SPLIT) {
    findings.changed('tests', `${examples.length} tests: all are searched on, none is held out to check the winner`)
  }
  const hasTurns = converted.prompts.some(({ turns }) => turns !== undefined)
  const isChat = hasTurns || converted.prompts.some(({ system }) => system !== undefined)
  return {
    task: {
      name: basename(dirname(path)),
      ...(config.description === undefined ? {} : { description: config.description }),
      examples: 'examples.jsonl',
      ...(examples.length < FEWEST_TO_SPLIT ? { split: { search: examples.length, holdout: 0 } } : {}),
      ...(isChat ? { system: '{{system}}' } : {}),
      template: isChat ? `${hasTurns ? '{{turns}}\n' : ''}{{user}}` : '{{prompt}}',
      promptVariables: true,
      metric: judge === undefined ? 'assertions' : { name: 'assertions', judge },
      ...(limits.length === 0 ? {} : { constraints: limits.map((limit) => ({ ...limit })) }),
      model: provider.model,
      ...(Object.keys(provider.sampling).length > 0 ? { sampling: provider.sampling } : {}),
      prompts: 'prompts.jsonl',
      baseline: { id: converted.prompts[0]!.id },
      budget: { evaluations: converted.prompts.length * examples.length },
    },
    examples,
    prompts: isChat
      ? converted.prompts.map(({ id, text, system = '', turns = [] }) => ({
          id,
          slots: { system, ...(hasTurns ? { turns: turnsText(turns) } : {}), user: text },
        }))
      : converted.prompts,
    assertions: counts,
    findings: findings.list,
  }
}

function turnsText(turns: readonly Turn[]): string {
  if (turns.length === 0) return ''
  const text = writeTurns(turns)
  if (text !== undefined) return text
  throw new InvalidInputError('a message of a chat holds </user> or </assistant> on a line of its own', {
    remedy: 'Write these marks otherwise: they end a message in a prompt of ours.',
  })
}

function readConfig(path: string, findings: Findings): PromptfooConfig {
  if (/\.[cm]?[jt]s$/.test(path)) {
    throw new InvalidInputError(`${showPath(path)} is a program; an import runs nothing`, {
      remedy: 'Write the configuration as YAML or JSON.',
    })
  }
  const text = readTextFile(path, 'configuration', 'promptfoo configuration')
  const written = readYaml(text, showPath(path))
  const checked = configSchema.safeParse(resolveReferences(written))
  if (!checked.success) {
    throw new InvalidInputError(schemaProblem(checked.error), {
      where: showPath(path),
      remedy: 'A promptfoo configuration has at least prompts, providers and tests.',
    })
  }
  for (const key of Object.keys(checked.data)) {
    if (READ.has(key)) continue
    if (IGNORED.has(key)) findings.ignored(key, 'no bearing on a search')
    else findings.unsupported(key, 'a key without a counterpart')
  }
  return checked.data
}

function chooseProvider(
  config: PromptfooConfig,
  { model }: ImportOptions,
  findings: Findings,
): ImportedProvider | undefined {
  const key = config.providers === undefined ? 'targets' : 'providers'
  const written = config.providers ?? config.targets ?? []
  const list: readonly WrittenProvider[] = typeof written === 'string' ? [written] : written
  const providers = importProviders(list, key, findings)
  if (model !== undefined) {
    for (const { id } of providers) findings.changed(key, `${id} gives way to --model`)
    return { id: model, model, sampling: providers[0]?.sampling ?? {} }
  }
  const [first, ...others] = providers
  for (const { id, model: name } of others) {
    findings.unsupported(key, `${id}: a task has one model; import again with --model ${name} for another`)
  }
  return first
}

function isAsked({ labels }: ImportedPrompt, provider: ImportedProvider | undefined, findings: Findings): boolean {
  const wanted = provider?.prompts
  if (wanted === undefined || labels.some((label) => wanted.includes(label))) return true
  findings.unsupported('prompts', `prompt ${labels[0]} is not for ${provider!.id}`)
  return false
}

function chooseJudge(
  tests: readonly ImportedTest[],
  named: string | undefined,
  model: string,
  findings: Findings,
): string {
  if (named !== undefined) return named
  const graders = new Set(tests.flatMap(({ grader }) => (grader === undefined ? [] : [JSON.stringify(grader)])))
  for (const written of graders) {
    const grader: JsonValue = JSON.parse(written)
    const id = typeof grader === 'string' ? grader : idOf(grader)
    const judge = id === undefined ? undefined : modelName(id, {})
    if (judge !== undefined) {
      if (graders.size > 1) findings.changed('options.provider', `${judge} grades all tests; a task has one judge`)
      return judge
    }
    findings.unsupported('options.provider', `grader ${shorten(written)} has no counterpart`)
  }
  findings.changed('llm-rubric', `${model} grades its own answers; name another judge with --judge`)
  return model
}

function idOf(grader: JsonValue): string | undefined {
  const id = typeof grader === 'object' && grader !== null && 'id' in grader ? grader['id'] : undefined
  return typeof id === 'string' ? id : undefined
}

function nothingLeft(path: string, what: string, { list }: Findings): InvalidInputError {
  const reasons = list.filter(({ kind }) => kind === 'unsupported')
  return new InvalidInputError(
    [`nothing usable remains of ${showPath(path)}: ${what}`, ...findingLines(reasons)].join('\n'),
    { remedy: '`krige help promptfoo` says what an import understands.' },
  )
}

/**
 * Findings for people, a line for each thing found: what many tests have in common would hide the rest.
 *
 * @example
 * const alike = ['tests[0]', 'tests[1]'].map((where) => ({ kind: 'unsupported', where, message: 'a hook' }) as const)
 * findingLines(alike) // ['unsupported: tests[0] and 1 more: a hook']
 */
export function findingLines(findings: readonly Finding[]): string[] {
  const alike = Map.groupBy(findings, ({ kind, message }) => `${kind}\n${message}`)
  return [...alike.values()].map((group) => {
    const { kind, where, message } = group[0]!
    return `${kind}: ${where}${group.length === 1 ? '' : ` and ${group.length - 1} more`}: ${message}`
  })
}
