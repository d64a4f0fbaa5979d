/**
 * promptfoo's assertions, as ours.
 *
 * @module
 */

import { parse as parseCsv } from 'csv-parse/sync'
import { KrigeError } from '../../errors.ts'
import { schemaProblem } from '../../evaluation/json-schema.ts'
import { type Assertion, assertionSchema } from '../../evaluation/metrics/assertion-options.ts'
import type { JsonValue } from '../../prompt/example.ts'
import { type ConfigFiles, readYaml } from './files.ts'
import type { Findings } from './finding.ts'
import { isTemplate, neededNames, renderNunjucks, type Vars } from './nunjucks.ts'
import type { WrittenAssertion } from './schema.ts'

/** What stays the same for all assertions of one test. */
export interface AssertionContext {
  readonly vars: Vars
  readonly files: ConfigFiles
  readonly findings: Findings
}

/** A limit that promptfoo checks answer by answer, and a task on the mean of a prompt. */
export interface ImportedLimit {
  readonly metric: 'usd' | 'latency'
  readonly atMost: number
}

const GRADED: Readonly<Record<string, 'rubric' | 'factuality'>> = {
  'llm-rubric': 'rubric',
  'model-graded-closedqa': 'rubric',
  factuality: 'factuality',
  'model-graded-factuality': 'factuality',
}
const TEXT = new Set(['equals', 'contains', 'icontains', 'starts-with', 'regex'])
const LIST = new Set(['contains-any', 'icontains-any', 'contains-all', 'icontains-all'])

/**
 * One assertion; `undefined` when there is no counterpart, which is then listed.
 *
 * @example
 * const context = { vars: {}, files: openFiles('.', false), findings: createFindings() }
 * const written = { type: 'not-equals', value: 'sorry' }
 * importAssertion(written, 'tests[0]', context) // { type: 'equals', value: 'sorry', not: true }
 */
export function importAssertion(
  written: WrittenAssertion,
  where: string,
  { vars, files, findings }: AssertionContext,
): Assertion | ImportedLimit | undefined {
  const refuse = (message: string) => {
    findings.unsupported(where, message)
    return undefined
  }
  if (written.type === undefined) {
    return refuse(written.$ref === undefined ? 'an assertion without a type' : `${written.$ref} is not in the file`)
  }
  if (written.transform !== undefined) return refuse(`${written.type} on a transformed answer`)
  if (written.rubricPrompt !== undefined) {
    findings.changed(`${where}.rubricPrompt`, 'the judge is asked in our own words, with the rubric as criteria')
  }
  for (const key of ['config', 'contextTransform'] as const) {
    if (written[key] !== undefined) findings.unsupported(`${where}.${key}`, `a setting of ${written.type}`)
  }
  if (written.value === null) return refuse(`${written.type} with an empty value`)
  const { threshold, weight, metric } = written
  const not = written.type.startsWith('not-')
  const type = not ? written.type.slice('not-'.length) : written.type
  const common = {
    ...(not ? { not } : {}),
    ...(weight === undefined ? {} : { weight }),
    ...(metric === undefined ? {} : { metric: render(metric, vars) }),
  }
  if ((type === 'cost' || type === 'latency') && threshold !== undefined && !not) {
    return { metric: type === 'cost' ? 'usd' : 'latency', atMost: threshold }
  }
  let value: JsonValue | undefined
  try {
    const read = readValue(written.value, type, where, files)
    const missing = textsOf(read)
      .flatMap(neededNames)
      .find((name) => !Object.hasOwn(vars, name))
    if (missing !== undefined) return refuse(`${type} with {{${missing}}}, which nothing sets`)
    value = renderValue(read, vars)
  } catch (error) {
    return refuse(error instanceof Error ? error.message : String(error))
  }
  if (type === 'javascript') {
    const simple = typeof value === 'string' ? simpleJavascript(value) : undefined
    if (!simple || threshold !== undefined) return refuse(`javascript is not run: ${shorten(value)}`)
    return checked({ ...simple, ...common, ...(not === (simple.not ?? false) ? {} : { not: true }) }, refuse)
  }
  const graded = Object.hasOwn(GRADED, type) ? GRADED[type] : undefined
  const limit = threshold === undefined ? {} : { threshold }
  if (graded) return checked({ type: graded, value: asText(value), ...limit, ...common }, refuse)
  if (type === 'similar') {
    return checked(
      { type, value: Array.isArray(value) ? value.map(asText) : asText(value), ...limit, ...common },
      refuse,
    )
  }
  if (type === 'equals' && typeof value === 'object' && value !== null)
    return checked({ type, value, ...common }, refuse)
  if (TEXT.has(type)) {
    if (type === 'regex' && !isPattern(asText(value))) return refuse(`${shorten(value)} is no regular expression`)
    if (value === undefined) return refuse(`${type} without a value`)
    if (typeof value === 'object') return refuse(`${type} with ${shorten(value)}; expected a text`)
    return checked({ type, value: asText(value), ...common }, refuse)
  }
  if (LIST.has(type)) {
    const list = Array.isArray(value) ? value.map(asText) : splitList(asText(value))
    return checked({ type, value: list, ...common }, refuse)
  }
  if (type === 'is-json' || type === 'contains-json') {
    const schema = readSchema(value)
    if (typeof schema === 'string') return refuse(`${type}: ${schema}`)
    return checked({ type, ...(schema ? { schema } : {}), ...common }, refuse)
  }
  if (type === 'word-count') {
    const range =
      typeof value === 'number'
        ? { atLeast: value, atMost: value }
        : typeof value === 'object' && value !== null && !Array.isArray(value) && ('min' in value || 'max' in value)
          ? {
              ...('min' in value ? { atLeast: value['min'] } : {}),
              ...('max' in value ? { atMost: value['max'] } : {}),
            }
          : undefined
    return range ? checked({ type, ...range, ...common }, refuse) : refuse('word-count without numbers')
  }
  return refuse(`${written.type} has no counterpart`)
}

