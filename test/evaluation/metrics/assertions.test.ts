import { describe, expect, it } from 'vitest'
import type { Assertion, Assertions } from '../../../src/evaluation/metrics/assertion-options.ts'
import { assertions, assertionsMetric } from '../../../src/evaluation/metrics/assertions.ts'
import { createTemplateEvaluator } from '../../../src/evaluation/template-evaluator.ts'
import type { Example, JsonValue } from '../../../src/prompt/example.ts'
import { parseTemplate } from '../../../src/prompt/template.ts'
import { createScriptedModel } from '../../support/scripted-model.ts'

const exampleOf = (expected: Assertions): Example =>
  ({ id: '1', input: 'q', expected: JSON.parse(JSON.stringify(expected)), fields: {} }) satisfies Example
const numberOf = async (scored: unknown) => {
  const given = await scored
  return typeof given === 'object' && given !== null && 'score' in given ? given.score : given
}
const scoreOf = (output: string, assertion: Assertion) =>
  numberOf(assertions().score(output, exampleOf({ assert: [assertion] })))

describe('assertions', () => {
  it.each<[Assertion, right: string, wrong: string]>([
    [{ type: 'equals', value: 'Paris' }, ' Paris\n', 'paris'],
    [{ type: 'contains', value: 'Par' }, 'In Paris', 'in paris'],
    [{ type: 'icontains', value: 'PAR' }, 'in paris', 'in Rome'],
    [{ type: 'contains-any', value: ['a', 'b'] }, 'xb', 'xc'],
    [{ type: 'icontains-any', value: ['A', 'B'] }, 'xb', 'xc'],
    [{ type: 'contains-all', value: ['a', 'b'] }, 'ab', 'aB'],
    [{ type: 'icontains-all', value: ['A', 'b'] }, 'aB', 'a'],
    [{ type: 'starts-with', value: 'Yes' }, 'Yes.', ' Yes'],
    [{ type: 'ends-with', value: 'end' }, 'the end\n', 'the end.'],
    [{ type: 'regex', value: '^\\d+$' }, '42', '4 2'],
    [{ type: 'is-json' }, '{"a": [1]}', 'Here: {"a": 1}'],
    [
      { type: 'is-json', schema: { type: 'object', required: ['a'], properties: { a: { type: 'string' } } } },
      '{"a": "b"}',
      '{"a": 1}',
    ],
    [{ type: 'contains-json', schema: { type: 'object', required: ['a'] } }, 'Here: {"a": 1}.', 'Here: {"b": 1}.'],
    [{ type: 'length', atMost: 3 }, 'abc', 'abcd'],
    [{ type: 'word-count', atLeast: 2, atMost: 3 }, 'one  two', 'one two three four'],
  ])('%j holds and does not hold', async (assertion, right, wrong) => {
    expect(await scoreOf(right, assertion)).toBe(1)
    expect(await scoreOf(wrong, assertion)).toBe(0)
    expect(await scoreOf(right, { ...assertion, not: true })).toBe(0)
  })

  it('weighs checks, and scores an example with a threshold by whether it is reached', async () => {
    const assert: Assertion[] = [
      { type: 'contains', value: 'a', weight: 3 },
      { type: 'contains', value: 'b' },
      { type: 'contains', value: 'c', weight: 0 },
    ]
    const metric = assertions()
    expect(await numberOf(metric.score('a', exampleOf({ assert })))).toBe(0.75)
    expect(await numberOf(metric.score('a', exampleOf({ assert, threshold: 0.75 })))).toBe(1)
    expect(await numberOf(metric.score('b c', exampleOf({ assert, threshold: 0.75 })))).toBe(0)
  })

  it('names the mean of checks that share a name', async () => {
    const assert: Assertion[] = [
      { type: 'contains', value: 'a', metric: 'tone' },
      { type: 'contains', value: 'b', metric: 'tone' },
      { type: 'contains', value: 'c' },
    ]
    const scored = await assertions().score('a c', exampleOf({ assert }))
    expect(scored).toEqual({
      score: expect.closeTo(2 / 3, 12),
      metrics: { tone: 0.5 },
      feedback: [{ text: 'contains "b" does not hold', from: 'assertions' }],
    })
  })

  it('says what is wrong with checks, and where', () => {
    const problem = (expected: JsonValue) => assertionsMetric.checkExpected!(expected, {})?.needs
    expect(problem('bug')).toBe('checks: Invalid input: expected object, received string')
    expect(problem({ assert: [{ type: 'contains' }] })).toMatch(/^checks: assert\.0\.value: Invalid input/)
  })

  it('compares meanings by the similarity it is given', async () => {
    const metric = assertions({ similarity: async (a, b) => (a.length === b.length ? 0.8 : 0.1) })
    const example = exampleOf({ assert: [{ type: 'similar', value: ['abcd', 'xy'] }] })
    expect(await numberOf(metric.score('12', example))).toBe(1)
    expect(await numberOf(metric.score('123', example))).toBe(0)
    const strict = exampleOf({ assert: [{ type: 'similar', value: 'ab', threshold: 0.9 }] })
    expect(await numberOf(metric.score('12', strict))).toBe(0)
    await expect(assertions().score('12', strict)).rejects.toThrow(/needs embeddings/)
  })

  it('asks a judge for rubrics and facts, counts its calls, and shows a reference only for facts', async () => {
    const judgeModel = createScriptedModel(
      ({ prompt }) => (prompt.includes('<reference') ? 'Mark: 5' : 'Mark: 2'),
      'judge',
    )
    const metric = assertions({ judgeModel })
    const example = exampleOf({
      assert: [
        { type: 'rubric', value: 'Kind.' },
        { type: 'factuality', value: 'It closes at six.', threshold: 0.9 },
        { type: 'rubric', value: 'Rude.', threshold: 0.5, not: true },
      ],
    })
    const evaluator = createTemplateEvaluator({
      template: parseTemplate('{{prompt}} {{input}}'),
      model: createScriptedModel(() => 'At six.'),
      metric,
      sampling: { temperature: 0, maxOutputTokens: 20 },
    })
    const cell = { candidate: { id: 'a', text: 'Answer.' }, example, repeat: 0, seed: 1 }
    expect(evaluator.estimate(cell.candidate, example).calls).toBe(4)
    const result = await evaluator.evaluate(cell)
    expect(result).toMatchObject({ score: expect.closeTo((0.25 + 1 + 1) / 3, 12), calls: 4 })
    expect(judgeModel.requests[0]!.prompt).not.toContain('It closes at six.')
    expect(judgeModel.requests.every(({ prompt }) => !prompt.includes('"assert"'))).toBe(true)
  })

  it('leaves a cell missing whose judge says nothing usable', async () => {
    const evaluator = createTemplateEvaluator({
      template: parseTemplate('{{prompt}} {{input}}'),
      model: createScriptedModel(() => 'At six.'),
      metric: assertions({ judgeModel: createScriptedModel(() => 'Well…') }),
      sampling: { temperature: 0, maxOutputTokens: 20 },
    })
    const example = exampleOf({ assert: [{ type: 'rubric', value: 'Kind.' }] })
    const result = await evaluator.evaluate({ candidate: { id: 'a', text: 'A' }, example, repeat: 0, seed: 1 })
    expect(result).toMatchObject({ failure: { kind: 'metric' } })
  })
})
