/**
 * Tests of a promptfoo configuration as examples of ours.
 *
 * @module
 */
import type { Assertion } from '../../evaluation/metrics/assertion-options.ts'
import type { JsonValue } from '../../prompt/example.ts'
import { type ImportedLimit, importAssertion } from './assertions.ts'
import type { ConfigFiles } from './files.ts'
import type { Findings } from './finding.ts'
import type { Vars } from './nunjucks.ts'
import type { ImportedTest } from './tests.ts'

/** A test whose assertions are ours. */
export interface ReadTest extends Omit<ImportedTest, 'assert'> {
  readonly assert: readonly Assertion[]
}

export function readTests(
  tests: readonly ImportedTest[],
  rubric: string | undefined,
  files: ConfigFiles,
  findings: Findings,
) {
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
export function fieldName(variable: string, tests: readonly { readonly vars: Vars }[]): string {
  let name = variable
  if (RESERVED.has(variable))
    do name += '_'
    while (tests.some(({ vars }) => Object.hasOwn(vars, name)))
  return name
}

export function exampleOf(
  { vars, assert, threshold }: ReadTest,
  tests: readonly ReadTest[],
): Record<string, JsonValue> {
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
export function uniqueExamples(examples: readonly Record<string, JsonValue>[], findings: Findings) {
  const seen = new Set<string>()
  const unique = examples.filter((example) => {
    const key = JSON.stringify(example)
    return !seen.has(key) && seen.add(key)
  })
  const repeated = examples.length - unique.length
  if (repeated > 0) findings.changed('tests', `${repeated} tests repeat others: they stand once`)
  return unique
}
