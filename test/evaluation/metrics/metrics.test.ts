import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { contains } from '../../../src/evaluation/metrics/contains.ts'
import { createMetric } from '../../../src/evaluation/metrics/create-metric.ts'
import { exactMatch } from '../../../src/evaluation/metrics/exact-match.ts'
import { jsonFields } from '../../../src/evaluation/metrics/json-fields.ts'
import { labelMatch } from '../../../src/evaluation/metrics/label-match.ts'
import { readMetric } from '../../../src/evaluation/metrics/metric-specification.ts'
import { findNumber, numeric } from '../../../src/evaluation/metrics/numeric.ts'
import { regex } from '../../../src/evaluation/metrics/regex.ts'
import type { JsonValue } from '../../../src/prompt/example.ts'

const expecting = (expected: JsonValue) => ({ id: '1', input: 'x', expected, fields: {} })

describe('label-match', () => {
  const labels = ['bug', 'bug report', 'billing', 'not spam', 'spam', 'C++', 'café']
  it.each([
    ['billing', ' **Billing**.', 1],
    ['billing', 'The ticket is billing, not a bug.', 1],
    ['bug', 'The ticket is billing, not a bug.', 0],
    ['bug report', 'Bug\nreport', 1],
    ['bug', 'bug report', 0],
    ['bug', 'debug this', 0],
    ['bug', 'bugs', 0],
    ['not spam', 'Not spam!', 1],
    ['spam', 'Not spam!', 0],
    ['C++', 'c++ of course', 1],
    ['café', 'CAFÉ', 1],
    ['bug', '', 0],
    ['bug', 'label: _bug_', 0],
    ['bug', 'label:bug', 1],
  ])('expecting %j, %j scores %d', (expected, output, score) => {
    expect(labelMatch(labels).score(output, expecting(expected))).toBe(score)
  })

  it.each([
    [['良い', '悪い'], 'これは良いです', '良い'],
    [['好', '不好'], '我觉得不好。', '不好'],
    [['ดี', 'แย่'], 'รีวิวนี้ดีมาก', 'ดี'],
    [['ລາວ', 'ໄທ'], 'ນີ້ແມ່ນລາວແທ້', 'ລາວ'],
    [['긍정', '부정'], '이 리뷰는 긍정입니다.', '긍정'],
    [['bug', 'billing'], 'これはbugです', 'bug'],
    [['bug', 'billing'], '이것은 bug입니다', 'bug'],
    [['良い', '悪い'], '評価:良いOK', '良い'],
    [['хорошо', 'плохо'], 'нехорошо, плохо', 'плохо'],
    [['good', 'bad'], 'badly good', 'good'],
    [['C', 'Java'], 'C++ or Java', 'Java'],
    [['C', 'C++', 'C#'], 'C# it is', 'C#'],
    [['4', '5'], '4.5, so 5', '5'],
    [['5', '-5'], '-5', '-5'],
    [['5', '7'], '-5 or 7', '7'],
    [['1', '2'], '- 2', '2'],
    [['a', 'b'], 'ａ', 'a'],
    [['😀', '😡'], 'good😀really', '😀'],
    [['👍', '👎'], '👍🏽 or 👎', '👎'],
    [['👩', '🔬'], '👩\u200D🔬, 🔬', '🔬'],
    [['🇫🇷', '🇩🇪'], 'voilà🇫🇷!', '🇫🇷'],
    [['cafe', 'café'], 'cafe\u0301', 'café'],
    [['إيجابي', 'سلبي'], 'هذا الرأي والسلبي', 'سلبي'],
    [['إيجابي', 'سلبي'], 'التصنيف: الإيجابي', 'إيجابي'],
    [['إيجابي', 'سلبي'], 'إِيجَابِيّ', 'إيجابي'],
    [['حب', 'كره'], 'أحب كره', 'كره'],
    [['חיובי', 'שלילי'], 'זה החיובי', 'חיובי'],
    [['spam', 'ham'], 'non-spam, so ham', 'ham'],
    [['toxic', 'non-toxic'], 'Non-toxic', 'non-toxic'],
  ])('of %j, %j mentions %j first', (all, output, found) => {
    const metric = labelMatch(all)
    expect(all.filter((label) => metric.score(output, expecting(label)) === 1)).toEqual([found])
  })

  it.each([
    ['is not spam ever', ['not spam ever', 'spam']],
    ['5.3', ['5', '5.3']],
    ['C++ ', ['C', 'C++']],
    ['これは良い悪い', ['良い', '悪い', '良い悪い']],
  ])('never decides %j too soon', (output, all) => {
    const metric = labelMatch(all)
    for (let length = 1; length <= output.length; length++) {
      const start = output.slice(0, length)
      if (!metric.isDecided!(start)) continue
      for (const label of all) {
        expect([start, metric.score(start, expecting(label))]).toEqual([start, metric.score(output, expecting(label))])
      }
    }
  })

  it('is decided only when nothing that follows can change it', () => {
    const metric = labelMatch(labels)
    const word = fc.constantFrom(
      'bug',
      ' report',
      'billing',
      'spam',
      'not ',
      ' ',
      '\n',
      's',
      ',',
      'x',
      'C++',
      '   ',
      '+',
      'は',
      '.',
      '5',
    )
    fc.assert(
      fc.property(fc.array(word, { maxLength: 6 }), fc.array(word, { maxLength: 6 }), (before, after) => {
        const start = before.join('')
        fc.pre(metric.isDecided!(start))
        for (const label of labels) {
          expect(metric.score(start + after.join(''), expecting(label))).toBe(metric.score(start, expecting(label)))
        }
      }),
      { numRuns: 2000 },
    )
    expect(metric.isDecided!(' billing')).toBe(false)
    expect(metric.isDecided!(' billing\n')).toBe(true)
    expect(metric.isDecided!('bug ')).toBe(false)
  })
})

