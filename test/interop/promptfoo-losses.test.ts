import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import fc from 'fast-check'
import { afterAll, describe, expect, it } from 'vitest'
import { assertions } from '../../src/evaluation/metrics/assertions.ts'
import { fitsPattern } from '../../src/interop/promptfoo/files.ts'
import { importPromptfoo } from '../../src/interop/promptfoo/import-promptfoo.ts'
import { neededNames, renderNunjucks } from '../../src/interop/promptfoo/nunjucks.ts'
import { writeImport } from '../../src/interop/promptfoo/write-import.ts'
import type { JsonValue } from '../../src/prompt/example.ts'
import { renderTemplate } from '../../src/prompt/template.ts'
import { loadTask } from '../../src/task/load-task.ts'

const scratch = mkdtempSync(join(tmpdir(), 'krige-losses-'))
afterAll(() => rmSync(scratch, { recursive: true, force: true }))
let folders = 0

/** Imports a configuration: its own text, or the keys that differ from a working one; with files beside it. */
function importConfig(config: string | Record<string, unknown>, files: Readonly<Record<string, string>> = {}) {
  const folder = join(scratch, `${folders++}`)
  const path = join(folder, 'promptfooconfig.yaml')
  const whole =
    typeof config === 'string'
      ? config
      : JSON.stringify({
          prompts: ['Say {{topic}}', 'Tell {{topic}}'],
          providers: ['openai:x'],
          tests: TESTS,
          ...config,
        })
  for (const [name, text] of Object.entries({ ...files, 'promptfooconfig.yaml': whole })) {
    mkdirSync(dirname(join(folder, name)), { recursive: true })
    writeFileSync(join(folder, name), text)
  }
  const imported = importPromptfoo(path)
  const told = imported.findings.map(({ kind, where, message }) => `${kind}: ${where}: ${message}`)
  const task = () => loadTask(writeImport(imported, join(folder, 'krige'), 'c')[0]!)
  return { ...imported, told, task }
}

const check = (value: unknown, topic = 'a') => ({ vars: { topic }, assert: [value] })
const TESTS = [check({ type: 'contains', value: 'x' }), check({ type: 'contains', value: 'y' }, 'b')]
/** Imports one assertion beside one that always comes over. */
const importOne = (assertion: unknown, vars: object = {}) => {
  const { examples, told } = importConfig({
    tests: [...TESTS, { vars: { topic: 'c', ...vars }, assert: [{ type: 'contains', value: 'z' }, assertion] }],
  })
  const { assert } = examples[2]!['expected'] as { assert: Record<string, JsonValue>[] }
  return { made: assert[1], told }
}
const score = async (assertion: JsonValue, output: string) => {
  const example = { id: '1', input: 'x', expected: { assert: [assertion] }, fields: {} }
  const scored = await assertions().score(output, example)
  return typeof scored === 'number' ? scored : scored.score
}

describe('JSON schemas', () => {
  const schema = { type: 'object', required: ['city'] }
  it.each(['is-json', 'contains-json'])('of %s come over however they are written', async (type) => {
    const texts = [JSON.stringify(schema), 'type: object\nrequired: [city]\n', ` ${JSON.stringify(schema)}\n`]
    for (const value of [schema, ...texts]) {
      const { made } = importOne({ type, value })
      expect(made).toEqual({ type, schema })
      expect(await score(made!, '{"town": "Rome"}')).toBe(0)
      expect(await score(made!, '{"city": "Rome"}')).toBe(1)
    }
    expect(importOne({ type, value: true }).made).toEqual({ type })
    expect(await score(importOne({ type, value: false }).made!, '{}')).toBe(0)
  })

  it.each(['no schema', '[1]', '5', '{', '{"$ref": 5}'])('that are none are listed: %s', (value) => {
    const { made, told } = importOne({ type: 'is-json', value })
    expect(made).toBeUndefined()
    expect(told.join('\n')).toMatch(/unsupported: tests\[2\]\.assert\[1\]: is-json/)
  })

  it('come over from CSV cells', () => {
    const { examples } = importConfig(
      { tests: 'file://t.csv' },
      { 't.csv': 'topic,__expected\na,"is-json: {""type"": ""array""}"\nb,contains: x\n' },
    )
    expect(examples[0]!['expected']).toEqual({ assert: [{ type: 'is-json', schema: { type: 'array' } }] })
  })

  it('are looked for in every object of an answer', async () => {
    const wanted = { type: 'contains-json', schema }
    expect(await score(wanted, 'First {"a": 1}, then {"b": {"city": 1}}, then {"city": 2}.')).toBe(1)
    expect(await score(wanted, 'First {"a": 1}, then {"b": {"city": 1}}.')).toBe(0)
    expect(await score({ type: 'contains-json' }, 'none {here}')).toBe(0)
  })
})

