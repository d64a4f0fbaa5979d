import { describe, expect, it } from 'vitest'
import { DeadlineError, withDeadline } from '../../../src/evaluation/deadline.ts'
import { fitsSchema, schemaProblem } from '../../../src/evaluation/json-schema.ts'
import { assertions } from '../../../src/evaluation/metrics/assertions.ts'
import { regex } from '../../../src/evaluation/metrics/regex.ts'
import { findsPattern } from '../../../src/evaluation/pattern.ts'
import type { JsonValue } from '../../../src/prompt/example.ts'
import { walkProgram } from '../../../src/prompt/program-flow.ts'
import { defineTask } from '../../../src/task/define-task.ts'

const answer = `${'a'.repeat(40)}!`
const hostile = ['^(a+)+$', '^(a|a)*$', '^(a*)*b', '^(?:a|aa)+$']
const expecting = (expected: JsonValue) => ({ id: '1', input: 'x', expected, fields: {} })

async function seconds(work: () => unknown): Promise<number> {
  const started = performance.now()
  await expect(async () => await work()).rejects.toThrow(/took longer than 500 ms/)
  return (performance.now() - started) / 1000
}

describe('patterns that come with data', () => {
  it.each(hostile)('%s is decided all the same, soon', async (pattern) => {
    const started = performance.now()
    expect(await regex().score(answer, expecting(pattern))).toBe(0)
    expect(await regex({ pattern }).score(answer, expecting('x'))).toBe(0)
    const check = { assert: [{ type: 'regex', value: pattern }] }
    expect(await assertions().score(answer, expecting(check))).toMatchObject({ score: 0 })
    // An answer of 100,000 letters takes it no longer than it takes to read.
    expect(await regex().score('a'.repeat(100_000), expecting(pattern))).toBe(pattern.endsWith('b') ? 0 : 1)
    expect(performance.now() - started).toBeLessThan(5000)
  })

  it.each(['^(?=(a+)+$)', '^(a+)+\\1$'])('%s fails one cell, soon, and says so', async (pattern) => {
    expect(await seconds(() => regex().score(answer, expecting(pattern)))).toBeLessThan(3)
    const check = { assert: [{ type: 'regex', value: pattern }] }
    expect(await seconds(() => assertions().score(answer, expecting(check)))).toBeLessThan(3)
  })

  it('say of white space and line ends what JavaScript says, whoever looks', () => {
    const slowly = (source: string) => new RegExp(`${source}|^(a+)+$`)
    const texts = ['\u00a0', '\u3000', '\ufeff', '\v', '\r', '\u2028', ' ', 'x', '\n', '.']
    for (const source of ['^\\s$', '^\\S$', '^[\\s]$', '^[^\\s]$', '^.$', '^[.]$', '^\\.$', '^\\w$']) {
      const pattern = slowly(source)
      expect(findsPattern(pattern, answer)).toBe(false)
      for (const text of texts)
        expect([source, text, findsPattern(pattern, text)]).toEqual([source, text, pattern.test(text)])
    }
  })

  it('decide where a program goes on, within the same time', () => {
    const program = {
      stages: [{ name: 'one', slots: {}, template: {} }],
      states: [{ name: 'one', stage: 'one', next: [{ to: 'one', matches: '^(a+)+$' }, { to: 'end' }], rounds: 2 }],
      start: [{ to: 'one' }],
      maxSteps: 5,
    }
    const walk = walkProgram(program as never, { id: 'x', text: 'x' }, findsPattern)
    const started = performance.now()
    walk.advance(answer)
    expect(walk.stage).toBeUndefined()
    expect(performance.now() - started).toBeLessThan(3000)
  })

  it('stand in JSON schemas, too', async () => {
    const schema = { properties: { a: { pattern: '^(a+)+$' } } }
    const check = { assert: [{ type: 'is-json', schema }] }
    const json = JSON.stringify({ a: answer })
    expect(await seconds(() => assertions().score(json, expecting(check)))).toBeLessThan(3)
  })

  it('match as they always did where they are honest', () => {
    expect(regex().score('aaa', expecting('^(a+)+$'))).toBe(1)
    expect(regex().score('no sorry', expecting('^(?!.*sorry)'))).toBe(0)
    expect(regex({ pattern: '(.)\\1' }).score('book', expecting('x'))).toBe(1)
  })

  it('are checked before anything is spent', () => {
    const task = (metric: { name: string; [key: string]: unknown }, expected: string) =>
      defineTask({
        examples: [
          { input: 'a', expected: 'x' },
          { input: 'b', expected },
        ],
        prompts: ['One', 'Two'],
        metric,
        model: 'openai:x',
      })
    expect(() => task({ name: 'regex' }, '(')).toThrow(/needs a regular expression/)
    expect(() => task({ name: 'regex', pattern: '(' }, 'x')).toThrow(/no regular expression/)
    expect(() => task({ name: 'regex', flags: 'qq' }, 'x')).toThrow(/no regular expression/)
  })
})

