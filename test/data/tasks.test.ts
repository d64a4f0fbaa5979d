import { execFileSync } from 'node:child_process'
import { cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { mostRuns, walkProgram } from '../../src/prompt/program-flow.ts'
import { renderTemplate } from '../../src/prompt/template.ts'
import { loadTask } from '../../src/task/load-task.ts'

const TASKS = fileURLToPath(new URL('../../data/tasks', import.meta.url))
const names = readdirSync(TASKS, { withFileTypes: true })
  .filter((entry) => entry.isDirectory())
  .map((entry) => entry.name)

const EXAMPLES = 240
const PROMPTS = 160

/** How often each label is expected, for tasks with few labels. */
const LABELS: Readonly<Record<string, Readonly<Record<string, number>>>> = {
  'ticket-triage': { billing: 40, bug: 40, account: 40, feature: 40, shipping: 40, cancellation: 40 },
  'ticket-triage-null': { billing: 40, bug: 40, account: 40, feature: 40, shipping: 40, cancellation: 40 },
  'review-sentiment': { positive: 80, negative: 80, mixed: 80 },
  'request-routing': { garden: 40, kitchen: 40, toys: 40, tools: 40, clothes: 40, books: 40 },
}

const TERM = '(\\d+ (?:minutes|hours|days|weeks)|\\d[\\d:]*|[A-Z][a-z]+)'
const SERIES = new RegExp(`${TERM}, ${TERM}, ${TERM},`)

const fold = (value: unknown): string =>
  String(value)
    .toLowerCase()
    .replace(/[^\p{L}\p{N}]+/gu, ' ')
    .trim()

describe('tasks in data/tasks', () => {
  it('are those described in data/README.md', () => {
    expect(names).toEqual([
      'date-arithmetic',
      'order-fields',
      'request-routing',
      'review-sentiment',
      'shop-sums',
      'ticket-triage',
      'ticket-triage-null',
      'word-relations',
    ])
  })
})

describe.each(names)('%s', (name) => {
  const task = loadTask(join(TASKS, name, 'task.yaml'))

  it('has the name of its folder, a README and no warnings', () => {
    expect(task.name).toBe(name)
    expect(task.warnings).toEqual([])
    expect(readFileSync(join(TASKS, name, 'README.md'), 'utf8').length).toBeGreaterThan(500)
  })

  it('has 240 examples with distinct inputs, half of them held out', () => {
    const questions = task.examples.map((example) => fold(String(example.input).replace(/ \(.*\)$/, '')))
    expect(new Set(questions).size).toBe(EXAMPLES)
    expect(task.split.search).toHaveLength(EXAMPLES / 2)
    expect(new Set([...task.split.search, ...task.split.holdout]).size).toBe(EXAMPLES)
  })

  it('has a pool of at least 160 prompts with the same slots, and its baseline in it', () => {
    expect(task.pool.length).toBeGreaterThanOrEqual(PROMPTS)
    const slots = Object.keys(task.pool[0]!.slots ?? {})
    expect(slots.length).toBeGreaterThanOrEqual(2)
    for (const candidate of task.pool) expect(Object.keys(candidate.slots ?? {})).toEqual(slots)
    expect(task.baseline).toBeDefined()
    for (const slot of slots.filter((slot) => slot !== 'after' && slot !== 'before' && slot !== 'cue')) {
      if (name === 'ticket-triage-null' && slot === 'demonstrations') continue
      expect(new Set(task.pool.map((candidate) => candidate.slots?.[slot])).size, slot).toBeGreaterThanOrEqual(7)
    }
  })

  it('shows no example as a demonstration', () => {
    const texts = new Set(task.pool.flatMap((candidate) => Object.values(candidate.slots ?? {})).map(fold))
    for (const example of task.examples) {
      const input = fold(example.input)
      for (const text of texts) expect(` ${text} `.includes(` ${input} `), `${input} in ${text}`).toBe(false)
    }
  })

  it('keeps prompts short enough for a small model', () => {
    const { template } = task
    const lengths = task.pool.map((candidate) =>
      template
        ? renderTemplate(template, candidate, task.examples[0]!).text.length
        : Object.values(candidate.slots ?? {}).join('').length,
    )
    expect(Math.max(...lengths)).toBeLessThan(2000)
  })
})

describe('labels', () => {
  it.each(Object.entries(LABELS))('of %s are balanced', (name, labels) => {
    const counts: Record<string, number> = {}
    for (const { expected } of loadTask(join(TASKS, name, 'task.yaml')).examples) {
      counts[String(expected)] = (counts[String(expected)] ?? 0) + 1
    }
    expect(counts).toEqual(labels)
  })
})

describe('answers that can be checked', () => {
  it('order-fields expects an item and a day that stand in the message', () => {
    for (const { input, expected } of loadTask(join(TASKS, 'order-fields', 'task.yaml')).examples) {
      for (const value of Object.values(Object(expected)))
        expect(fold(input).split(' ')).toEqual(expect.arrayContaining(fold(value).split(' ')))
    }
  })

  it('shop-sums expects a result of one operation on the numbers in the problem', () => {
    for (const { input, expected } of loadTask(join(TASKS, 'shop-sums', 'task.yaml')).examples) {
      const numbers = (String(input).match(/\d+/g) ?? []).map(Number)
      const [first = Number.NaN, second] = numbers
      const results =
        second === undefined
          ? [first * 100, first * 1000]
          : [first + second, first - second, second - first, first * second, first / second]
      expect(results, String(input)).toContain(Number(expected))
      expect(Number(expected)).toBeGreaterThan(0)
    }
  })

  it('date-arithmetic answers take the same step as the series', () => {
    // Independent of the generator: days, months and clock times are read as real dates.
    const readers: readonly ((term: string) => number)[] = [
      (term) => Array.from({ length: 7 }, (_, day) => weekday(day)).indexOf(term),
      (term) => new Date(`${term} 1, 2000 UTC`).getUTCMonth(),
      (term) => new Date(`2000-01-01T${term.padStart(5, '0')}:00Z`).getTime() / 60_000,
      (term) => (/^\d{4}$/.test(term) ? Number(term) : Number.NaN),
      (term) => Number(/^(\d+) (?:minutes|hours|days|weeks)$/.exec(term)?.[1] ?? Number.NaN),
    ]
    const cycles = [7, 12]
    const weekday = (day: number) =>
      new Date(Date.UTC(2024, 0, 1 + day)).toLocaleDateString('en', { weekday: 'long', timeZone: 'UTC' })
    const counts = readers.map(() => 0)
    for (const { input, expected } of loadTask(join(TASKS, 'date-arithmetic', 'task.yaml')).examples) {
      const terms = SERIES.exec(String(input))
      expect(terms, String(input)).not.toBeNull()
      const shown = [...terms!.slice(1, 4), String(expected)]
      const kind = readers.findIndex((read) => shown.every((term) => Number.isFinite(read(term)) && read(term) >= 0))
      expect(kind, `${String(input)} ${shown.join('|')}`).toBeGreaterThanOrEqual(0)
      const cycle = cycles[kind] ?? Number.POSITIVE_INFINITY
      const values = shown.map(readers[kind]!)
      const steps = [1, 2, 3].map((index) => {
        const step = values[index]! - values[index - 1]!
        return cycle === Number.POSITIVE_INFINITY ? step : (step + cycle) % cycle
      })
      expect(new Set(steps).size, `${String(input)} ${String(expected)}`).toBe(1)
      counts[kind]!++
    }
    expect(counts).toEqual([48, 48, 48, 48, 48])
  })
})

describe('build scripts', () => {
  let copy: string
  beforeAll(() => {
    copy = mkdtempSync(join(tmpdir(), 'krige-tasks-'))
    cpSync(TASKS, copy, { recursive: true })
  })
  afterAll(() => rmSync(copy, { recursive: true, force: true }))

  it.each(names)('%s: write what is committed', (name) => {
    for (const script of ['build-prompts.ts', 'build-examples.ts']) {
      if (existsSync(join(copy, name, script))) execFileSync(process.execPath, [join(copy, name, script)])
    }
    for (const file of readdirSync(join(TASKS, name)).filter((file) => file.endsWith('.jsonl'))) {
      expect(readFileSync(join(copy, name, file), 'utf8') === readFileSync(join(TASKS, name, file), 'utf8'), file).toBe(
        true,
      )
    }
  })
})

describe('programs in data/tasks', () => {
  it.each([
    ['request-routing/stages.yaml', ['purpose', 'extract', 'guide', 'decide'], 4],
    ['order-fields/loop.yaml', ['extract', 'check', 'repair'], 8],
  ])('%s loads without warnings, ends, and says what it takes at most', (file, stages, most) => {
    const task = loadTask(join(TASKS, file))
    expect(task.warnings).toEqual([])
    expect(task.examples).toHaveLength(EXAMPLES)
    expect(task.program!.stages.map(({ name }) => name)).toEqual(stages)
    const runs = task.pool.map((candidate) =>
      [...mostRuns(task.program!, candidate).values()].reduce((sum, count) => sum + count, 0),
    )
    expect(Math.max(...runs)).toBeLessThanOrEqual(most)
    for (const answer of ['correct', 'wrong']) {
      for (const candidate of task.pool) {
        const walk = walkProgram(task.program!, candidate)
        while (walk.stage) walk.advance(answer)
        expect(walk.isStuck).toBe(false)
        expect(walk.path.length).toBeGreaterThan(1)
      }
    }
  })
})
