import { describe, expect, it } from 'vitest'
import { DeadlineError, withDeadline } from '../../../src/evaluation/deadline.ts'
import { assertions } from '../../../src/evaluation/metrics/assertions.ts'
import { regex } from '../../../src/evaluation/metrics/regex.ts'
import type { JsonValue } from '../../../src/prompt/example.ts'
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
  it.each(hostile)('%s fails one cell, soon, and says so', async (pattern) => {
    expect(await seconds(() => regex().score(answer, expecting(pattern)))).toBeLessThan(3)
    expect(await seconds(() => regex({ pattern }).score(answer, expecting('x')))).toBeLessThan(3)
    const check = { assert: [{ type: 'regex', value: pattern }] }
    expect(await seconds(() => assertions().score(answer, expecting(check)))).toBeLessThan(3)
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