describe('variables in files', () => {
  const files = { 'v.yaml': 'topic: tea\n', 'w.json': '{"topic": "coffee", "mood": "calm"}', 'l.yaml': '- 1\n' }
  it.each([
    ['file://v.yaml', 'tea'],
    ['v.yaml', 'tea'],
    [['v.yaml', 'file://w.json'], 'coffee'],
    ['*.json', 'coffee'],
  ])('are read: %j', (vars, topic) => {
    const assert = [{ type: 'contains', value: '{{topic}}' }]
    const { examples } = importConfig({ tests: [...TESTS, { vars, assert }] }, files)
    expect(examples[2]).toMatchObject({ topic, expected: { assert: [{ value: topic }] } })
  })

  it('are read for defaults and scenarios', () => {
    const { examples } = importConfig(
      {
        defaultTest: { vars: 'v.yaml' },
        tests: undefined,
        scenarios: [{ config: [{ vars: ['w.json'] }, { vars: { mood: 'x' } }], tests: [{ assert: TESTS[0]!.assert }] }],
      },
      files,
    )
    expect(examples).toMatchObject([{ topic: 'coffee' }, { topic: 'tea', mood: 'x' }])
  })

  it.each(['missing.yaml', 'l.yaml', 'file://v.py', '*.txt'])('are listed where they cannot be: %s', (vars) => {
    const { examples, told } = importConfig({ tests: [...TESTS, { vars, assert: TESTS[0]!.assert }] }, files)
    expect(examples).toHaveLength(2)
    expect(told.join('\n')).toMatch(/unsupported: tests\[2\]/)
  })
})

describe('prompt files', () => {
  const texts = (prompts: string, files: Record<string, string>) =>
    importConfig({ prompts }, files).prompts.map(({ text }) => text)

  it.each(['r.md', 'r.j2'])('%s is one prompt, dashes and all', (name) => {
    const text = '---\ntitle: x\n---\n\nBe kind.\n\n---\n\nAnswer about {{topic}}.'
    expect(texts(name, { [name]: text })).toEqual([text])
  })

  it('.txt is divided by every line of dashes', () => {
    const text = '---\nFirst {{topic}}\n--- \nSecond {{topic}}\r\n  ---\r\nThird {{topic}}\n----\nmore\n---'
    expect(texts('p.txt', { 'p.txt': text })).toEqual([
      'First {{topic}}',
      'Second {{topic}}',
      'Third {{topic}}\n----\nmore',
    ])
  })

  it.each([
    ['Say {{topic}}\nTell {{topic}}\n', ['Say {{topic}}', 'Tell {{topic}}']],
    ['"Say, {{topic}}"\n"Tell\n{{topic}}"\n', ['Say, {{topic}}', 'Tell\n{{topic}}']],
    ['prompt\nSay {{topic}}\n', ['Say {{topic}}']],
    ['label,Prompt\nx,Say {{topic}}\n', ['Say {{topic}}']],
    ['label;prompt\nx;"Say, {{topic}}"\n', ['Say, {{topic}}']],
  ])('.csv %j', (text, prompts) => {
    expect(texts('p.csv', { 'p.csv': text })).toEqual(prompts)
  })

  it.each([
    ['p.txt', '\n\n', 'p.txt holds no prompt'],
    ['p.txt', '---\n---\n', 'p.txt holds no prompt'],
    ['p.csv', 'prompt\n', 'p.csv holds no prompt'],
    ['p.jsonl', '\n', 'p.jsonl holds no prompt'],
    ['p.md', ' ', 'p.md holds no prompt'],
    ['p.csv', 'prompt,prompt\nSay {{topic}},Tell {{topic}}\n', 'column prompt stands twice'],
    ['p.csv', 'label,prompt\na,Say, {{topic}}\n', 'row 1 has 3 cells, and the header 2'],
  ])('%s with %j is listed', (name, text, message) => {
    const { told, prompts } = importConfig({ prompts: [name, 'Say {{topic}}'] }, { [name]: text })
    expect(told).toContain(`unsupported: prompts[0]: ${message}`)
    expect(prompts).toHaveLength(1)
  })

  it('that no pattern finds are listed', () => {
    const { told } = importConfig({ prompts: ['file://p/*.txt', 'Say {{topic}}'] }, { 'p/a.md': 'x' })
    expect(told).toContain('unsupported: prompts[0]: file://p/*.txt names no file')
  })

  it('.csv without a column prompt is listed', () => {
    const { told } = importConfig({ prompts: ['p.csv', 'Say {{topic}}'] }, { 'p.csv': 'a,b\nSay {{topic}},x\n' })
    expect(told).toContain('unsupported: prompts[0]: p.csv has no column prompt, but a, b')
  })
})

