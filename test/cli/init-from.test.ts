import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { toJson, toPromptfoo, toTypeScript } from '../../src/cli/export-formats.ts'
import { taskFrom } from '../../src/cli/init-from.ts'
import { STAGED_TASK } from '../../src/cli/init-stages.ts'
import { renderTemplate } from '../../src/prompt/template.ts'
import { writeTurns } from '../../src/prompt/turns.ts'
import { loadTask } from '../../src/task/load-task.ts'
import { krigeWith } from '../support/krige-here.ts'

const folder = mkdtempSync(join(tmpdir(), 'krige-init-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const write = (name: string, text: string) => {
  writeFileSync(join(folder, name), text)
  return join(folder, name)
}
const rows = [
  ['It crashes, again', 'bug'],
  ['Refund me', 'billing'],
  ['The app freezes', 'bug'],
  ['I was charged twice', 'billing'],
  ['Login fails', 'bug'],
  ['Send an invoice', 'billing'],
]
const from = (file: string, prompt = 'Classify the ticket.') =>
  taskFrom({ from: file, prompt, model: 'gguf:any', name: 'tickets' })

describe('krige init --from', () => {
  it.each([
    ['CSV', 'a.csv', `text,label\n${rows.map(([text, label]) => `"${text}",${label}`).join('\n')}\n`],
    ['JSONL', 'a.jsonl', rows.map(([input, expected]) => JSON.stringify({ input, expected })).join('\n')],
    ['JSON', 'a.json', JSON.stringify(rows.map(([question, answer]) => ({ question, answer })))],
  ])('makes a task of %s that loads and has its prompts written', (_, name, text) => {
    const { task, examples } = from(write(name, text))
    write('examples.jsonl', examples)
    const loaded = loadTask(write('task.yaml', task))
    expect(loaded).toMatchObject({ proposers: 'auto', labels: ['bug', 'billing'], metric: { name: 'label-match' } })
    expect(loaded.pool[0]!.slots).toEqual({ instruction: 'Classify the ticket.', demonstrations: '' })
    expect(loaded.examples.map(({ input, expected }) => [input, expected])).toEqual(rows)
  })

  it('takes a prompt that names its input for a template', () => {
    const { task } = from(join(folder, 'a.csv'), 'Label {{input}}.')
    expect(parse(task)).toMatchObject({ promptVariables: true, baseline: 'Label {{input}}.' })
    expect(loadTask(write('task.yaml', task)).template?.nested).toBe(true)
  })

  it('makes a system message of the prompt where it is told to', () => {
    const system = (prompt: string) =>
      taskFrom({ from: join(folder, 'a.csv'), prompt, model: 'gguf:any', name: 'tickets', isSystem: true })
    const { task, examples } = system('Sort tickets.')
    write('examples.jsonl', examples)
    const loaded = loadTask(write('task.yaml', task))
    expect(renderTemplate(loaded.template!, loaded.pool[0]!, loaded.examples[0]!)).toEqual({
      system: 'Sort tickets.',
      text: 'It crashes, again',
      prefixLength: 0,
    })
    const named = loadTask(write('task.yaml', system('Sort {{text}}.').task))
    expect(renderTemplate(named.template!, named.pool[0]!, named.examples[0]!)).toMatchObject({
      system: 'Sort It crashes, again.',
      text: 'It crashes, again',
    })
  })

  it.each([
    ['numbers', ['4', '12', '1,000', '-3', '7.5', '9'], 'numeric', '4'],
    ['stars', ['5', '1', '5', '1', '5', '1'], 'label-match', '5'],
    ['true and false', [true, false, true, false, true, false], 'label-match', 'true'],
    ['numbers and words', [4, 'none', 5, 'two', 6, 'nine'], 'exact-match', '4'],
    ['lists', [['a', 'b'], ['c'], ['d'], ['e'], ['f'], ['g']], 'contains', ['a', 'b']],
  ])('compares %s as they are, and the task loads', (_, answers, metric, first) => {
    const lines = answers.map((expected, index) => JSON.stringify({ input: rows[index]![0], expected }))
    const { task, examples } = from(write('kinds.jsonl', lines.join('\n')))
    write('examples.jsonl', examples)
    const loaded = loadTask(write('task.yaml', task))
    expect([loaded.metric?.name, loaded.examples[0]!.expected]).toEqual([metric, first])
  })

  it('leaves out what no search can use, and says so', () => {
    const cells = [...rows, ['Refund me', 'billing'], ['Hello?', ''], ['Anyone?', ' ']]
    const file = write(
      'odd.csv',
      `input, expected\n${cells.map(([text, label]) => `"${text}", ${label}`).join('\n')}\n`,
    )
    const { task, examples, notes } = from(file)
    write('examples.jsonl', examples)
    const loaded = loadTask(write('task.yaml', task))
    expect(loaded.examples.map(({ input, expected }) => [input, expected])).toEqual(rows)
    expect(notes[0]).toMatch(/^Left out 2 examples without a right answer, the first at .*odd\.csv:9\.$/)
    expect(notes[1]).toMatch(/^Left out 1 example that stood there already, at .*odd\.csv:8\.$/)
  })

  it('leaves out what has nothing to show, and says so', () => {
    const cells = [...rows, ['', 'bug'], [' ', 'billing']]
    const csv = write('blank.csv', `ticket,label\n${cells.map(([text, label]) => `"${text}",${label}`).join('\n')}\n`)
    const { task, examples, notes } = from(csv)
    write('examples.jsonl', examples)
    expect(loadTask(write('task.yaml', task)).examples).toHaveLength(rows.length)
    expect(notes[0]).toMatch(/^Left out 2 examples without an input, the first at .*blank\.csv:8\.$/)
    const lines = [...rows.map(([input, expected]) => ({ input, expected })), { expected: 'bug' }, { input: null }]
    const jsonl = write('blank.jsonl', lines.map((line) => JSON.stringify(line)).join('\n'))
    expect(from(jsonl).notes[0]).toMatch(/^Left out 2 examples without an input, the first at .*blank\.jsonl:7\.$/)
    // What a prompt names is what it shows.
    expect(from(csv, 'Label {{ticket}}.').notes[0]).toMatch(/^Left out 2 examples without an input/)
  })

  it('says no metric where there are no answers', () => {
    const { notes } = from(write('inputs.jsonl', rows.map(([input]) => JSON.stringify({ input })).join('\n')))
    expect(notes).toEqual([
      'No column holds a right answer: in the task, name a metric that needs none, such as judge.',
    ])
  })

  it('refuses a CSV without names of columns', () => {
    const file = write('bare.csv', rows.map(([text, label]) => `"${text}",${label}`).join('\n'))
    expect(() => from(file)).toThrow(/the first row should name the columns; "bug" is an answer/)
  })

  it('takes a prompt that names the columns as they are called in the file', () => {
    const file = write(
      'named.csv',
      `place,ticket,label\n${rows.map(([text, label]) => `x,"${text}",${label}`).join('\n')}`,
    )
    const { task, examples } = from(file, 'At {{place}}: label {{ ticket }}.')
    write('examples.jsonl', examples)
    expect(loadTask(write('task.yaml', task)).pool[0]!.text).toBe('At {{place}}: label {{input}}.')
    expect(() => from(file, 'Label {{tickets}}.')).toThrow(/names \{\{tickets\}\}, which is no column/)
    expect(from(file, 'Label {ticket}.').notes[0]).toMatch(/^\{ticket\} stays as it stands in the prompt; /)
    expect(from(file, 'Label {{ ticket | upper }}.').notes[0]).toMatch(/^\{\{ ticket \| upper \}\} stays as it stands /)
  })

  it('takes no column that the prompt names for the answers', () => {
    const file = write(
      'graded.csv',
      `subject,grade,body\n${rows.map(([text], row) => `s,${row % 2},"${text}"`).join('\n')}`,
    )
    const { task, examples } = from(file, 'Grade {{subject}}: {{body}}.')
    write('examples.jsonl', examples)
    const loaded = loadTask(write('task.yaml', task))
    expect(loaded.examples[0]).toMatchObject({ input: 's', expected: '0', fields: { body: rows[0]![0] } })
    expect(() => from(join(folder, 'a.csv'), 'It is {{label}}: {{text}}')).toThrow(
      /names \{\{label\}\}, which is the column of right answers/,
    )
  })

  it('refuses an empty prompt and a file without keys', () => {
    expect(() => from(join(folder, 'a.csv'), ' ')).toThrow(/--prompt is empty/)
    expect(() => from(write('list.json', '["a", "b"]'))).toThrow(/no examples with keys/)
  })
})

describe('krige init of an example', () => {
  it('is named after its folder, and the next command can be pasted', async () => {
    const here = mkdtempSync(join(tmpdir(), 'krige-example-'))
    const { stderr } = await krigeWith({}, here, 'init', 'an agent', '--stages')
    expect(stderr).toMatch(/Next: .* run 'an agent\/task\.yaml' --dry-run/)
    expect(loadTask(join(here, 'an agent', 'task.yaml')).name).toBe('an agent')
    rmSync(here, { recursive: true })
  })
})

describe('what to do next', () => {
  it.each([
    [{ npm_lifecycle_event: 'krige', npm_command: 'run' }, 'npm run krige -- run'],
    [{ npm_lifecycle_event: 'npx', npm_command: 'exec' }, 'npx krige run'],
    [{ npm_lifecycle_event: 'test', npm_command: 'test' }, 'krige run'],
    [{ npm_lifecycle_event: '', npm_command: '' }, 'krige run'],
  ])('is called as the user called it: %j', async (environment, command) => {
    const here = mkdtempSync(join(tmpdir(), 'krige-next-'))
    const { stderr } = await krigeWith(environment, here, 'init')
    expect(stderr).toContain(`\nNext: ${command} task.yaml --dry-run`)
    const empty = await krigeWith(environment, here, 'studies')
    expect(empty.stderr).toContain(`\n  Start a study with \`${command} task.yaml\``)
    rmSync(here, { recursive: true })
  })
})

describe('export of a winner', () => {
  const winner = { id: 'p', text: 'Label {{ticket}}.' }

  it('writes JSON', () => {
    expect(JSON.parse(toJson('s', winner))).toEqual({ study: 's', id: 'p', text: 'Label {{ticket}}.' })
  })

  it('takes turns at its end apart, for a chat', () => {
    const turns = [{ user: 'Hi', assistant: 'spam' }]
    const { text, instruction, ...rest } = JSON.parse(
      toJson('s', { id: 'p', text: `Label it.\n\n${writeTurns(turns)}` }),
    )
    expect(rest).toEqual({ study: 's', id: 'p', turns })
    expect([instruction, text.startsWith('Label it.\n\nConversation:\n')]).toEqual(['Label it.', true])
    const slots = { system: 'Be brief.', turns: writeTurns(turns)!, user: 'Label it.' }
    expect(JSON.parse(toJson('s', { id: 'p', slots }))).toMatchObject({ turns, instruction: 'Be brief.\n\nLabel it.' })
  })

  it('has the messages to send, where the study knows the template', () => {
    const template = { user: 'Ticket: {{input}}', system: '{{prompt}}' }
    const messages = [
      { role: 'system', content: 'Label it.' },
      { role: 'user', content: 'Ticket: {{input}}' },
    ]
    const found = { id: 'p', text: 'Label it.' }
    expect(JSON.parse(toJson('s', found, template)).messages).toEqual(messages)
    expect(toTypeScript('s', found, template)).toContain('"role": "system"')
    expect(JSON.parse(parse(toPromptfoo(found, undefined, template)).prompts[0].raw)).toEqual(messages)
    const plain = { user: '{{prompt}}\n\n{{input}}' }
    expect(parse(toPromptfoo(found, undefined, plain)).prompts[0].raw).toBe('Label it.\n\n{{input}}')
    expect(parse(toPromptfoo(winner, undefined, { user: '{{prompt}}', nested: true })).prompts[0].raw).toBe(winner.text)
  })

  it('puts it into a promptfoo configuration, and leaves the rest as it is', () => {
    const file = write('promptfooconfig.yaml', '# mine\nprompts: [a, b]\nproviders: [openai:gpt-5-mini]\n')
    const text = toPromptfoo(winner, file)
    expect(text).toContain('# mine')
    expect(parse(text)).toEqual({
      prompts: [{ id: 'p', label: 'p (krige)', raw: 'Label {{ticket}}.' }],
      providers: ['openai:gpt-5-mini'],
    })
    expect(readFileSync(file, 'utf8')).toContain('[a, b]')
    expect(() => toPromptfoo(winner, write('bad.yaml', '- a'))).toThrow(/no promptfoo configuration/)
  })
})

it('krige init --stages writes a program of two stages that loads', () => {
  const folder = mkdtempSync(join(tmpdir(), 'krige-init-stages-'))
  writeFileSync(join(folder, 'task.yaml'), STAGED_TASK)
  writeFileSync(
    join(folder, 'examples.jsonl'),
    rows.map(([input, expected]) => JSON.stringify({ input, expected })).join('\n'),
  )
  const { program, pool, warnings } = loadTask(join(folder, 'task.yaml'))
  expect(program!.stages.map(({ name }) => name)).toEqual(['points', 'verdict'])
  expect(pool).toHaveLength(4)
  expect(warnings.join()).not.toMatch(/slot|stage/)
  rmSync(folder, { recursive: true })
})
