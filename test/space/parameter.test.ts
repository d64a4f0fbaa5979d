import { describe, expect, it } from 'vitest'
import { encodeSpace } from '../../src/space/encoding.ts'
import { defineSpace } from '../../src/space/parameter.ts'

describe('defineSpace', () => {
  it.each<readonly [string, unknown, string]>([
    ['a list for a space', [1], 'space is [1]'],
    ['a range without its kind', { x: [0, 1] }, 'parameter x is [0,1]; expected { float'],
    ['a kind without a range', { x: 'float' }, 'parameter x is "float"'],
    ['a misspelled key', { x: { float: [0, 1], setp: 0.1 } }, 'Did you mean step?'],
    ['a negative step', { x: { int: [0, 10], step: -1 } }, 'parameter x.step is -1'],
    ['a step of 0', { x: { float: [0, 1], step: 0 } }, 'parameter x.step is 0'],
    ['a step that is no number', { x: { float: [0, 1], step: Number.NaN } }, 'parameter x.step is NaN'],
    ['half a step between whole numbers', { x: { int: [0, 10], step: 0.5 } }, 'parameter x.step is 0.5'],
    ['a step wider than the range', { x: { int: [0, 3], step: 5 } }, 'steps of 5'],
    ['a step too small to count', { x: { float: [0, 1], step: 1e-300 } }, 'fewer than 2^52'],
    ['whole numbers from a half', { x: { int: [0.5, 3] } }, 'parameter x.int[0] is 0.5'],
    ['a range wider than numbers', { x: { float: [-1e308, 1e308] } }, 'expected a width'],
    ['all whole numbers', { x: { int: [-Number.MAX_SAFE_INTEGER, Number.MAX_SAFE_INTEGER] } }, 'fewer than 2^52'],
    ['an infinite bound', { x: { float: [0, Infinity] } }, 'parameter x.float[1] is Infinity'],
    ['bounds in the wrong order', { x: { float: [1, 0] } }, 'expected low <= high'],
    ['one bound', { x: { float: [1] } }, 'parameter x.float'],
    ['no choices', { x: { categorical: [] } }, 'parameter x.categorical is []'],
    ['a choice that is an object', { x: { categorical: [{}] } }, 'parameter x.categorical[0] is {}'],
    ['a choice twice', { x: { categorical: ['a', 'a'] } }, 'distinct'],
    ['log: "yes"', { x: { float: [1, 2], log: 'yes' } }, 'parameter x.log is "yes"'],
    ['a condition on nothing', { x: { float: [0, 1], when: { parameter: 'y', in: [1] } } }, 'stands before it'],
    [
      'one on what every object has',
      { x: { float: [0, 1], when: { parameter: 'constructor', in: [1] } } },
      'stands before',
    ],
    [
      'a value that is no choice',
      { y: { categorical: ['a'] }, x: { float: [0, 1], when: { parameter: 'y', in: ['b'] } } },
      'which it never is',
    ],
    [
      'a value out of range',
      { y: { int: [0, 3] }, x: { float: [0, 1], when: { parameter: 'y', in: [4] } } },
      'which it never is',
    ],
    [
      'a value between steps',
      { y: { int: [0, 4], step: 2 }, x: { int: [0, 1], when: { parameter: 'y', in: [1] } } },
      'which it never is',
    ],
    [
      'no value at all',
      { y: { int: [0, 4] }, x: { int: [0, 1], when: { parameter: 'y', in: [] } } },
      'x.when.in is []',
    ],
    ['the prototype for a name', JSON.parse('{"__proto__": {"float": [0, 1]}}'), 'expected another name'],
  ])('refuses %s', (_, space, message) => {
    expect(() => defineSpace(space as never)).toThrow(message)
  })

  it('proposes decimal steps as people write them', () => {
    const encoding = encodeSpace(
      defineSpace({
        x: { float: [0, 1], step: 0.1 },
        y: { float: [1e-7, 9e-7], step: 1e-7 },
        z: { float: [0.05, 1], step: 0.1 },
      }),
    )
    const values = encoding.enumerate(10_000)!.map((x) => encoding.decode(x))
    expect([...new Set(values.map(({ x }) => x))]).toEqual([0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1])
    expect(values.map(({ y }) => y)).toContain(3e-7)
    expect(values.map(({ z }) => z)).toContain(0.35)
  })
})
