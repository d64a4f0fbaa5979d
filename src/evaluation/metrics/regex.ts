import * as z from 'zod'
import { InvalidInputError } from '../../errors.ts'
import { showValue } from '../../prompt/template.ts'
import { messageOf } from '../../text/message-of.ts'
import { findsPattern } from '../pattern.ts'
import type { Metric } from './metric.ts'
import { expectText, type MetricDefinition } from './metric-definition.ts'
import { quote } from './show-difference.ts'

export interface RegexOptions {
  /** One for all examples. @defaultValue each example's `expected` */
  readonly pattern?: string | undefined
  /** Of JavaScript. @defaultValue 'iu' */
  readonly flags?: string | undefined
}

/**
 * Right when a pattern matches: one for all examples, or each example's `expected`. A pattern that JavaScript's
 * engine comes to no end with is looked for by another, in time that grows with the answer alone.
 *
 * @throws InvalidInputError when `pattern` is no regular expression.
 * @example
 * regex({ pattern: '^\\s*\\d+' }).score('42 apples', example) // 1
 */
export function regex({ pattern, flags = 'iu' }: RegexOptions = {}): Metric {
  const compiled = new Map<string, RegExp>()
  const compile = (source: string) => {
    const expression = compiled.get(source) ?? compilePattern(source, flags)
    compiled.set(source, expression)
    return expression
  }
  if (pattern !== undefined) compile(pattern)
  return {
    name: 'regex',
    score: (output, example) => (findsPattern(compile(pattern ?? showValue(example.expected ?? '')), output) ? 1 : 0),
    explain: (output, example) =>
      `no match of ${shorten(String(compile(pattern ?? showValue(example.expected ?? ''))))} in ${quote(output)}`,
  }
}

/** @throws InvalidInputError when a text is no regular expression. */
export function compilePattern(source: string, flags = ''): RegExp {
  try {
    return new RegExp(source, flags.replace(/[gy]/g, ''))
  } catch (cause) {
    throw new InvalidInputError(`/${shorten(source)}/${flags} is no regular expression`, {
      remedy: 'Correct the pattern.',
      cause,
    })
  }
}

/** Why a text is no regular expression, if it is none. */
export function patternProblem(source: string, flags = ''): string | undefined {
  try {
    compilePattern(source, flags)
    return undefined
  } catch (error) {
    return messageOf(error)
  }
}

function shorten(text: string): string {
  return text.length > 60 ? `${text.slice(0, 60)}…` : text
}

export const regexMetric: MetricDefinition<RegexOptions> = {
  name: 'regex',
  page: {
    rightWhen: 'a pattern matches',
    settings: "`pattern` (each example's `expected`), `flags` (`iu`)",
    expected: 'a pattern',
  },
  options: z
    .strictObject({ pattern: z.string().min(1).optional(), flags: z.string().optional() })
    .superRefine(({ pattern, flags }, check) => {
      const problem = patternProblem(pattern ?? '', flags ?? 'iu')
      if (problem) check.addIssue(problem)
    }),
  maxOutputTokens: 256,
  needsExpected: ({ pattern }) => pattern === undefined,
  checkExpected(expected, { flags = 'iu' }) {
    const problem = expectText(expected)
    if (problem) return problem
    const isPattern = patternProblem(String(expected), flags) === undefined
    return isPattern ? undefined : { needs: 'a regular expression', remedy: 'Correct the pattern.' }
  },
  create: regex,
}