/** promptfoo's types, as a cell of a CSV file may begin with one. */
const EXPECTED_CELL = new RegExp(
  `^(not-)?(${[
    'equals',
    'i?contains(?:-(?:any|all|json))?',
    'i?contains',
    'regex',
    'starts-with',
    'is-(?:json|xml|sql|html|refusal|valid-[a-z-]+)',
    'javascript',
    'fn',
    'eval',
    'python',
    'grade',
    'llm-rubric',
    'model-graded-(?:closedqa|factuality)',
    'factuality',
    'similar',
    'cost',
    'latency',
    'levenshtein',
    'webhook',
    'rouge-n',
    'bleu',
    'perplexity(?:-score)?',
    'classifier',
    'moderation',
    'answer-relevance',
    'context-(?:recall|relevance|faithfulness)',
    'g-eval',
    'word-count',
  ].join('|')})(?:\\((\\d*\\.?\\d+)\\))?(?::\\s*([\\s\\S]*))?$`,
)

/** A cell of a CSV file: `type: value`, `type(threshold): value`, or a text the answer must equal. */
export function readExpectedCell(written: string): WrittenAssertion {
  const match = EXPECTED_CELL.exec(written.trim())
  const isWord = match !== null && match[4] === undefined && !/^(is|contains)-/.test(match[2]!)
  if (!match || isWord) return { type: 'equals', value: written }
  const [, not = '', name = '', threshold, value] = match
  const type = { fn: 'javascript', eval: 'javascript', grade: 'llm-rubric' }[name] ?? name
  const limit = threshold ?? (type === 'cost' || type === 'latency' ? value : undefined)
  return {
    type: `${not}${type}`,
    ...(value === undefined || value === '' ? {} : { value }),
    ...(limit === undefined || Number.isNaN(Number(limit)) ? {} : { threshold: Number(limit) }),
  }
}