describe('assertions', () => {
  it('equals compares objects and lists by their values', async () => {
    const { made } = importOne({ type: 'equals', value: { city: 'Rome', n: 1 } })
    expect(await score(made!, '{"n": 1.0,\n "city": "Rome"}')).toBe(1)
    expect(await score(made!, '{"n": 2, "city": "Rome"}')).toBe(0)
    expect(await score(made!, 'Rome')).toBe(0)
    expect(await score(importOne({ type: 'equals', value: [1, 2] }).made!, '[1,2]')).toBe(1)
    expect(await score(importOne({ type: 'not-equals', value: [1, 2] }).made!, '[2,1]')).toBe(1)
  })

  it.each(['contains-any', 'icontains-any', 'contains-all', 'icontains-all'])('%s keeps quoted commas', (type) => {
    expect(importOne({ type, value: '"red, blue", green' }).made).toMatchObject({ value: ['red, blue', 'green'] })
    expect(importOne({ type, value: 'a,b , "say ""hi"""' }).made).toMatchObject({ value: ['a', 'b', 'say "hi"'] })
  })

  it.each(['contains', 'icontains', 'starts-with', 'regex', 'contains-any', 'not-contains'])(
    '%s of nothing is refused: every answer contains it',
    (type) => {
      for (const value of ['', '{{topic.x}}', [], null]) {
        const { made, told } = importOne({ type, value })
        expect(made).toBeUndefined()
        expect(told.some((line) => line.startsWith('unsupported: tests[2].assert[1]'))).toBe(true)
      }
    },
  )

  it.each(['{{ env.X }}', '{{ nobody }}', 'a {{ env.X | upper }}', '{% if nobody %}x{% endif %}'])(
    'that name what nothing sets are listed: %s',
    (value) => {
      for (const type of ['contains', 'equals', 'llm-rubric', 'contains-any']) {
        const { made, told } = importOne({ type, value })
        expect(made).toBeUndefined()
        expect(told.join('\n')).toMatch(/which nothing sets/)
      }
    },
  )

  it('that have a default, or look at what is there, come over', () => {
    expect(importOne({ type: 'contains', value: "{{ nobody | default('x') }}" }).made).toMatchObject({ value: 'x' })
    expect(
      importOne({ type: 'contains', value: '{% for x in list %}{{ x }}{% endfor %}' }, { list: [1, 2] }).made,
    ).toMatchObject({ value: '12' })
  })
})

describe('what nothing sets', () => {
  it('is told of prompts and variables', () => {
    const { told } = importConfig({
      prompts: ['Key {{ env.KEY }} {{topic}}', 'Hi {{ nobody | upper }} {{topic}}'],
      tests: [...TESTS, { vars: { topic: '{{ env.TOPIC }}x' }, assert: TESTS[0]!.assert }],
    })
    expect(told).toEqual(
      expect.arrayContaining([
        'changed: prompts: {{env.KEY}} is empty: an import does not read the environment',
        'changed: prompts: nothing sets {{nobody}}: it is empty',
        'changed: tests[2].vars.topic: {{env.TOPIC}} is empty: an import does not read the environment',
      ]),
    )
  })

  it('leaves a loop over it empty, and the prompt where it is', () => {
    const { prompts, examples } = importConfig({
      prompts: ['{% for item in list %}- {{ item }}\n{% endfor %}{{topic}}'],
      tests: [
        ...TESTS,
        { vars: { topic: 'c', list: ['p'] }, options: { disableVarExpansion: true }, assert: TESTS[0]!.assert },
      ],
    })
    expect(prompts).toHaveLength(1)
    expect(examples.map(({ computed_1: filled }) => filled)).toEqual(['', '', expect.stringContaining('- p')])
  })

  it('is found however a template uses it', () => {
    const of = (source: string) => [...neededNames(source)].sort().join(' ')
    expect(
      of('{{ a.b[c] | join(d) }}{% set e = f %}{{ e }}{% for g, h in i %}{{ g }}{{ loop.index }}{% endfor %}'),
    ).toBe('a c d f i')
    expect(of('{{ a is defined }}{{ "b" }}{{ c if d else e }}{{ f(g, key=h) }}{{ i | default(1) }}')).toBe(
      'c d e f g h',
    )
    expect(renderNunjucks('{% for x in none_such %}{{ x }}{% endfor %}.', {})).toBe('.')
  })
})