describe('other metrics', () => {
  it('exact-match compares up to case and outer punctuation, or to the letter', () => {
    expect(exactMatch().score(' "Paris". ', expecting('paris'))).toBe(1)
    expect(exactMatch().score('Paris, France', expecting('paris'))).toBe(0)
    expect(exactMatch({ normalize: false }).score('Paris.', expecting('Paris'))).toBe(0)
  })

  it('contains gives the share of expected texts', () => {
    expect(contains().score('Refund within 14 days.', expecting(['refund', '30 days']))).toBe(0.5)
    expect(contains({ caseSensitive: true }).score('Refund', expecting('refund'))).toBe(0)
  })

  it('regex uses one pattern, or each example its own', () => {
    expect(regex({ pattern: '^\\s*\\d+' }).score('42 apples', expecting('x'))).toBe(1)
    expect(regex().score('order AB-12', expecting('[A-Z]{2}-\\d+'))).toBe(1)
    expect(() => regex({ pattern: '(' })).toThrow(/no regular expression/)
  })

  it.each([
    ['3 + 4 = 7, so 7.', 7],
    ['#### 1,234', 1234],
    ['The answer is \\boxed{-5}, found in 3 steps', -5],
    ['no number', undefined],
    ['1e3 apples', 1000],
    ['costs $12.50', 12.5],
    ['from 10 to −2', -2],
  ])('numeric reads %j as %s', (text, number) => {
    expect(findNumber(text, 'last')).toBe(number)
  })

  it('numeric allows for tolerance', () => {
    expect(numeric({ tolerance: 0.1 }).score('3.05', expecting(3))).toBe(1)
    expect(numeric({ relative: 0.01 }).score('1009', expecting(1000))).toBe(1)
    expect(numeric({ position: 'first' }).score('5 of 10', expecting(5))).toBe(1)
  })

  it('json-fields reads JSON out of prose and fences', () => {
    const expected = { city: 'Rome', year: 9, tags: ['a', 'b'] }
    const answer =
      'Sure {not json}!\n```json\n{"city": " rome.", "year": "9", "tags": ["A", "b"], "more": {"x": "}"}}\n```'
    expect(jsonFields().score(answer, expecting(expected))).toBe(1)
    expect(jsonFields({ all: true }).score('{"city": "Rome", "year": 10}', expecting(expected))).toBe(0)
    expect(jsonFields({ fields: ['city', 'year'] }).score('{"city": "Rome", "year": 10}', expecting(expected))).toBe(
      0.5,
    )
    expect(jsonFields().score('{"city": ', expecting(expected))).toBe(0)
    expect(jsonFields().score('{'.repeat(50_000), expecting(expected))).toBe(0)
  })

  it('never score what is no number between 0 and 1, whatever the answer', () => {
    const metrics = [labelMatch(['a', 'b']), exactMatch(), contains(), regex({ pattern: 'a+' }), numeric()]
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), (output) => {
        for (const metric of metrics) {
          const score = metric.score(output, expecting('1'))
          expect(score === 0 || score === 1).toBe(true)
        }
      }),
    )
  })

  it.each([
    ['judge', { criteria: 'good' }, 'metric judge needs model', 'Add it, as in metric: { name: judge, model: … }'],
    ['regex', { pattern: '(' }, 'is no regular expression', 'Correct it; '],
    ['numeric', { tolerence: 1 }, 'tolerence', 'Take the key out; '],
  ])('say of settings of %s what to do: %j', (name, options, message, remedy) => {
    const read = () => readMetric({ name, ...options }, 'task.yaml:5', (path) => path)
    expect(read).toThrow(
      expect.objectContaining({ message: expect.stringContaining(message), remedy: expect.stringContaining(remedy) }),
    )
  })

  it('say when a package is missing or a name is unknown', async () => {
    await expect(createMetric({ name: 'nope', options: {} }, { labels: [] })).rejects.toThrow(/unknown/)
    await expect(createMetric({ name: '/nowhere/metric.ts', options: {} }, { labels: [] })).rejects.toThrow(
      expect.objectContaining({
        message: expect.stringContaining('cannot be loaded'),
        remedy: expect.stringMatching(/as JavaScript or TypeScript; .* export default \(output, example\)/),
      }),
    )
  })
})
