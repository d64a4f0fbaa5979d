import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { parse, stringify } from 'yaml'
import { chatOf, toPromptfoo } from '../../src/cli/export-formats.ts'
import { openEvaluator } from '../../src/evaluation/open-evaluator.ts'
import { readExpectedCell, simpleJavascript } from '../../src/interop/promptfoo/assertions.ts'
import {
  findingLines,
  type ImportedTask,
  type ImportOptions,
  importPromptfoo,
} from '../../src/interop/promptfoo/import-promptfoo.ts'
import { modelName } from '../../src/interop/promptfoo/providers.ts'
import { writeImport } from '../../src/interop/promptfoo/write-import.ts'
import type { Candidate } from '../../src/prompt/candidate.ts'
import { renderTemplate } from '../../src/prompt/template.ts'
import { writeTurns } from '../../src/prompt/turns.ts'
import { makePlan } from '../../src/run/plan.ts'
import { createPriceList } from '../../src/run/prices.ts'
import { loadTask } from '../../src/task/load-task.ts'
import { createScriptedModel } from '../support/scripted-model.ts'

const FIXTURES = join(import.meta.dirname, 'fixtures/promptfoo')
const scratch = mkdtempSync(join(tmpdir(), 'krige-import-'))
afterAll(() => rmSync(scratch, { recursive: true, force: true }))

const configOf = (name: string) => join(FIXTURES, name, 'promptfooconfig.yaml')
let folders = 0

/** Imports a fixture, writes it, loads it, and renders its first prompt on its first example. */
function importFixture(name: string, options: ImportOptions = {}) {
  const imported = importPromptfoo(configOf(name), options)
  const folder = join(scratch, `${folders++}`)
  const [file] = writeImport(imported, folder, name)
  const task = loadTask(file!)
  return { ...imported, task, first: renderTemplate(task.template!, task.pool[0]!, task.examples[0]!).text }
}

const unsupported = ({ findings }: Pick<ImportedTask, 'findings'>) =>
  findings.filter(({ kind }) => kind === 'unsupported').map(({ where, message }) => `${where}: ${message}`)

/** What each fixture needs to have something left. */
const OPTIONS: Readonly<Record<string, ImportOptions>> = {
  jsonl: { model: 'gguf:any' },
  'prompts-csv': { model: 'gguf:any', rubric: 'Clear.', judge: 'gguf:judge' },
}