it.each(['prompt', 'id', 'expected', 'input', 'text', 'computed_1', 'instruction'])(
  'a variable may be called %s',
  (name) => {
    const { task } = importConfig({
      prompts: [`Do: {{${name}}}`, `Please do {{ ${name} | upper }}:`],
      tests: ['a', 'b'].map((value) => ({ vars: { [name]: value, [`${name}_`]: 'other' }, assert: TESTS[0]!.assert })),
    })
    const { template, pool, examples } = task()
    const shown = pool.map((prompt) => renderTemplate(template!, prompt, examples[0]!).text)
    expect(shown).toEqual(['Do: a', 'Please do A:'])
  },
)

describe('YAML as promptfoo reads it', () => {
  const head = 'prompts: ["Say {{topic}} {{lang}}"]\nproviders: [openai:x]\n'
  it('has merge keys', () => {
    const { examples, told } = importConfig(`${head}
x-vars: &v { lang: fr, topic: none }
x-test: &base { assert: [{ type: contains, value: x }] }
tests:
  - <<: *base
    vars: { <<: *v, topic: one }
  - { <<: *base, vars: { <<: *v, topic: two } }
`)
    expect(examples).toMatchObject([
      { topic: 'one', lang: 'fr' },
      { topic: 'two', lang: 'fr' },
    ])
    expect(JSON.stringify(examples)).not.toContain('<<')
    expect(told.join()).not.toContain('<<')
  })

  it('has more than 100 aliases', () => {
    const tests = Array.from({ length: 300 }, (_, index) => `  - { vars: { topic: t${index}, lang: x }, assert: *a }`)
    const config = `${head}x-a: &a [{ type: contains, value: x }]\ntests:\n${tests.join('\n')}\n`
    expect(importConfig(config).examples).toHaveLength(300)
  })

  it('is read so for tasks, too', () => {
    const file = join(scratch, 'task.yaml')
    writeFileSync(
      file,
      'examples: [{ input: a, expected: x }, { input: b, expected: y }]\nprompts: [One, Two]\nmetric: exact-match\nmodel: openai:x\nbudget: { <<: { calls: 7, evaluations: 5 }, evaluations: 9 }\n',
    )
    expect(loadTask(file).budget).toEqual({ calls: 7, evaluations: 9 })
  })
})

