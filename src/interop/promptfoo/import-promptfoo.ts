/**
 * A promptfoo configuration as a task of ours. Nothing of it is run, and nothing is left out without being listed.
 *
 * @module
 */
import { basename, dirname, resolve } from 'node:path'
import { InvalidInputError } from '../../errors.ts'
import { DeadlineError, withDeadline } from '../../evaluation/deadline.ts'
import { type Assertion, needsJudge } from '../../evaluation/metrics/assertion-options.ts'
import type { JsonValue } from '../../prompt/example.ts'
import { readTextFile, showPath } from '../../task/source.ts'
import { type ImportedLimit, importAssertion } from './assertions.ts'
import { type ConfigFiles, openFiles, readYaml, resolveReferences } from './files.ts'
import { createFindings, type Finding, type Findings } from './finding.ts'
import { convertTemplate, neededNames, renderNunjucks, type Vars } from './nunjucks.ts'
import { chatText, type ImportedPrompt, importPrompts } from './prompts.ts'
import { type ImportedProvider, importProviders, modelName } from './providers.ts'
import { configSchema, type PromptfooConfig, schemaProblem, type WrittenProvider } from './schema.ts'
import { type ImportedTest, importTests, nothingSets } from './tests.ts'

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
  readonly prompts: readonly { readonly id: string; readonly text: string }[]
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
  return {
    task: {
      name: basename(dirname(path)),
      ...(config.description === undefined ? {} : { description: config.description }),
      examples: 'examples.jsonl',
      ...(examples.length < FEWEST_TO_SPLIT ? { split: { search: examples.length, holdout: 0 } } : {}),
      template: '{{prompt}}',
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
    prompts: converted.prompts,
    assertions: counts,
    findings: findings.list,
  }
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

/** A test whose assertions are ours. */
interface ReadTest extends Omit<ImportedTest, 'assert'> {
  readonly assert: readonly Assertion[]
}

function readTests(tests: readonly ImportedTest[], rubric: string | undefined, files: ConfigFiles, findings: Findings) {
  const limits = new Map<string, ImportedLimit>()
  const limited = new Map<string, number>()
  const read = tests.map((test): ReadTest => {
    const assert: Assertion[] = []
    for (const { where, written } of test.assert) {
      const assertion = importAssertion(written, where, { vars: test.vars, files, findings })
      if (assertion === undefined) continue
      if ('atMost' in assertion && 'metric' in assertion && !('type' in assertion)) {
        const key = JSON.stringify(assertion)
        limits.set(key, assertion)
        limited.set(key, (limited.get(key) ?? 0) + 1)
      } else assert.push(assertion as Assertion)
    }
    if (rubric !== undefined && !counts(assert)) {
      findings.changed(test.where, 'nothing else to check: the judge is asked about --rubric')
      assert.push({ type: 'rubric', value: rubric })
    }
    return { ...test, assert }
  })
  const everywhere = [...limits].filter(([key]) => limited.get(key) === tests.length)
  for (const [key, { metric, atMost }] of limits) {
    if (limited.get(key) === tests.length) {
      findings.changed(metric === 'usd' ? 'cost' : metric, `a constraint on the mean of a prompt: at most ${atMost}`)
    } else {
      findings.unsupported(metric === 'usd' ? 'cost' : metric, `a limit of ${atMost} for some tests only`)
    }
  }
  const usable = read.filter(({ assert, where }) => {
    if (counts(assert)) return true
    findings.unsupported(where, 'a test with nothing to check')
    return false
  })
  return { tests: usable, limits: everywhere.map(([, limit]) => limit) }
}

function counts(assert: readonly Assertion[]): boolean {
  return assert.some(({ weight = 1 }) => weight > 0)
}

/** Names that examples and templates use themselves. */
const RESERVED = new Set(['id', 'expected', 'prompt'])

/** The field of a variable: its name, or one that nothing else has. */
function fieldName(variable: string, tests: readonly { readonly vars: Vars }[]): string {
  let name = variable
  if (RESERVED.has(variable))
    do name += '_'
    while (tests.some(({ vars }) => Object.hasOwn(vars, name)))
  return name
}

/** Prompts as our templates, and the fields they need in every test. */
function convertPrompts(prompts: readonly ImportedPrompt[], tests: readonly ReadTest[], findings: Findings) {
  const fields = new Map<string, string>()
  const fieldFor = (source: string) => {
    const known = fields.get(source)
    if (known !== undefined) return known
    let number = fields.size + 1
    while (tests.some(({ vars }) => Object.hasOwn(vars, `computed_${number}`))) number++
    fields.set(source, `computed_${number}`)
    return `computed_${number}`
  }
  let extended: ReadTest[] = tests.map((test) => ({ ...test }))
  const converted: { id: string; text: string }[] = []
  const ids = new Set<string>()
  for (const [index, prompt] of prompts.entries()) {
    const name = prompt.labels[0] ?? `prompt ${index + 1}`
    const template = prompt.isUnfilledChat
      ? wholeTemplate(prompt.source, fieldFor)
      : convertTemplate(prompt.source, fieldFor)
    if (template.names.length === 0 && template.computed.size === 0) {
      findings.unsupported('prompts', `prompt ${shorten(name)} shows nothing of a test`)
      continue
    }
    try {
      const next = extended.map((test) => ({ ...test, vars: withFields(test.vars, template, prompt.isUnfilledChat) }))
      const missing = template.names.find((variable) => tests.every(({ vars }) => !Object.hasOwn(vars, variable)))
      if (missing !== undefined) findings.changed('prompts', `no test has {{${missing}}}: it is empty`)
      for (const name of [...template.computed.values()].flatMap(neededNames)) {
        if (tests.every(({ vars }) => !Object.hasOwn(vars, name))) findings.changed('prompts', nothingSets(name))
      }
      extended = next
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error)
      findings.unsupported('prompts', `prompt ${shorten(name)} cannot be filled: ${reason}`)
      continue
    }
    const id = freeId(index, prompt.labels, ids)
    converted.push({
      id,
      text: template.text.replace(/\{\{(\w+)\}\}/g, (_, name: string) => `{{${fieldName(name, tests)}}}`),
    })
  }
  return { prompts: converted, tests: extended }
}

