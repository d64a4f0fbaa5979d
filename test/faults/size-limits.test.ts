import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { beforeEach, describe, expect, it } from 'vitest'
import { KrigeError } from '../../src/errors.ts'
import { loadTable } from '../../src/recording/load-table.ts'
import { defineTask } from '../../src/task/define-task.ts'
import { loadTask } from '../../src/task/load-task.ts'
import type { TaskInput } from '../../src/task/schema.ts'
import { krige } from '../support/krige-cli.ts'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'krige-size-'))
  return () => rmSync(folder, { recursive: true, force: true })
})

const TASK = {
  name: 'small',
  examples: [
    { input: 'a', expected: 'x' },
    { input: 'b', expected: 'y' },
    { input: 'c', expected: 'x' },
  ],
  split: { search: 2, holdout: 1 },
  metric: 'label-match',
  model: 'gguf:none',
  prompts: ['One.', 'Two.'],
  embedder: 'none',
}

const write = (name: string, text: string | Buffer): string => {
  const file = join(folder, name)
  writeFileSync(file, text)
  return file
}
const load = (changes: object) => loadTask(write('task.yaml', JSON.stringify({ ...TASK, ...changes })))

/** The error, and how much work it took and how much memory. */
async function refusal(work: () => unknown): Promise<KrigeError> {
  const started = process.cpuUsage()
  const before = process.memoryUsage().rss
  try {
    await work()
  } catch (error) {
    expect(KrigeError.isInstance(error), String(error)).toBe(true)
    const { user, system } = process.cpuUsage(started)
    expect((user + system) / 1e6).toBeLessThan(20)
    expect(process.memoryUsage().rss - before).toBeLessThan(800 * 1024 * 1024)
    return error as KrigeError
  }
  throw new Error('nothing was refused')
}

/** Levels of nine aliases each. */
const bomb = (levels: number) =>
  [
    'a0: &a0 lol',
    ...Array.from({ length: levels }, (_, level) => `a${level + 1}: &a${level + 1} [${`*a${level},`.repeat(9)}]`),
  ].join('\n')

