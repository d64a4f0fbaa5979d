import { execFile } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { promisify } from 'node:util'
import { afterAll, describe, expect, it, vi } from 'vitest'
import { autoevalsMetric } from '../../src/evaluation/metrics/autoevals.ts'
import { moduleMetric } from '../../src/evaluation/metrics/module-metric.ts'
import { openEvaluator } from '../../src/evaluation/open-evaluator.ts'
import { createProgramEvaluator } from '../../src/evaluation/program-evaluator.ts'
import { readProgramCall } from '../../src/evaluation/user-code/program.ts'
import { readResult } from '../../src/evaluation/user-code/read-result.ts'
import { parseTemplate } from '../../src/prompt/template.ts'
import { messageOf } from '../../src/text/message-of.ts'
import { allowed } from '../support/reservations.ts'
import { createScriptedModel } from '../support/scripted-model.ts'

const folder = mkdtempSync(join(tmpdir(), 'user-code-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))
let files = 0
const write = (code: string, name = `m${files++}.mjs`) => {
  const file = join(folder, name)
  writeFileSync(file, code)
  return file
}
const sampling = { temperature: 0, maxOutputTokens: 8 }
const cell = (id: string) => ({
  candidate: { id: 'a', text: 'One' },
  example: { id, input: id, expected: 'x', fields: {} },
  repeat: 0,
  seed: 1,
})

/** Only the example `bad` misbehaves. */
const MISBEHAVIOR: readonly (readonly [what: string, code: string, reason: RegExp])[] = [
  ['exits', 'process.exit(0)', /ended the process/],
  ['loses a rejection', 'Promise.reject(new Error("lost")); return new Promise(() => {})', /outside.*lost/],
  ['loses a throwing timer', 'setTimeout(() => { throw new Error("late") }); return new Promise(() => {})', /late/],
  ['throws what cannot be shown', 'throw { toString() { throw 1 } }', /cannot be shown/],
  ['throws a proxy', 'throw new Proxy({}, { get() { throw 1 }, getPrototypeOf() { throw 1 } })', /cannot be shown/],
  ['never settles', 'return new Promise(() => {})', /did not finish within 1 s/],
  ['never ends', 'for (;;);', /did not finish within 1 s/],
  ['returns a text', 'return "1"', /returned "1"/],
  ['returns a bigint', 'return 1n', /returned 1/],
  ['returns a circle', 'const a = {}; a.a = a; return a', /cannot be read/],
  ['returns a function', 'return () => 1', /returned function/],
  ['returns NaN', 'return { score: NaN }', /finite number/],
  [
    'returns a score under a wrong name',
    'return { score: 1, metric: { a: 1 } }',
    /result.metric. Did you mean metrics/,
  ],
  ['returns a key that nobody reads', 'return { score: 1, reason: "short" }', /result.reason. Known keys: score/],
  ['returns a trap', 'return { get score() { throw new Error("trap") } }', /trap/],
  ['eats memory outside of the heap', 'const all = []; for (;;) all.push(Buffer.alloc(1e7, 1))', /1024 MB|not finish/],
  ['eats memory', 'const all = []; for (;;) all.push(new Array(1e5).fill(1))', /more than 1024 MB|not finish/],
  [
    'eats much memory at once',
    'const all = []; for (;;) all.push(new Array(2e7).fill(1))',
    /more than 1024 MB|not finish/,
  ],
]

describe('limits that a task states', () => {
  it('hold for the memory of a program and of a metric module', { timeout: 60_000 }, async () => {
    const eats = 'const all = []; for (;;) all.push(Buffer.alloc(1e7, 1))'
    const limits = { memory: 96, timeout: 30 }
    const metric = await moduleMetric(write(`export default () => { ${eats} }`), {}, { limits, concurrency: 1 })
    await expect(metric.score('x', { id: '1', input: 'x', fields: {} })).rejects.toThrow('more than 96 MB')
    await metric.close?.()
    const program = await createProgramEvaluator({ file: write(`export default () => { ${eats} }`), sampling, limits })
    const { failure } = await program.evaluate(cell('1'))
    expect(failure?.message).toContain('more than 96 MB')
    await program.close()
  })
})

describe('a scorer of autoevals', () => {
  const fake = write(`
export const Exact = ({ output, expected, bonus = 0 }) => ({ name: 'Exact', score: Number(output === expected) + bonus })
export const Reasons = async () => ({ score: 0.5, metadata: { rationale: 'half of it' } })
export const Ends = () => process.exit(0)
export const Hangs = () => { for (;;); }
export const Nothing = () => ({ score: null })
export const helper = 5
`)
  const packageName = pathToFileURL(fake).href
  const example = { id: '1', input: 'x', expected: 'yes', fields: {} }

  it('scores in a process of its own, where it may exit or never end', { timeout: 60_000 }, async () => {
    const open = (name: string, options = {}) => autoevalsMetric(name, options, { packageName, limits: { timeout: 1 } })
    const exact = await open('Exact', { bonus: 1 })
    expect(exact.name).toBe('autoevals:Exact')
    expect(await exact.score('yes', example)).toMatchObject({ score: 2 })
    await exact.close?.()
    const reasons = await open('Reasons')
    expect(await reasons.score('yes', example)).toMatchObject({
      score: 0.5,
      feedback: [{ text: 'half of it', from: 'autoevals:Reasons' }],
    })
    await reasons.close?.()
    for (const [name, problem] of [
      ['Ends', 'ended the process'],
      ['Hangs', 'did not finish within 1 s'],
      ['Nothing', 'gave no score'],
    ] as const) {
      const metric = await open(name)
      await expect(metric.score('yes', example)).rejects.toThrow(problem)
      await metric.close?.()
    }
  })

  it('that there is none of is refused by name', async () => {
    await expect(autoevalsMetric('Exat', {}, { packageName })).rejects.toThrow('autoevals has no scorer "Exat"')
    await expect(autoevalsMetric('helper', {}, { packageName })).rejects.toThrow('no scorer "helper"')
  })
})

describe('one bad cell costs one cell, soon, with a reason', () => {
  it.each(MISBEHAVIOR)('a metric that %s', async (_, code, reason) => {
    const file = write(`export default (output) => { if (output === 'bad') { ${code} } return 1 }`)
    const metric = await moduleMetric(file, {}, { limits: { timeout: 1 }, concurrency: 1 })
    const example = { id: '1', input: 'x', fields: {} }
    const score = (output: string) => Promise.resolve(metric.score(output, example))
    await expect(score('good')).resolves.toMatchObject({ score: 1 })
    const started = performance.now()
    const [bad, good] = await Promise.allSettled([score('bad'), score('good')])
    expect(bad).toMatchObject({ status: 'rejected', reason: { message: expect.stringMatching(reason) } })
    expect(good).toMatchObject({ status: 'fulfilled' })
    await expect(score('good')).resolves.toMatchObject({ score: 1 })
    expect(performance.now() - started).toBeLessThan(5000)
    await metric.close?.()
  })

  // Programs run in the same kind of process: a few ways show that.
  it.each(MISBEHAVIOR.filter(([what]) => /exits|loses a|never ends|proxy|wrong name/.test(what)))(
    'a program that %s',
    async (_, code, reason) => {
      const file = write(`export default (candidate, example) => { if (example.id === 'bad') { ${code} } return 1 }`)
      const evaluator = await createProgramEvaluator({ file, sampling, limits: { timeout: 1 }, concurrency: 1 })
      const [bad, good] = await Promise.all([evaluator.evaluate(cell('bad')), evaluator.evaluate(cell('good'))])
      expect(bad).toMatchObject({ failure: { kind: 'program', message: expect.stringMatching(reason) } })
      expect(good).toMatchObject({ score: 1 })
      await evaluator.close()
    },
  )

  it('leaves out measurements that are no numbers', async () => {
    const file = write('export default () => ({ score: 1, metrics: { a: NaN, b: Infinity, c: "3", d: 4, e: true } })')
    const evaluator = await createProgramEvaluator({ file, sampling })
    expect((await evaluator.evaluate(cell('a'))).score).toBe(1)
    expect(await evaluator.evaluate(cell('a'))).toMatchObject({ metrics: { d: 4, e: 1 } })
    expect(Object.keys(((await evaluator.evaluate(cell('a'))) as { metrics: object }).metrics)).not.toContain('a')
    await evaluator.close()
  })

  it('hears nothing of what a module posts by itself', async () => {
    const file = write(`
      const send = () => process.send?.({ kind: 'result', job: 0, result: null })
      send()
      export default () => { send(); return 0.5 }`)
    const evaluator = await createProgramEvaluator({ file, sampling })
    expect(await evaluator.evaluate(cell('a'))).toMatchObject({ score: 0.5 })
    await evaluator.close()
  })

  it.each([
    'undefined',
    'null',
    '5',
    '{}',
    '{ prompt: 5 }',
    '{ prompt: "a", maxOutputTokens: NaN }',
    '{ prompt: "a", maxTokens: 5 }',
  ])('a program that asks for %s', async (asked) => {
    const model = createScriptedModel(() => 'yes')
    const file = write(`export default async (c, e, { generate }) => { await generate(${asked}); return 1 }`)
    const evaluator = await createProgramEvaluator({ file, sampling, model })
    const result = await evaluator.evaluate(cell('a'))
    expect(result).toMatchObject({ failure: { kind: 'program', message: /generate/ } })
    expect(model.requests).toHaveLength(0)
    await evaluator.close()
  })

  it('a program that does not wait for its calls pays for none that was not sent', async () => {
    const model = createScriptedModel(() => 'yes')
    const file = write(
      'export default (c, e, { generate }) => { for (let i = 0; i < 30; i++) generate("x"); return 1 }',
    )
    const evaluator = await createProgramEvaluator({ file, sampling, model })
    const reserve = vi.fn(async () => allowed())
    const result = await evaluator.evaluate({ ...cell('a'), reserve })
    expect(result).toMatchObject({ score: 1, calls: model.requests.length })
    await evaluator.close()
  })
})

/** A process that ended, but that nobody has asked about yet, is not running. */
function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0)
  } catch {
    return false
  }
  const status = `/proc/${pid}/status`
  return !existsSync(status) || !/^State:\s+[ZX]/m.test(readFileSync(status, 'utf8'))
}

