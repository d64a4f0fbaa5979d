import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { KrigeError } from '../../src/errors.ts'
import { loadTask } from '../../src/task/load-task.ts'

const folder = mkdtempSync(join(tmpdir(), 'krige-lines-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

function load(files: Readonly<Record<string, string>>, keys: Readonly<Record<string, string>>) {
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text)
  const task: Record<string, string> = {
    examples: '[{ input: a, expected: x }, { input: b, expected: y }]',
    prompts: '[One, Two]',
    metric: 'exact-match',
    model: 'openai:x',
    ...keys,
  }
  writeFileSync(
    join(folder, 'task.yaml'),
    Object.entries(task)
      .map(([key, value]) => `${key}: ${value}\n`)
      .join(''),
  )
  return loadTask(join(folder, 'task.yaml'))
}
function complaint(work: () => unknown): KrigeError {
  try {
    work()
  } catch (error) {
    if (KrigeError.isInstance(error)) return error
  }
  throw new Error('expected a complaint')
}
const prompts = (name: string, text: string, keys = {}) => load({ [name]: text }, { prompts: name, ...keys })
const texts = (name: string, text: string) => prompts(name, text).pool.map((prompt) => prompt.text)

describe('files of prompts', () => {
  it.each([
    ['p.jsonl', '"One"\n{"text": "Two"}\n'],
    ['p.json', '["One", {"id": "b", "text": "Two"}]'],
    ['p.json', '{"prompts": ["One", "Two"]}'],
    ['p.json', '{"text": "One"}\n{"text": "Two"}\n'],
    ['p.yaml', '- One\n- { id: b, text: Two }\n'],
    ['p.yml', 'prompts:\n  - One\n  - Two\n'],
    ['p.yaml', 'a: One\nb: Two\n'],
    ['p.yaml', 'a: { text: One }\nb: { text: Two }\n'],
    ['p.csv', 'id,text\na,One\nb,Two\n'],
    ['p.csv', 'prompt\r\nOne\r\nTwo\r\n'],
    ['p.csv', '\u{FEFF}text;id\nOne;1\nTwo;2\n'],
    ['p.csv', 'instructions\nOne\nTwo\n'],
    ['p.tsv', 'id\ttext\na\tOne\nb\tTwo\n'],
    ['p.txt', 'One\n\nTwo\n'],
    ['p.txt', '---\nOne\n --- \nTwo\n---\n'],
    ['p.list', '"One"\n"Two"\n'],
  ])('%s may hold %j', (name, text) => {
    expect(texts(name, text)).toEqual(['One', 'Two'])
  })

  it('keep ids, lines, commas and slots', () => {
    expect(prompts('q.csv', 'id,text\nx,"Say, ""hi""\nthen stop"\ny,Two\n').pool).toMatchObject([
      { id: 'x', text: 'Say, "hi"\nthen stop' },
      { id: 'y', text: 'Two' },
    ])
    const slots = prompts('s.csv', 'id,instruction,style\na,Label it,brief\nb,Sort it,long\n', {
      template: '"{{instruction}} {{style}} {{input}}"',
    })
    expect(slots.pool[1]).toMatchObject({ id: 'b', slots: { instruction: 'Sort it', style: 'long' } })
    expect(texts('t.txt', 'One\nmore\n---\nTwo\n')).toEqual(['One\nmore', 'Two'])
    expect(texts('m.md', '# One\n\n---\n\nmore\n')).toEqual(['# One\n\n---\n\nmore'])
    expect(prompts('p.yaml', 'a: One\nb: Two\n').pool.map(({ id }) => id)).toEqual(['a', 'b'])
  })

  it('are one text where it ends with turns of a conversation', () => {
    const text = 'One\n\nConversation:\n<user>\nHi\n</user>\n<assistant>\nbug\n</assistant>'
    expect(texts('t.txt', `${text}\n`)).toEqual([text])
    expect(texts('t.txt', `${text}\n---\nTwo\n`)).toEqual([text, 'Two'])
  })

  it('are named in a warning where every line is taken for a prompt', () => {
    expect(prompts('w.txt', 'One\nTwo\n').warnings.join()).toMatch(/w\.txt: each of its 2 lines is a prompt; put ---/)
    expect(prompts('w.txt', 'One\n---\nTwo\n').warnings.join()).not.toMatch(/each of its/)
  })

  it.each([
    ['b.jsonl', '{"text": "One"}\n{"text": \n', /b\.jsonl:2: not JSON/, /\{"id": "a", "text": "…"\}.*\.csv, \.txt/],
    ['b.yaml', '- One\n- { text: "Two }\n', /b\.yaml:\d: cannot be read/, /quotes/],
    ['b.json', '["One", {"txt": "Two"}]', /b\.json:1: prompt/, /"text"/],
    ['b.yaml', 'One', /b\.yaml:1: holds no list of prompts/, /"id"/],
    ['b.csv', 'id,text,note\na,One,x\n', /b\.csv:1: column "note" is neither id nor text/, /Take it out/],
    ['b.csv', 'id,text\na,One\nb,One\n', /b\.csv:3: prompt "b" repeats/, /b\.csv:2/],
    ['b.csv', 'id,text\na,"One\nmore"\nb,\n', /b\.csv:4: prompt is empty/, /"text"/],
    ['b.csv', '', /there are no prompts/, /"text"/],
    ['b.txt', 'One\n\nOne\n', /b\.txt:3: prompt "2" repeats/, /b\.txt:1/],
  ])('broken ones are explained with their own form: %s %j', (name, text, message, remedy) => {
    const error = complaint(() => prompts(name, text))
    expect(error.remedy).toMatch(remedy)
    expect(error.remedy).not.toMatch(/"input"/)
    expect(`${error.where}: ${error.message}`).toMatch(message)
  })
})

describe('files of examples', () => {
  it.each([
    ['e.csv', 'input,expected\na,x\nb,y\n'],
    ['e.csv', 'id;input;expected\n1;a;x\n2;b;y\n'],
    ['e.json', '[{"input": "a", "expected": "x"}, {"input": "b", "expected": "y"}]'],
    ['e.yaml', 'examples:\n  - { input: a, expected: x }\n  - { input: b, expected: y }\n'],
  ])('%s may hold %j', (name, text) => {
    const { examples } = load({ [name]: text }, { examples: name })
    expect(examples).toMatchObject([
      { id: '1', input: 'a', expected: 'x' },
      { id: '2', input: 'b', expected: 'y' },
    ])
  })

  it('have fields, and answers that are JSON', () => {
    const text = 'input,expected,mood\na,"{""city"": ""Rome""}",calm\nb,"{""city"": ""Bern""}",\n'
    const { examples } = load({ 'f.csv': text }, { examples: 'f.csv', metric: 'json-fields' })
    expect(examples).toMatchObject([{ expected: { city: 'Rome' }, fields: { mood: 'calm' } }, { fields: { mood: '' } }])
  })

  it('broken ones are explained with their own form', () => {
    const lines = complaint(() => load({ 'b.jsonl': '{"input": "a"}\nb\n' }, { examples: 'b.jsonl' }))
    expect(`${lines.where}: ${lines.message} ${lines.remedy}`).toMatch(/b\.jsonl:2: not JSON.*"input"/)
    const column = complaint(() => load({ 'b.csv': 'text,expected\na,x\nb,y\n' }, { examples: 'b.csv' }))
    expect(`${column.where}: ${column.message}`).toMatch(/b\.csv:2: example has no "input"/)
  })
})