describe('input that was made to overwhelm', { timeout: 120_000 }, () => {
  it.each([
    ['an alias bomb', `name: x\n${bomb(9)}\nexamples: []`, /:\d+$/, 'aliases (*name) unfold without end'],
    ['an alias to itself', 'name: &a [*a]\n', /:1$/, /unfold without end|nested more than/],
    [
      'one long text, often',
      `a: &a "${'x'.repeat(1_000_000)}"\nb: [${'*a,'.repeat(900)}]`,
      /:\d+$/,
      'unfolds into more',
    ],
    [
      'brackets',
      `name: x\nexamples:\n  - input: ${'['.repeat(4000)}${']'.repeat(4000)}\n`,
      /:3$/,
      'nested more than 100',
    ],
    ['braces', `name: x\nexamples: ${'{a: '.repeat(5000)}1${'}'.repeat(5000)}`, /:2$/, 'nested more than 100'],
    ['dashes', `name: x\nexamples:\n  ${'- '.repeat(4000)}x`, /:3$/, 'nested more than 100'],
    [
      '150 levels',
      `name: x\nexamples:\n  - input: ${'['.repeat(150)}${']'.repeat(150)}\n`,
      /:3$/,
      'nested more than 100',
    ],
  ])('%s in a task: refused with file and line, as bad input', async (what, text, where, message) => {
    const error = await refusal(() => loadTask(write('task.yaml', text)))
    expect([error.code, error.where]).toEqual(['invalid-input', expect.stringMatching(where)])
    expect(error.message).toMatch(message)
    if (what === 'an alias bomb') expect((await krige(folder, 'run', 'task.yaml')).code).toBe(2)
  })

  it.each([
    ['jsonl', `{"input": "a", "expected": "x"}\n{"input": ${'['.repeat(4000)}${']'.repeat(4000)}}\n`, /:2$/],
    ['json', `[{"input": "a"},\n{"input": ${'['.repeat(4000)}${']'.repeat(4000)}}]`, /:2$/],
    ['yaml', `- input: a\n- input: ${'{a: '.repeat(4000)}${'}'.repeat(4000)}`, /:2$/],
    ['csv', `input,expected\na,"${'['.repeat(4000)}${']'.repeat(4000)}"\n`, /:2$/],
  ])('nested examples in .%s: refused with file and line', async (ending, text, where) => {
    write(`examples.${ending}`, text)
    const error = await refusal(() => load({ examples: `examples.${ending}` }))
    expect(error.where).toMatch(where)
    expect(error.message).toContain('nested more than 100')
  })

  it('100 aliases and more of what was written are read', () => {
    const lines = Array.from({ length: 500 }, (_, index) => `- { input: "i${index}", expected: *label }`)
    write(
      'examples.yaml',
      `- { input: first, expected: &label x }\n- { input: second, expected: y }\n${lines.join('\n')}`,
    )
    expect(load({ examples: 'examples.yaml' }).examples).toHaveLength(502)
  })

  it('a pool of a million lines, and files of hundreds of megabytes', async () => {
    write('prompts.jsonl', '{"text": "Label it."}\n'.repeat(1_000_000))
    expect((await refusal(() => load({ prompts: 'prompts.jsonl' }))).message).toContain('more than 100,000 prompts')
    write('prompts.txt', `${'Label it.\n'.repeat(200_000)}`)
    expect((await refusal(() => load({ prompts: 'prompts.txt' }))).message).toContain('more than 100,000 prompts')
    write('prompts.jsonl', Buffer.alloc(200 * 1024 * 1024, ' '))
    expect((await refusal(() => load({ prompts: 'prompts.jsonl' }))).message).toContain('holds more than 128 MiB')
  })

  it('a table that unfolds', async () => {
    const error = await refusal(() => loadTable(write('table.json.gz', gzipSync(Buffer.alloc(400 * 1024 * 1024, ' ')))))
    expect(error.message).toContain('holds more than 256 MiB')
    const results = await krige(
      folder,
      'bench',
      'compare',
      write('r.json.gz', gzipSync(Buffer.alloc(400 * 1024 * 1024))),
    )
    expect([results.code, results.stderr]).toEqual([2, expect.stringContaining('more than 256 MiB')])
  })

  it.skipIf(!existsSync('/dev/zero'))('files without end', async () => {
    for (const place of [{ examples: '/dev/zero' }, { prompts: '/dev/zero' }]) {
      const file = write('task.yaml', JSON.stringify({ ...TASK, ...place }))
      expect((await refusal(() => loadTask(file, { allowOutside: true }))).message).toContain('holds more than 128 MiB')
    }
    expect((await refusal(() => loadTask('/dev/zero'))).message).toContain('holds more than 128 MiB')
    expect((await refusal(() => loadTable('/dev/zero'))).message).toContain('holds more than 256 MiB')
    const replay = await krige(folder, 'run', write('t.yaml', JSON.stringify(TASK)), '--model', 'table:/dev/zero')
    expect([replay.code, replay.stderr]).toEqual([2, expect.stringContaining('more than 256 MiB')])
  })

  it('a pipe is read like a file', () => {
    if (process.platform === 'win32') return
    const main = join(import.meta.dirname, '../../src/cli/main.ts')
    write('task.yaml', JSON.stringify({ ...TASK, model: 'openai-compatible:http://127.0.0.1:9/v1#x' }))
    const shell = `cat task.yaml | "${process.execPath}" "${main}" run /dev/stdin --dry-run --allow-outside`
    expect(execFileSync('sh', ['-c', shell], { cwd: folder, encoding: 'utf8' })).toContain('2 prompts')
  })
})