describe('modules', () => {
  it.each([
    ['exits while it is loaded', 'process.exit(0)', /cannot be loaded: it ended the process/],
    ['throws while it is loaded', 'throw new Error("no")', /cannot be loaded: no/],
    ['exports no function', 'export default 5', /exports no function/],
  ])('are refused when one %s', async (_, code, message) => {
    const file = write(code)
    await expect(moduleMetric(file, {})).rejects.toMatchObject({
      code: 'invalid-input',
      message: expect.stringMatching(message),
    })
    await expect(createProgramEvaluator({ file, sampling })).rejects.toThrow(message)
  })

  it.each([
    ['a module in TypeScript', 'm.ts', 'export default (output: string): number => output.length'],
    ['a module in JavaScript', 'm.js', 'export default (output) => output.length'],
    [
      'one that imports another',
      'n.ts',
      "import length from './m.ts'\nexport default (output: string): number => length(output)",
    ],
    ['a CommonJS file', 'c.js', 'module.exports = (output) => output.length'],
    ['a CommonJS file by its ending', 'c.cjs', 'module.exports = (output) => output.length'],
  ])('may be %s in a folder that says commonjs', async (_, name, code) => {
    const inside = join(folder, 'commonjs')
    mkdirSync(inside, { recursive: true })
    writeFileSync(join(inside, 'package.json'), '{"type":"commonjs"}')
    writeFileSync(join(inside, name), code)
    const metric = await moduleMetric(join(inside, name), {})
    expect(await metric.score('four', { id: '1', input: 'x', fields: {} })).toMatchObject({ score: 4 })
    await metric.close?.()
  })

  it('never print on standard output', async () => {
    const file = write(`
      import { writeSync } from 'node:fs'
      console.log('POLLUTION')
      export default () => { console.log('POLLUTION'); process.stdout.write('POLLUTION'); writeSync(1, 'MORE'); return 1 }`)
    const metric = new URL('../../src/evaluation/metrics/module-metric.ts', import.meta.url).href
    const script = write(`
      import { moduleMetric } from ${JSON.stringify(metric)}
      const metric = await moduleMetric(${JSON.stringify(file)}, {})
      console.log(JSON.stringify(await metric.score('x', { id: '1', input: 'x', fields: {} })))
      await metric.close()`)
    const { stdout, stderr } = await promisify(execFile)(process.execPath, [script])
    expect(JSON.parse(stdout)).toMatchObject({ score: 1 })
    expect(stderr).toMatch(/POLLUTION[\s\S]*MORE/)
  })

  it('do not keep the engine alive, nor outlive it', async () => {
    const file = write('export default () => { console.error("pid " + process.pid); for (;;); }')
    const metric = new URL('../../src/evaluation/metrics/module-metric.ts', import.meta.url).href
    const script = write(`
      import { moduleMetric } from ${JSON.stringify(metric)}
      const metric = await moduleMetric(${JSON.stringify(file)}, {})
      if (process.argv[2] === 'run') void metric.score('x', { id: '1', input: 'x', fields: {} })`)
    await promisify(execFile)(process.execPath, [script], { timeout: 20_000 })
    const running = execFile(process.execPath, [script, 'run'])
    const pid = await new Promise<number>((resolve) => {
      running.stderr!.on('data', (text) => {
        const found = /pid (\d+)/.exec(String(text))
        if (found) resolve(Number(found[1]))
      })
    })
    running.kill('SIGKILL')
    await vi.waitFor(() => expect(isRunning(pid)).toBe(false), { timeout: 20_000, interval: 100 })
  })

  it('that were edited make another evaluator', async () => {
    const open = async (code: string) => {
      const task = {
        template: parseTemplate('{{prompt}} {{input}}'),
        metric: { name: write(code, 'edited.mjs'), options: {} },
        sampling,
        labels: [],
      }
      const textModel = createScriptedModel(() => 'yes')
      const evaluator = await openEvaluator(task, { modelsFolder: folder, environment: {}, textModel })
      await evaluator.close()
      return evaluator.id
    }
    const first = await open('export default () => 1')
    expect(await open('export default () => 0')).not.toBe(first)
    expect(await open('export default () => 1')).toBe(first)
  })
})

describe('what comes from a module', () => {
  it('is read without trusting it', () => {
    expect(readResult(true)).toEqual({ kind: 'score', score: 1 })
    expect(readResult({ score: 2, output: 'x' })).toEqual({ kind: 'score', score: 2, output: 'x' })
    expect(readResult(undefined)).toMatchObject({ kind: 'error' })
    expect(messageOf(Object.create(null))).toBe('an error that cannot be shown')
    expect(readProgramCall({ prompt: 'a', stop: ['b'] })).toEqual({ prompt: 'a', stop: ['b'] })
    expect(() => readProgramCall({ prompt: 'a', maxOutputToken: 5 })).toThrow('Did you mean maxOutputTokens?')
    expect(() => readProgramCall({ prompt: 'a', stop: 'b' })).toThrow(/stop should be a list of texts/)
  })
})