function wholeTemplate(source: string, fieldFor: (source: string) => string) {
  const field = fieldFor(source)
  return { text: `{{${field}}}`, names: [], computed: new Map([[field, source]]) }
}

function withFields(vars: Vars, { names, computed }: ReturnType<typeof convertTemplate>, isChat?: true): Vars {
  const next: Record<string, JsonValue> = { ...vars }
  for (const name of names) next[name] ??= ''
  for (const [field, source] of computed) {
    const filled = renderNunjucks(source, vars)
    const text = isChat ? chatText(filled) : filled
    if (text === undefined)
      throw new InvalidInputError('filled, it is no list of messages; expected a JSON array of {role, content}')
    next[field] = text
  }
  return next
}

function exampleOf({ vars, assert, threshold }: ReadTest, tests: readonly ReadTest[]): Record<string, JsonValue> {
  const shown = Object.entries(vars).filter(([name]) => !name.startsWith('computed_'))
  const [single] = shown
  const input = vars['input'] ?? (shown.length === 1 ? single![1] : Object.fromEntries(shown))
  const fields = Object.entries(vars).map(([name, value]) => [fieldName(name, tests), value] as const)
  return {
    ...Object.fromEntries(fields),
    input,
    expected: {
      assert: assert.map((assertion) => ({ ...assertion })),
      ...(threshold === undefined ? {} : { threshold }),
    },
  } as Record<string, JsonValue>
}

/** The same test twice would count twice, and may stand on both sides of the split. */
function uniqueExamples(examples: readonly Record<string, JsonValue>[], findings: Findings) {
  const seen = new Set<string>()
  const unique = examples.filter((example) => {
    const key = JSON.stringify(example)
    return !seen.has(key) && seen.add(key)
  })
  const repeated = examples.length - unique.length
  if (repeated > 0) findings.changed('tests', `${repeated} tests repeat others: they stand once`)
  return unique
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

function freeId(index: number, labels: readonly string[], taken: Set<string>): string {
  // The name of a file says nothing of one prompt among several in it.
  const label = labels.find((name) => /^[\w -]{1,60}$/.test(name) && !taken.has(name))
  let id = label ?? `p${index + 1}`
  while (taken.has(id)) id += '-2'
  taken.add(id)
  return id
}

function shorten(text: string): string {
  const line = text.replace(/\s+/g, ' ')
  return JSON.stringify(line.length > 50 ? `${line.slice(0, 50)}…` : line)
}

function nothingLeft(path: string, what: string, { list }: Findings): InvalidInputError {
  const reasons = list.filter(({ kind }) => kind === 'unsupported')
  return new InvalidInputError(
    [`nothing usable remains of ${showPath(path)}: ${what}`, ...reasons.map(findingText)].join('\n'),
    { remedy: '`krige help promptfoo` says what an import understands.' },
  )
}

/** A finding for people, on one line. */
export function findingText({ kind, where, message }: Finding): string {
  return `${kind}: ${where}: ${message}`
}