describe('schemas that come with data', () => {
  it.each<[object, string]>([
    [{ $ref: '#' }, 'refers to itself without end'],
    [
      { $ref: '#/definitions/a', definitions: { a: { $ref: '#/definitions/b' }, b: { $ref: '#/definitions/a' } } },
      'refers to itself without end',
    ],
    [{ anyOf: [{ $ref: '#' }] }, 'refers to itself without end'],
    [{ properties: { a: { $ref: '#/properties/a' } } }, 'refers to itself without end'],
    [{ properties: { a: { $ref: '#/nope' } } }, '$ref "#/nope" leads nowhere'],
    [{ $ref: 'http://example.com/schema' }, 'leads nowhere'],
    [{ properties: { a: { pattern: '(' } } }, 'Invalid regular expression'],
  ])('%j is refused before anything is spent', (schema, problem) => {
    const expected = { assert: [{ type: 'is-json' as const, schema: schema as never }] }
    const task = () =>
      defineTask({
        examples: [
          { input: 'a', expected },
          { input: 'b', expected },
        ],
        prompts: ['One', 'Two'],
        metric: 'assertions',
        model: 'openai:x',
      })
    expect(task).toThrow(/a JSON schema that ends: it /)
    expect(task).toThrow(problem)
  })

  it('may refer to themselves where an answer ends', async () => {
    const schema = { type: 'object', properties: { a: { $ref: '#' } } }
    expect(schemaProblem(schema)).toBeUndefined()
    const check = { assert: [{ type: 'is-json', schema }] }
    expect(await assertions().score('{"a":{"a":{}}}', expecting(check))).toBe(1)
    expect(await assertions().score('{"a":{"a":5}}', expecting(check))).toMatchObject({ score: 0 })
    let deep: unknown = {}
    for (let level = 0; level < 20_000; level++) deep = { a: deep }
    expect(() => fitsSchema(deep, schema)).toThrow('nested too deeply')
  })
})

describe('checks that cannot be made', () => {
  it('are refused before anything is spent', () => {
    const task = (embedder: string) => ({
      examples: ['a', 'b'].map((input) => ({ input, expected: { assert: [{ type: 'similar', value: 'hello' }] } })),
      prompts: ['One', 'Two'],
      metric: 'assertions',
      model: 'openai:x',
      embedder,
    })
    expect(() => defineTask(task('none'))).toThrow(/example 1 compares meanings, and embedder: none/)
    expect(defineTask(task('auto')).metric.name).toBe('assertions')
  })
})

describe('withDeadline', () => {
  it('stops endless loops, gives back values and errors, and can stand inside itself', () => {
    expect(withDeadline('sum', 500, () => 2 + 2)).toBe(4)
    expect(() =>
      withDeadline('it', 500, () => {
        throw new RangeError('own')
      }),
    ).toThrow(new RangeError('own'))
    const loop = () => {
      for (;;);
    }
    expect(() => withDeadline('the loop', 20, loop)).toThrow(DeadlineError)
    expect(withDeadline('outer', 500, () => 1 + withDeadline('inner', 500, () => 1))).toBe(2)
  })
})
