/**
 * promptfoo's test cases: from the configuration or files, with their defaults, one for each combination of variables.
 *
 * @module
 */
import { extname } from 'node:path'
import { KrigeError } from '../../errors.ts'
import type { JsonValue } from '../../prompt/example.ts'
import { readExpectedCell } from './assertions.ts'
import { type ConfigFiles, isJson } from './files.ts'
import type { Findings } from './finding.ts'
import { isTemplate, neededNames, renderVars, type Vars } from './nunjucks.ts'
import { type PromptfooConfig, schemaProblem, testSchema, type WrittenAssertion, type WrittenTest } from './schema.ts'

export interface ImportedTest {
  /** Where it was written. */
  readonly where: string
  readonly vars: Vars
  /** With where each was written: defaults come once for all tests. */
  readonly assert: readonly { readonly where: string; readonly written: WrittenAssertion }[]
  readonly threshold?: number
  /** Of the test or the defaults: who grades. */
  readonly grader?: JsonValue
}

interface Located {
  readonly where: string
  readonly test: WrittenTest
}

/** Combinations of a test's lists beyond this are a mistake, or too many to pay for. */
const MOST_COMBINATIONS = 10_000

export function importTests(config: PromptfooConfig, files: ConfigFiles, findings: Findings): ImportedTest[] {
  const defaults = readDefaults(config.defaultTest, files, findings)
  const located = [
    ...readTests(config.tests, 'tests', files, findings),
    ...readScenarios(config.scenarios, files, findings),
  ]
  const all = located.length === 0 && defaults.vars !== undefined ? [{ where: 'defaultTest', test: {} }] : located
  return all.flatMap((entry) => {
    try {
      return expandTest(entry, defaults, files, findings)
    } catch (error) {
      findings.unsupported(entry.where, error instanceof Error ? error.message : String(error))
      return []
    }
  })
}

function readDefaults(written: PromptfooConfig['defaultTest'], files: ConfigFiles, findings: Findings): WrittenTest {
  if (written === undefined) return {}
  const parsed = testSchema.safeParse(typeof written === 'string' ? files.data(written, 'defaultTest') : written)
  if (parsed.success) return parsed.data
  findings.unsupported('defaultTest', schemaProblem(parsed.error))
  return {}
}

function readTests(
  written: PromptfooConfig['tests'],
  where: string,
  files: ConfigFiles,
  findings: Findings,
): Located[] {
  if (written === undefined) return []
  if (typeof written === 'string') return readTestFile(written, where, files, findings)
  return written.flatMap((entry, index) => {
    const at = `${where}[${index}]`
    return typeof entry === 'string' ? readTestFile(entry, at, files, findings) : readTest(entry, at, findings)
  })
}

function readTestFile(written: string, where: string, files: ConfigFiles, findings: Findings): Located[] {
  if (/^(https?|huggingface|az|s3|gs):/.test(written) || files.isCode(written)) {
    findings.unsupported(where, `${written}: tests come from files of data; nothing is fetched or run`)
    return []
  }
  try {
    const paths = files.expand(written, where)
    if (paths.length === 0) findings.unsupported(where, `${written} names no file`)
    return paths.flatMap((path) => {
      const data = files.data(path, where)
      const items = Array.isArray(data) ? data : [data]
      if (items.length === 0) findings.unsupported(where, `${path} holds no test`)
      return items.flatMap((item: unknown, index): Located[] => {
        const at = `${where} ${path}[${index}]`
        return readTest(extname(path).toLowerCase() === '.csv' ? rowTest(item, at, findings) : item, at, findings)
      })
    })
  } catch (error) {
    if (!KrigeError.isInstance(error)) throw error
    findings.unsupported(where, error.message)
    return []
  }
}

function readTest(written: unknown, where: string, findings: Findings): Located[] {
  const parsed = testSchema.safeParse(written)
  if (parsed.success) return [{ where, test: parsed.data }]
  findings.unsupported(where, `no test case: ${schemaProblem(parsed.error)}`)
  return []
}

/** A row of a CSV file: variables by column, and columns of promptfoo's own. */
function rowTest(row: unknown, where: string, findings: Findings): WrittenTest {
  const vars: Record<string, JsonValue> = {}
  const assert: WrittenAssertion[] = []
  const test: { description?: string; threshold?: number } = {}
  for (const [column, cell] of Object.entries(row as Readonly<Record<string, string>>)) {
    if (/^__expected\d*$/.test(column)) {
      if (cell !== '') assert.push(readExpectedCell(cell))
    } else if (column === '__threshold') {
      const threshold = Number(cell.endsWith('%') ? Number(cell.slice(0, -1)) / 100 : cell)
      if (cell !== '' && Number.isNaN(threshold)) {
        findings.unsupported(`${where} ${column}`, `${JSON.stringify(cell)} is no number; the test has no threshold`)
      } else if (cell !== '') test.threshold = threshold
    } else if (column === '__description') test.description = cell
    else if (/^__metadata/.test(column)) findings.ignored(column, 'a note on a test')
    else if (column.startsWith('__')) {
      if (cell !== '') findings.unsupported(`${where} ${column}`, 'a column without a counterpart')
    } else vars[column] = cell
  }
  return { ...test, vars, assert }
}

function readScenarios(written: PromptfooConfig['scenarios'], files: ConfigFiles, findings: Findings): Located[] {
  return (written ?? []).flatMap((scenario, index) => {
    const where = `scenarios[${index}]`
    if (typeof scenario === 'string') {
      findings.unsupported(where, 'a scenario in a file of its own')
      return []
    }
    const tests = readTests(scenario.tests, `${where}.tests`, files, findings)
    const inner = tests.length > 0 ? tests : [{ where, test: {} as WrittenTest }]
    return scenario.config.flatMap((written, at) =>
      inner.flatMap(({ where: place, test }) =>
        readTest(written, `${where}.config[${at}]`, findings).map(({ test: config }) => ({
          where: `${place} with ${where}.config[${at}]`,
          test: {
            ...config,
            ...test,
            vars: { ...varsOf(config.vars, where, files), ...varsOf(test.vars, place, files) },
            assert: [...(config.assert ?? []), ...(test.assert ?? [])],
            options: { ...config.options, ...test.options },
          },
        })),
      ),
    )
  })
}