describe('import promptfoo', () => {
  const names = readdirSync(FIXTURES, { withFileTypes: true }).flatMap((entry) =>
    entry.isDirectory() ? [entry.name] : [],
  )
  it('says once what many tests have in common', () => {
    const of = (test: number, message: string) => ({ kind: 'unsupported', where: `tests[${test}]`, message }) as const
    expect(findingLines([of(0, 'a python check'), of(1, 'a hook'), of(2, 'a python check')])).toEqual([
      'unsupported: tests[0] and 1 more: a python check',
      'unsupported: tests[1]: a hook',
    ])
  })

  it('has fixtures', () => expect(names.length).toBeGreaterThanOrEqual(10))

  it.each(names)('%s becomes a task that loads, plans and scores', async (name) => {
    const { task, first } = importFixture(name, OPTIONS[name])
    expect(first.length).toBeGreaterThan(5)
    expect(first).not.toMatch(/\{\{|\{%/)
    const model = createScriptedModel(() => 'Verily, Kalimera clock. Mark: 5')
    const similarity = async () => 0.5
    const evaluator = await openEvaluator(
      { ...task, metric: { name: 'assertions', options: {} } },
      { modelsFolder: scratch, environment: {}, textModel: model, similarity },
    )
    const judged = task.examples.filter((_, index) => !/rubric|factuality/.test(JSON.stringify(task.examples[index])))
    for (const example of judged.slice(0, 2)) {
      const result = await evaluator.evaluate({ candidate: task.pool[0]!, example, repeat: 0, seed: 1 })
      expect(result).toMatchObject({ score: expect.any(Number) })
    }
    const estimator = { estimate: () => ({ calls: 2, inputTokens: 10, outputTokens: 10 }) }
    const plan = makePlan({ ...task, budget: {} }, estimator, createPriceList({ input: 1, output: 1 }))
    expect(plan.searchEvaluations).toBeGreaterThanOrEqual(1)
  })

  it('keeps prompts and variables, and lists providers it leaves', () => {
    const { task, first, ...imported } = importFixture('inline')
    expect(task.model).toBe('openai:gpt-4.1-mini')
    expect(first).toBe('Say this in German: Good evening')
    expect(unsupported(imported)).toEqual([
      'providers: anthropic:messages:claude-3-5-haiku-latest: a task has one model; import again with --model anthropic:claude-3-5-haiku-latest for another',
    ])
    expect(task.baseline).toBe(0)
  })

  it('reads references, weights, thresholds and simple JavaScript, and lists programs', () => {
    const { examples, ...imported } = importFixture('mixed')
    expect(unsupported(imported)).toEqual(['tests[2].assert[1]: python has no counterpart'])
    expect(examples.map(({ expected }) => expected)).toEqual([
      { assert: [{ type: 'equals', value: 'Verily' }] },
      { assert: [{ type: 'is-json', schema: { type: 'array', items: { type: 'string' } } }] },
      {
        assert: [
          { type: 'starts-with', value: 'Fare', weight: 2 },
          { type: 'similar', value: 'Sleep well, my liege', threshold: 0.6 },
        ],
      },
      {
        assert: [
          { type: 'rubric', value: 'Speaks like a courtier about "The lamp is broken"' },
          { type: 'icontains', value: 'pray' },
        ],
        threshold: 0.5,
      },
    ])
  })

  it('reads CSV files, and computes what a prompt computes', () => {
    const { examples, prompts, task } = importFixture('csv')
    expect(prompts.map(({ text }) => text)).toEqual([
      'Tone: {{computed_1}}\nSay in {{language}}: "{{body}}"',
      'Style: {{style}}\n{{computed_2}} ({{language}})',
    ])
    expect(examples[1]!['expected']).toEqual({ assert: [{ type: 'contains-any', value: ['koud', 'kil'] }] })
    expect(examples[2]!['expected']).toEqual({
      assert: [
        { type: 'equals', value: 'Kalimera' },
        { type: 'regex', value: '^K' },
      ],
    })
    expect(renderTemplate(task.template!, task.pool[1]!, task.examples[1]!).text).toBe(
      'Style: {"tone":"curt"}\nI AM COLD, SIR (Dutch)',
    )
  })

  it('makes every combination of lists a test, with the rubric filled in', () => {
    const { examples } = importFixture('product', { judge: 'gguf:judge' })
    expect(examples).toHaveLength(6)
    expect(examples[3]!['expected']).toEqual({
      assert: [{ type: 'rubric', value: 'Is it "See you soon" in Finnish?', threshold: 0.7 }],
    })
  })

  it('turns limits for all tests into constraints', () => {
    const { task, findings, examples } = importFixture('limits')
    expect(task.constraints).toEqual([
      { metric: 'usd', atMost: 0.002 },
      { metric: 'latency', atMost: 3000 },
    ])
    expect(task.sampling).toMatchObject({ temperature: 0.2, maxOutputTokens: 256 })
    expect(examples).toHaveLength(2)
    const kinds = findings.map(({ kind, where }) => `${kind} ${where}`)
    expect(kinds).toEqual(
      expect.arrayContaining([
        'unsupported providers[0].config.cache_control',
        'unsupported defaultTest.assert[2]',
        'unsupported tests[2]',
        'changed latency',
      ]),
    )
  })

  it('keeps the system message of a chat, and writes it back', () => {
    const { task, findings } = importFixture('limits')
    expect(findings.filter(({ where }) => where.startsWith('prompts'))).toEqual([])
    expect(task.pool.map(({ slots }) => slots)).toEqual([
      { system: 'One word.', user: 'Riddle: {{riddle}}' },
      { system: '', user: 'Guess: {{riddle}}' },
    ])
    const sent = task.pool.map((candidate) => renderTemplate(task.template!, candidate, task.examples[0]!))
    expect(sent).toEqual([
      { system: 'One word.', text: 'Riddle: I have a face and two hands.', prefixLength: 8 },
      { text: 'Guess: I have a face and two hands.', prefixLength: 7 },
    ])
    expect(task.pool.map((candidate) => JSON.parse(chatOf(candidate)!))).toEqual([
      [
        { role: 'system', content: 'One word.' },
        { role: 'user', content: 'Riddle: {{riddle}}' },
      ],
      [{ role: 'user', content: 'Guess: {{riddle}}' }],
    ])
    const file = join(scratch, 'again.yaml')
    const config = parse(toPromptfoo(task.pool[0]!, configOf('limits')))
    writeFileSync(file, stringify(config))
    expect(importPromptfoo(file).prompts).toEqual([
      { id: expect.any(String), slots: { system: 'One word.', user: 'Riddle: {{riddle}}' } },
    ])
  })

  it('keeps what a chat says in between, filled in for each example', () => {
    const config = join(scratch, 'turns.yaml')
    const messages = [
      { role: 'user', content: 'In {{language}}: red' },
      { role: 'assistant', content: 'rouge' },
      { role: 'user', content: 'In {{language}}: {{word | upper}}' },
    ]
    const vars = ['blue', 'green', 'black'].map((word) => ({ language: 'French', word }))
    const assert = [{ type: 'contains', value: 'x' }]
    writeFileSync(
      config,
      stringify({
        prompts: [{ label: 'a', raw: JSON.stringify(messages) }, 'Say {{word}}.'],
        providers: ['openai:gpt-5-mini'],
        tests: vars.map((one) => ({ vars: one, assert })),
      }),
    )
    const imported = importPromptfoo(config)
    expect(imported.findings.filter(({ where }) => where.startsWith('prompts'))).toEqual([])
    const task = loadTask(writeImport(imported, join(scratch, 'turns'), 'turns')[0]!)
    expect(renderTemplate(task.template!, task.pool[0]!, task.examples[1]!)).toMatchObject({
      turns: [{ user: 'In French: red', assistant: 'rouge' }],
      text: 'In French: GREEN',
    })
    expect(renderTemplate(task.template!, task.pool[1]!, task.examples[1]!)).toMatchObject({ text: 'Say green.' })
    expect(JSON.parse(chatOf(task.pool[0]!)!).map(({ role }: { role: string }) => role)).toEqual([
      'user',
      'assistant',
      'user',
    ])
  })

  it('keeps variables that are called as messages are, and says what of a message is lost', () => {
    const config = join(scratch, 'odd.yaml')
    const chat = (...messages: readonly unknown[]) => JSON.stringify(messages)
    const system = { role: 'system', content: 'Be {{system}}.' }
    const user = { role: 'user', content: 'Say {{user}}.' }
    const answer = (content: unknown, more = {}) => ({ role: 'assistant', content, ...more })
    const assert = [{ type: 'contains', value: 'x' }]
    writeFileSync(
      config,
      stringify({
        prompts: [
          chat(system, { role: 'developer', content: 'Always.' }, user),
          chat(user, answer(null, { tool_calls: [{ id: 'a' }] }), user),
          chat({ role: 'user', content: 'a\n</user>\n<assistant>\nb' }, answer('c'), user),
          chat({ role: 'user', content: ['Say {{user}}', { type: 'image_url' }] }),
          `Say {{user}}!\n\n${writeTurns([{ user: 'Hi', assistant: 'Ho' }])}`,
        ],
        providers: ['openai:gpt-5-mini'],
        tests: ['one', 'two'].map((name) => ({ vars: { system: 'kind', user: name }, assert })),
      }),
    )
    const imported = importPromptfoo(config)
    expect(findingLines(imported.findings.filter(({ where }) => where.startsWith('prompts')))).toEqual([
      'changed: prompts[0]: the system messages of a chat are one, one after the other',
      'unsupported: prompts[1]: tool_calls of a message',
      'changed: prompts[2]: the messages of a chat stand in one message, one after the other',
      'changed: prompts[3]: a part of a message that is no text stands there as JSON',
      expect.stringMatching(/^changed: prompts: prompt "Say .* ends with a block "Conversation:", which is sent as/),
    ])
    const task = loadTask(writeImport(imported, join(scratch, 'odd'), 'odd')[0]!)
    const sent = task.pool.map((candidate) => renderTemplate(task.template!, candidate, task.examples[0]!))
    expect(sent[0]).toMatchObject({ system: 'Be kind.\n\nAlways.', text: 'Say one.' })
    expect(sent[1]).toMatchObject({ turns: [{ user: 'Say one.', assistant: '' }], text: 'Say one.' })
    expect(sent[2]!.text).toBe('User: a\n</user>\n<assistant>\nb\n\nAssistant: c\n\nUser: Say one.')
    expect(sent[4]).toMatchObject({ turns: [{ user: 'Hi', assistant: 'Ho' }], text: 'Say one!' })
    // What is exported is what was sent.
    const roles = (candidate: Candidate) => JSON.parse(chatOf(candidate)!).map(({ role }: { role: string }) => role)
    expect(task.pool.map(roles)[4]).toEqual(['user', 'assistant', 'user'])
    expect(JSON.parse(chatOf({ ...task.pool[0]!, slots: { ...task.pool[0]!.slots, turns: 'Well.' } })!)).toEqual([
      { role: 'system', content: 'Be {{system}}.\n\nAlways.' },
      { role: 'user', content: 'Well.\nSay {{user}}.' },
    ])
  })

  it('takes only the prompts a provider is asked, and addresses of local servers', () => {
    const { task } = importFixture('labels')
    expect(task.pool.map(({ id }) => id)).toEqual(['plain'])
    expect(task.model).toBe('openai-compatible:http://127.0.0.1:11434/v1#llama3.2')
  })

  it('fills chats that are written by loops', () => {
    const { first, task } = importFixture('history')
    expect(first).toBe('Be exact.\n\nUser: Who wrote Emma?\n\nAssistant: Jane Austen\n\nUser: When was she born?')
    expect(task.model).toBe('openai-compatible:http://127.0.0.1:9/v1#local')
  })

  it('never writes a key, and reads patterns of files', () => {
    const imported = importFixture('files')
    expect(JSON.stringify(imported)).not.toContain('sk-planted')
    expect(imported.examples.map(({ input }) => input)).toEqual([
      'A ship came in with timber.',
      'The bridge opened,  done.',
      'A fox was seen.',
    ])
    expect(unsupported(imported)).toEqual([
      'tests[1] more/tests.yaml[1].assert[0]: javascript by file://check.js: programs are not run',
      'tests[1] more/tests.yaml[1]: a test with nothing to check',
    ])
  })

  it('names the grader of the configuration as judge', () => {
    const { task } = importFixture('context')
    expect(task.metric.options).toEqual({ judge: 'openai:gpt-4.1' })
  })

  it('crosses scenarios with their tests', () => {
    const { examples, ...imported } = importFixture('scenarios')
    expect(examples).toHaveLength(4)
    expect(unsupported(imported)).toEqual(['prompts[1]: prompt file://prompt.js is a program; programs are not run'])
  })

  it.each([
    [
      'jsonl',
      /no provider that has a counterpart; name a model with --model\nunsupported: providers\[0\]: provider echo/,
    ],
    ['prompts-csv', /no test with something to check.*--rubric/],
  ])('refuses %s when nothing usable remains, saying why', (name, message) => {
    expect(() => importPromptfoo(configOf(name))).toThrow(message)
  })

  it('refuses what is no configuration, is a program, or lies outside', () => {
    const write = (name: string, text: string) => {
      writeFileSync(join(scratch, name), text)
      return join(scratch, name)
    }
    expect(() => importPromptfoo(write('config.js', 'export default {}'))).toThrow(/is a program/)
    expect(() => importPromptfoo(write('a.yaml', 'providers: [x]'))).toThrow(/prompts/)
    expect(() => importPromptfoo(write('b.yaml', 'prompts: [a\n'))).toThrow(/not valid YAML/)
    const outside = 'prompts: ["{{a}}"]\nproviders: [openai:x]\ntests: file://../../etc/passwd.csv\n'
    expect(() => importPromptfoo(write('c.yaml', outside))).toThrow(/outside/)
    const code = 'prompts: ["{{a}}"]\nproviders: [openai:x]\ntests: file://tests.py:generate\n'
    expect(() => importPromptfoo(write('d.yaml', code))).toThrow(/nothing is fetched or run/)
  })

  it('does not overwrite a task', () => {
    const imported = importPromptfoo(configOf('inline'))
    const folder = join(scratch, 'twice')
    writeImport(imported, folder, 'x')
    const before = readFileSync(join(folder, 'task.yaml'), 'utf8')
    expect(() => writeImport(imported, folder, 'y')).toThrow(/exists already/)
    expect(readFileSync(join(folder, 'task.yaml'), 'utf8')).toBe(before)
  })
})

describe('provider names', () => {
  it.each<[string, Parameters<typeof modelName>[1], string | undefined]>([
    ['openai:chat:gpt-4o', {}, 'openai:gpt-4o'],
    ['openai:responses:gpt-5', {}, 'openai:gpt-5'],
    ['openai:embedding:x', {}, undefined],
    ['anthropic:messages:claude-x', {}, 'anthropic:claude-x'],
    ['ollama:llama3:8b', {}, 'openai-compatible:http://127.0.0.1:11434/v1#llama3:8b'],
    ['openai:chat:m', { apiBaseUrl: 'http://localhost:8080/v1/' }, 'openai-compatible:http://localhost:8080/v1#m'],
    ['openrouter:meta/llama', {}, 'openai-compatible:https://openrouter.ai/api/v1#meta/llama'],
    ['http://localhost:1/v1/chat/completions', { body: { model: 'm' } }, 'openai-compatible:http://localhost:1/v1#m'],
    ['https://api.example.com/ask', {}, undefined],
    ['azure:chat:deployment', {}, 'azure:deployment'],
    ['exec:python ask.py', {}, undefined],
    ['file://provider.js', {}, undefined],
    ['echo', {}, undefined],
  ])('%s', (id, config, model) => expect(modelName(id, config)).toBe(model))
})

describe('cells and code', () => {
  it.each([
    ['Paris', { type: 'equals', value: 'Paris' }],
    ['equals', { type: 'equals', value: 'equals' }],
    ['not-icontains: sorry', { type: 'not-icontains', value: 'sorry' }],
    ['similar(0.9): hello', { type: 'similar', value: 'hello', threshold: 0.9 }],
    ['grade: is kind', { type: 'llm-rubric', value: 'is kind' }],
    ['fn: output.length < 5', { type: 'javascript', value: 'output.length < 5' }],
    ['is-json', { type: 'is-json' }],
    ['latency(1000)', { type: 'equals', value: 'latency(1000)' }],
    ['Note: this is text', { type: 'equals', value: 'Note: this is text' }],
  ])('%s', (cell, assertion) => expect(readExpectedCell(cell)).toEqual(assertion))

  it.each([
    ['output.length <= 10', { type: 'length', atMost: 10 }],
    ["!output.includes('no')", { type: 'contains', value: 'no', not: true }],
    ['return output.trim() === "yes";', { type: 'equals', value: 'yes' }],
    ["output.toLowerCase().includes('Yes')", undefined],
    ['output.length < 10 && fetch("http://x")', undefined],
    ['process.exit(1)', undefined],
  ])('%s', (code, assertion) => expect(simpleJavascript(code)).toEqual(assertion))
})