/** JavaScript that says no more than one of our checks does. It is read, never run. */
export function simpleJavascript(code: string): (Record<string, unknown> & { not?: boolean }) | undefined {
  const source = code
    .trim()
    .replace(/^return\s+/, '')
    .replace(/;$/, '')
    .trim()
  const length = /^output(?:\.trim\(\))?\.length\s*(<=|>=|<|>)\s*(\d+)$/.exec(source)
  if (length) {
    const limit = Number(length[2])
    switch (length[1]) {
      case '<':
        return { type: 'length', atMost: limit - 1 }
      case '<=':
        return { type: 'length', atMost: limit }
      case '>':
        return { type: 'length', atLeast: limit + 1 }
      default:
        return { type: 'length', atLeast: limit }
    }
  }
  const call = /^(!?)output(\.toLowerCase\(\))?\.(includes|startsWith|endsWith)\((['"`])([^'"`\\$]*)\4\)$/.exec(source)
  if (call) {
    const [, bang, folded, method, , value = ''] = call
    const type = { includes: folded ? 'icontains' : 'contains', startsWith: 'starts-with', endsWith: 'ends-with' }[
      method!
    ]!
    // Folding one side only is not what the other checks do.
    if (folded && (method !== 'includes' || value !== value.toLowerCase())) return undefined
    return { type, value, ...(bang ? { not: true } : {}) }
  }
  const equal = /^output(?:\.trim\(\))?\s*(===?|!==?)\s*(['"`])([^'"`\\$]*)\2$/.exec(source)
  return equal ? { type: 'equals', value: equal[3]!, ...(equal[1]!.startsWith('!') ? { not: true } : {}) } : undefined
}

function checked(candidate: unknown, refuse: (message: string) => undefined): Assertion | undefined {
  const assertion = assertionSchema.safeParse(candidate)
  if (assertion.success) return assertion.data
  const issue = assertion.error.issues[0]!
  return refuse(`${issue.path.join('.') || 'assertion'}: ${issue.message}`)
}

/**
 * A JSON schema as written: an object, or a text that holds one. `undefined` accepts everything.
 *
 * @returns a text that says what is wrong with it.
 */
function readSchema(value: JsonValue | undefined): Readonly<Record<string, JsonValue>> | string | undefined {
  let written: unknown = value
  if (typeof value === 'string') {
    try {
      written = readYaml(value)
    } catch {
      return `${shorten(value)} is no schema`
    }
  }
  if (written === undefined || written === true || value === '') return undefined
  if (written === false) return { not: {} }
  if (typeof written !== 'object' || written === null || Array.isArray(written)) return `${shorten(value)} is no schema`
  const problem = schemaProblem(written as Readonly<Record<string, unknown>>)
  if (problem) return `the schema ${problem}`
  return written as Readonly<Record<string, JsonValue>>
}

/** Values divided by commas; quotes keep one together. */
function splitList(text: string): string[] {
  const rows: string[][] = parseCsv(text, {
    relax_quotes: true,
    relax_column_count: true,
    trim: true,
    skip_empty_lines: true,
  })
  return rows.flat().filter((part) => part !== '')
}

function textsOf(value: JsonValue | undefined): string[] {
  if (typeof value === 'string') return isTemplate(value) ? [value] : []
  return Array.isArray(value) ? value.flatMap(textsOf) : []
}

function readValue(value: JsonValue | undefined, type: string, where: string, files: ConfigFiles) {
  if (typeof value !== 'string' || !files.isReference(value)) return value
  if (files.isCode(value)) throw new KrigeError('invalid-input', `${type} by ${value}: programs are not run`)
  return /\.(json|ya?ml)$/i.test(value) ? (files.data(value, where) as JsonValue) : files.text(value, where).trim()
}

function renderValue(value: JsonValue | undefined, vars: Vars): JsonValue | undefined {
  if (typeof value === 'string') return render(value, vars)
  if (Array.isArray(value)) return value.map((item) => renderValue(item, vars) ?? null)
  return value
}

function render(text: string, vars: Vars): string {
  return isTemplate(text) ? renderNunjucks(text, vars) : text
}

function isPattern(pattern: string): boolean {
  try {
    return Boolean(new RegExp(pattern))
  } catch {
    return false
  }
}

function asText(value: JsonValue | undefined): string {
  return value === undefined ? '' : typeof value === 'string' ? value : JSON.stringify(value)
}

function shorten(value: JsonValue | undefined): string {
  const text = asText(value).replace(/\s+/g, ' ')
  return text.length > 60 ? `${text.slice(0, 60)}…` : text
}