describe('tests in CSV files', () => {
  const read = (text: string) => importConfig({ tests: 'file://t.csv' }, { 't.csv': text })
  it.each([
    ['stray quotes', 'topic,__expected\n5" disk,contains: x\nb "c" d,contains: y\n', ['5" disk', 'b "c" d']],
    ['semicolons', 'topic;__expected\na, b;contains: x\nc;contains: y\n', ['a, b', 'c']],
    ['tabs', 'topic\t__expected\na; b\tcontains: x\nc\tcontains: y\n', ['a; b', 'c']],
    ['a byte order mark', '\u{FEFF}topic,__expected\na,contains: x\nb,contains: y\n', ['a', 'b']],
  ])('may have %s', (_, text, topics) => {
    expect(read(text).examples.map(({ topic }) => topic)).toEqual(topics)
  })

  it.each([
    ['no row', 'topic,__expected\n', /t\.csv holds no test/],
    ['nothing', '', /t\.csv holds no test/],
    ['a column twice', 'topic,topic,__expected\na,b,contains: x\n', /column topic stands twice/],
    [
      'a row with too many cells',
      'topic,__expected\nHello, world,contains: x\n',
      /row 1 has 3 cells, and the header 2/,
    ],
  ])('are listed where they have %s', (_, text, message) => {
    const { told, examples } = importConfig({ tests: [...TESTS, 't.csv'] }, { 't.csv': text })
    expect(told.join('\n')).toMatch(message)
    expect(examples).toHaveLength(2)
  })

  it('may end in commas', () => {
    const { examples } = importConfig(
      { tests: [...TESTS, 't.csv'] },
      { 't.csv': 'topic,__expected,\nc,contains: x,,\n' },
    )
    expect(examples[2]).toEqual({ topic: 'c', input: 'c', expected: { assert: [{ type: 'contains', value: 'x' }] } })
  })

  it('that no pattern finds are listed', () => {
    const { told } = importConfig({ tests: [...TESTS, 'file://t*.yaml'] })
    expect(told.join('\n')).toContain('unsupported: tests[2]: file://t*.yaml names no file')
  })

  it('say where a threshold is no number', () => {
    const { told, examples } = read('topic,__expected,__threshold\na,contains: x,80%\nb,contains: y,most\n')
    expect(examples[0]).toMatchObject({ expected: { threshold: 0.8 } })
    expect(told.join('\n')).toMatch(/unsupported: tests t\.csv\[1\] __threshold: "most" is no number/)
  })
})

it.each([
  [{ assert: 'contains:c' }, /tests\[2\]: no test case: assert: .*expected array/],
  [{ assert: { type: 'contains' } }, /tests\[2\]: no test case: assert: /],
  [{ assert: [{ type: 5 }] }, /tests\[2\]: no test case: assert\[0\]\.type: .*expected string/],
  [{ assert: TESTS[0]!.assert, threshold: '0.5' }, /tests\[2\]: no test case: threshold: /],
  [null, /tests\[2\]: no test case/],
  [5, /tests\[2\]: no test case/],
])('a malformed test is listed with its place: %j', (test, message) => {
  const { examples, told } = importConfig({ tests: [...TESTS, test] })
  expect(examples).toHaveLength(2)
  expect(told.join('\n')).toMatch(message)
})

it.each([
  [{ prompts: ['{{topic}}', 5] }, /prompts\[1\]/],
  [{ providers: ['openai:x', { id: 5 }] }, /providers\[1\]\.id/],
  [{ defaultTest: { threshold: 'x' } }, /unsupported: defaultTest: threshold/],
])('other malformed parts are named with their place: %j', (config, message) => {
  let told: string
  try {
    told = importConfig(config).told.join('\n')
  } catch (error) {
    told = String(error)
  }
  expect(told).toMatch(message)
})

describe('what never ends', () => {
  it('references that multiply are refused', () => {
    const bomb: Record<string, unknown> = { l0: ['x', 'x'] }
    for (let level = 1; level < 30; level++) bomb[`l${level}`] = Array(2).fill({ $ref: `#/bomb/l${level - 1}` })
    const started = performance.now()
    expect(() => importConfig({ bomb })).toThrow(/references .* more than 200000 values/)
    expect(performance.now() - started).toBeLessThan(5000)
  })

  it('templates that count to a billion are listed', () => {
    const { told } = importConfig({
      prompts: ['Say {{topic}}', '{% for i in range(1000000000) %}{{ i }}{% endfor %}{{topic}}'],
    })
    expect(told.join('\n')).toMatch(/unsupported: prompts: .*filling the template took longer than 1000 ms/)
  })

  it('references in a circle are refused or left', () => {
    expect(importConfig({ 'x-a': { $ref: '#/x-a' } }).examples).toHaveLength(2)
  })

  it('patterns of file names are matched in linear time, as a regular expression would', () => {
    const started = performance.now()
    expect(fitsPattern('a'.repeat(200), `${'*a'.repeat(60)}b`)).toBe(false)
    expect(performance.now() - started).toBeLessThan(100)
    const text = fc.stringMatching(/^[ab]{0,8}$/)
    const pattern = fc.stringMatching(/^[ab*]{1,6}$/).filter((written) => written.includes('*'))
    fc.assert(
      fc.property(text, pattern, (name, written) => {
        expect(fitsPattern(name, written)).toBe(new RegExp(`^${written.replaceAll('*', '.*')}$`).test(name))
      }),
      { numRuns: 2000 },
    )
  })
})