describe('paths a task names', () => {
  it.each<[string, object]>([
    ['a table', { model: 'table:../outside.json' }],
    ['a table elsewhere', { model: 'table:/etc/passwd' }],
    ['weights', { model: 'gguf:../../../x.gguf' }],
    ['weights elsewhere, raw', { model: 'gguf:/etc/passwd#raw' }],
    ['weights by a detour', { model: 'gguf:models/../../x.gguf' }],
    ['an embedder', { embedder: '../../etc' }],
    ['an embedder elsewhere', { embedder: '/etc' }],
    ['an embedder by a detour', { embedder: 'x/../../../etc' }],
    ["a judge's weights", { metric: { name: 'judge', criteria: 'Is it right?', model: 'gguf:../x.gguf' } }],
  ])('are held in its folder: %s', async (_, changes) => {
    const error = await refusal(() => load(changes))
    expect(error.message).toContain("lies outside the task's folder")
    expect(error.where).toMatch(/task\.yaml:1$/)
    expect(() => loadTask(join(folder, 'task.yaml'), { allowOutside: true })).not.toThrow()
  })

  it('may be named from the command line, and inside the folder', () => {
    const file = write('task.yaml', JSON.stringify(TASK))
    expect(loadTask(file, { overrides: { model: 'gguf:/models/x.gguf' } }).model).toBe('gguf:/models/x.gguf')
    mkdirSync(join(folder, 'models'))
    for (const model of ['gguf:./models/x.gguf', 'gguf:smollm2-135m-instruct#raw', 'table:models/t.json']) {
      expect(load({ model }).model).toBe(model)
    }
  })
})

describe('a key called __proto__', () => {
  it('inside an input is shown to the model as it stands; as a name of its own it is refused', async () => {
    write(
      'examples.jsonl',
      '{"input": {"a": 1, "__proto__": {"b": 2}}, "expected": "x"}\n{"input": "b", "expected": "y"}\n',
    )
    const task = load({ examples: 'examples.jsonl' })
    expect(JSON.stringify(task.examples[0]!.input)).toBe('{"a":1,"__proto__":{"b":2}}')
    write('examples.yaml', '- {input: {__proto__: {b: 2}}, expected: x}\n- {input: b, expected: y}\n')
    expect(JSON.stringify(load({ examples: 'examples.yaml' }).examples[0]!.input)).toBe('{"__proto__":{"b":2}}')
    expect(
      JSON.stringify(
        defineTask(
          JSON.parse(
            JSON.stringify({ ...TASK, examples: [0] }).replace(
              '[0]',
              '[{"input":{"__proto__":1},"expected":"x"},{"input":"b","expected":"y"}]',
            ),
          ) as TaskInput,
        ).examples[0]!.input,
      ),
    ).toBe('{"__proto__":1}')
    write('examples.jsonl', '{"input": "a", "expected": "x"}\n{"input": "b", "expected": "y", "__proto__": 1}\n')
    const error = await refusal(() => load({ examples: 'examples.jsonl' }))
    expect([error.where, error.message]).toEqual([expect.stringMatching(/:2$/), expect.stringContaining('"__proto__"')])
    expect(Object.hasOwn(Object.prototype, 'b')).toBe(false)
  })

  it.each<[string, object | string]>([
    ['a slot', { prompts: [{ slots: { __PROTO__: 'x', a: 'y' } }] }],
    ['a parameter', { parameters: { __PROTO__: { float: [0, 1] } } }],
    ['an option of the metric', { metric: { name: 'label-match', __PROTO__: 1 } }],
    ['the task', { __PROTO__: 1 }],
    ['a slot in a file', '{"slots": {"__proto__": "x", "a": "y"}}\n'],
  ])('as a name in %s is refused, not lost', async (_, changes) => {
    const isFile = typeof changes === 'string'
    if (isFile) write('prompts.jsonl', changes)
    const text = JSON.stringify({ ...TASK, ...(isFile ? { prompts: 'prompts.jsonl' } : changes) })
    const file = write('task.yaml', text.replaceAll('__PROTO__', '__proto__'))
    const error = await refusal(() => loadTask(file))
    expect([error.message, error.where]).toEqual([
      expect.stringContaining('"__proto__"'),
      expect.stringMatching(/(task\.yaml|prompts\.jsonl):1$/),
    ])
  })
})