const KNOWN_KEYS = new Set(['description', 'vars', 'assert', 'options', 'threshold', 'metadata'])
const KNOWN_OPTIONS = new Set(['provider', 'disableVarExpansion', 'rubricPrompt', 'transform', 'postprocess'])

function expandTest({ where, test }: Located, defaults: WrittenTest, files: ConfigFiles, findings: Findings) {
  for (const [place, entry] of [
    [where, test],
    ['defaultTest', defaults],
  ] as const) {
    for (const key of Object.keys(entry)) {
      if (!KNOWN_KEYS.has(key)) findings.unsupported(`${place}.${key}`, 'a key of tests without a counterpart')
    }
    for (const key of Object.keys(entry.options ?? {})) {
      if (!KNOWN_OPTIONS.has(key)) findings.unsupported(`${place}.options.${key}`, 'an option without a counterpart')
    }
  }
  const options = { ...defaults.options, ...test.options }
  if (options.rubricPrompt !== undefined) {
    findings.changed(
      `${test.options?.rubricPrompt === undefined ? 'defaultTest' : where}.options.rubricPrompt`,
      'the judge is asked in our own words, with the rubric as criteria',
    )
  }
  const transform = options.transform ?? options.postprocess
  const threshold = test.threshold ?? defaults.threshold
  const assert = [
    ...(defaults.assert ?? []).map((written, index) => ({ where: `defaultTest.assert[${index}]`, written })),
    ...(test.assert ?? []).map((written, index) => ({ where: `${where}.assert[${index}]`, written })),
  ].map((entry) => (transform === undefined ? entry : { ...entry, written: { ...entry.written, transform } }))
  const combinations = combine(
    { ...varsOf(defaults.vars, 'defaultTest', files), ...varsOf(test.vars, where, files) },
    where,
    files,
    options.disableVarExpansion ?? false,
  )
  for (const [name, value] of combinations.flatMap((vars) => Object.entries(vars))) {
    if (typeof value !== 'string' || !isTemplate(value)) continue
    for (const missing of neededNames(value)) {
      if (combinations.some((vars) => Object.hasOwn(vars, missing))) continue
      findings.changed(`${where}.vars.${name}`, nothingSets(missing))
    }
  }
  return combinations.map(
    (vars): ImportedTest => ({
      where,
      vars: renderVars(vars),
      assert,
      ...(threshold === undefined || threshold === 0 ? {} : { threshold }),
      ...(options.provider === undefined ? {} : { grader: options.provider }),
    }),
  )
}

/** A list of texts, or a pattern of files, stands for one test each; other lists are values. */
function combine(vars: Vars, where: string, files: ConfigFiles, whole: boolean): Vars[] {
  let combinations: Record<string, JsonValue>[] = [{}]
  for (const [name, written] of Object.entries(vars)) {
    const values = valuesOf(written, `${where}.vars.${name}`, files, whole)
    if (combinations.length * values.length > MOST_COMBINATIONS) {
      throw new KrigeError('invalid-input', `${where} has more than ${MOST_COMBINATIONS} combinations of variables`)
    }
    combinations = combinations.flatMap((known) => values.map((value) => ({ ...known, [name]: value })))
  }
  return combinations
}

function valuesOf(written: JsonValue, where: string, files: ConfigFiles, whole: boolean): JsonValue[] {
  if (typeof written === 'string' && files.isReference(written)) {
    if (files.isCode(written)) throw new KrigeError('invalid-input', `${written} is a program; programs are not run`)
    const paths = files.expand(written, where)
    if (paths.length === 0) throw new KrigeError('invalid-input', `${written} names no file`)
    return paths.map((path) => {
      if (!/\.(ya?ml|json)$/i.test(path)) return files.text(path, where).trim()
      const data = files.data(path, where)
      return isJson(data) ? data : String(data)
    })
  }
  const isList = Array.isArray(written) && typeof written[0] === 'string' && !whole
  return isList ? written.flatMap((item) => valuesOf(item, where, files, whole)) : [written]
}

/** Variables as written, or from the files they name; later files go first. */
function varsOf(written: WrittenTest['vars'], where: string, files: ConfigFiles): Vars {
  if (written === undefined) return {}
  if (typeof written === 'object' && !Array.isArray(written)) return written
  const vars: Record<string, JsonValue> = {}
  for (const name of Array.isArray(written) ? written : [written]) {
    if (files.isCode(name)) throw new KrigeError('invalid-input', `vars ${name} is a program; programs are not run`)
    const paths = files.expand(name, `${where}.vars`)
    if (paths.length === 0) throw new KrigeError('invalid-input', `vars ${name} names no file`)
    for (const path of paths) {
      const data = files.data(path, `${where}.vars`)
      if (typeof data !== 'object' || data === null || Array.isArray(data)) {
        throw new KrigeError('invalid-input', `vars ${path} holds no variables; expected names and values`)
      }
      for (const [key, value] of Object.entries(data)) vars[key] = isJson(value) ? value : String(value)
    }
  }
  return vars
}

/** What is said of a name without a value. */
export function nothingSets(name: string): string {
  return name.startsWith('env.')
    ? `{{${name}}} is empty: an import does not read the environment`
    : `nothing sets {{${name}}}: it is empty`
}
