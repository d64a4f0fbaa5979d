import { describe, expect, it } from 'vitest'
import { assertions } from '../../../src/evaluation/metrics/assertions.ts'
import { contains } from '../../../src/evaluation/metrics/contains.ts'
import { exactMatch } from '../../../src/evaluation/metrics/exact-match.ts'
import { jsonFields } from '../../../src/evaluation/metrics/json-fields.ts'
import { judge } from '../../../src/evaluation/metrics/judge.ts'
import { labelMatch } from '../../../src/evaluation/metrics/label-match.ts'
import type { Metric } from '../../../src/evaluation/metrics/metric.ts'
import { numeric } from '../../../src/evaluation/metrics/numeric.ts'
import { pairwiseJudge } from '../../../src/evaluation/metrics/pairwise-judge.ts'
import { regex } from '../../../src/evaluation/metrics/regex.ts'
import { createTemplateEvaluator } from '../../../src/evaluation/template-evaluator.ts'
import type { JsonValue } from '../../../src/prompt/example.ts'
import { parseTemplate } from '../../../src/prompt/template.ts'
import { createScriptedModel } from '../../support/scripted-model.ts'

const measure = async (metric: Metric, answer: string, expected: JsonValue) => {
  const evaluator = createTemplateEvaluator({
    template: parseTemplate('{{prompt}} {{input}}'),
    model: createScriptedModel(() => answer),
    metric,
    sampling: { temperature: 0, maxOutputTokens: 20 },
  })
  const example = { id: '1', input: 'q', expected, fields: {} }
  return evaluator.evaluate({ candidate: { id: 'a', text: 'Do.' }, example, repeat: 0, seed: 1 })
}

describe('why an answer scored so', () => {
  it.each<[Metric, answer: string, expected: JsonValue, text: string]>([
    [exactMatch(), 'Rome', 'Paris', 'expected "Paris", got "Rome"'],
    [labelMatch(['bug', 'billing']), 'A billing case.', 'bug', 'expected "bug", got "billing"'],
    [labelMatch(['bug', 'billing']), 'None.', 'bug', 'expected "bug", got no label in "None."'],
    [numeric(), 'It is 8.', '7', 'expected 7, got 8'],
    [numeric(), 'Many.', 7, 'expected 7, got no number in "Many."'],
    [contains(), 'refund', ['Refund', '30 days'], 'missing "30 days"'],
    [regex({ pattern: '^\\d+$' }), 'x', '', 'no match of /^\\d+$/iu in "x"'],
    [
      jsonFields(),
      '{"city": "Rome", "year": 9}',
      { city: 'Oslo', year: 10, land: 'N' },
      'city: expected "Oslo", got "Rome"; year: expected "10", got "9"; land: expected "N", got nothing',
    ],
    [jsonFields(), 'Rome', { city: 'Rome' }, 'no JSON object in "Rome"'],
  ])('%# is said by its metric', async (metric, answer, expected, text) => {
    const measured = await measure(metric, answer, expected)
    expect(measured.score).toBeLessThan(1)
    expect(measured.feedback).toEqual([{ text, from: metric.name }])
  })

  it('is not said where the score is full', async () => {
    expect((await measure(labelMatch(['bug']), 'bug', 'bug')).feedback).toBeUndefined()
    expect(
      (await measure(assertions(), 'bug', { assert: [{ type: 'contains', value: 'bug' }] })).feedback,
    ).toBeUndefined()
  })

  it('is a line per check that fails, with what a judge wrote of it', async () => {
    const metric = assertions({ judgeModel: createScriptedModel(() => 'Curt.\nMark: 2') })
    const expected = {
      assert: [
        { type: 'contains', value: 'bug' },
        { type: 'icontains', value: 'SORRY', not: true },
        { type: 'length', atMost: 3 },
        { type: 'rubric', value: 'It is polite.' },
        { type: 'contains', value: 'absent', weight: 2 },
      ],
    }
    expect((await measure(metric, 'bug, sorry', expected)).feedback?.map(({ text }) => text)).toEqual([
      'not icontains "SORRY" does not hold',
      'length atMost 3 does not hold',
      'contains "absent" does not hold',
      'rubric "It is polite." does not hold: Curt.\nMark: 2',
    ])
  })

  it("is a judge's own text, of every repeat, and a trace of its calls", async () => {
    const model = createScriptedModel((_, index) => `Reason ${index}.\nMark: 4`)
    const measured = await measure(judge({ model, criteria: 'Good.' }), 'answer', 'x')
    expect(measured.feedback).toEqual([0, 1].map((n) => ({ text: `Reason ${n}.\nMark: 4`, from: 'judge' })))
    expect(measured.traces!.map(({ role, text }) => [role, text])).toEqual([
      ['task', 'answer'],
      ['judge', 'Reason 0.\nMark: 4'],
      ['judge', 'Reason 1.\nMark: 4'],
    ])
  })

  it("is a judge's text of a comparison, with who was A", async () => {
    const metric = pairwiseJudge({ model: createScriptedModel(() => 'Clearer.\nBetter: A'), criteria: 'Good.' })
    const model = createScriptedModel(({ prompt }) => prompt)
    const evaluator = createTemplateEvaluator({
      template: parseTemplate('{{prompt}} {{input}}'),
      model,
      metric,
      sampling: { temperature: 0, maxOutputTokens: 20 },
    })
    const example = { id: '1', input: 'q', fields: {} }
    const [candidate, rival] = ['One', 'Two'].map((text) => ({ id: text, text }))
    const compared = await evaluator.compare!({ candidate: candidate!, rival: rival!, example, repeat: 0, seed: 1 })
    expect(compared.score).toBe(0.5)
    expect(compared.feedback!.map(({ text }) => text)).toEqual([
      '(A is this one, B the rival) Clearer.\nBetter: A',
      '(A is the rival, B this one) Clearer.\nBetter: A',
    ])
  })
})
