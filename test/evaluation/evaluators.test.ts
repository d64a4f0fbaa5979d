import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { KrigeError } from '../../src/errors.ts'
import { createMetric } from '../../src/evaluation/metrics/create-metric.ts'
import { labelMatch } from '../../src/evaluation/metrics/label-match.ts'
import { readChatFormat } from '../../src/evaluation/models/chat-format.ts'
import { retryAfter } from '../../src/evaluation/models/classify-error.ts'
import { findGguf, parseGgufReference } from '../../src/evaluation/models/find-gguf.ts'
import { openTextModel } from '../../src/evaluation/models/open-text-model.ts'
import { openEvaluator } from '../../src/evaluation/open-evaluator.ts'
import { createProgramEvaluator } from '../../src/evaluation/program-evaluator.ts'
import { createMemoryResponseCache } from '../../src/evaluation/response-cache.ts'
import { DEFAULT_RETRY, retryDelay } from '../../src/evaluation/retry.ts'
import { createRedactor, Secret } from '../../src/evaluation/secrets.ts'
import { createTemplateEvaluator } from '../../src/evaluation/template-evaluator.ts'
import type { TextModel } from '../../src/evaluation/text-model.ts'
import { failure } from '../../src/history/failure.ts'
import { parseTemplate } from '../../src/prompt/template.ts'
import { writeTurns } from '../../src/prompt/turns.ts'
import { allowed } from '../support/reservations.ts'
import { createScriptedModel } from '../support/scripted-model.ts'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'krige-evaluation-'))
})
const opened: { close(): Promise<void> }[] = []
afterEach(async () => {
  for (const resource of opened.splice(0)) await resource.close()
  rmSync(folder, { recursive: true, force: true })
})

const example = { id: '1', input: 'It crashes.', expected: 'bug', fields: { hint: 'x' } }
const candidate = { id: 'a', text: 'Label it.' }
const cell = { candidate, example, repeat: 0, seed: 1 }
const sampling = { temperature: 0, maxOutputTokens: 8 }
const template = parseTemplate('{{prompt}}\n\n{{input}}')

describe('the template evaluator', () => {
  it('scores, counts and reports', async () => {
    const model = createScriptedModel(() => 'A bug.')
    const evaluator = createTemplateEvaluator({ template, model, metric: labelMatch(['bug', 'billing']), sampling })
    const result = await evaluator.evaluate(cell)
    expect(result).toMatchObject({ score: 1, output: 'A bug.', calls: 1, cached: false })
    expect(result.usage).toEqual({ inputTokens: 'Label it.\n\nIt crashes.'.length, outputTokens: 6 })
    expect(evaluator.estimate(candidate, example)).toEqual({ calls: 1, inputTokens: 22, outputTokens: 8 })
    expect(evaluator.random).toBe(false)
  })

  it("sends the candidate's system message, and counts it", async () => {
    const model = createScriptedModel(() => 'bug')
    const own = parseTemplate('{{input}}', 'You sort tickets.\n{{prompt}}')
    const evaluator = createTemplateEvaluator({ template: own, model, metric: labelMatch(['bug']), sampling })
    await evaluator.evaluate(cell)
    expect(model.requests[0]).toMatchObject({ system: 'You sort tickets.\nLabel it.', prompt: 'It crashes.' })
    expect(evaluator.estimate(candidate, example).inputTokens).toBe('You sort tickets.\nLabel it.It crashes.'.length)
    const plain = createTemplateEvaluator({ template, model, metric: labelMatch(['bug']), sampling })
    expect(plain.id).not.toBe(evaluator.id)
  })

  it('sends turns as messages of their own, counts them, and keeps answers to them apart', async () => {
    const model = createScriptedModel(() => 'bug')
    const cache = createMemoryResponseCache()
    const evaluator = createTemplateEvaluator({ template, model, metric: labelMatch(['bug']), sampling, cache })
    const turns = [{ user: 'Pay me.', assistant: 'billing' }]
    const shown = { id: 'b', text: `Label it.\n\n${writeTurns(turns)}` }
    await evaluator.evaluate(cell)
    const { traces } = await evaluator.evaluate({ ...cell, candidate: shown })
    expect(model.requests.map(({ prompt, turns: before }) => [prompt, before])).toEqual([
      ['Label it.\n\nIt crashes.', undefined],
      ['It crashes.', [{ user: 'Label it.\n\nPay me.', assistant: 'billing' }]],
    ])
    expect(traces![0]).toMatchObject({ prompt: 'It crashes.', turns: model.requests[1]!.turns })
    expect(evaluator.estimate(shown, example).inputTokens).toBe('It crashes.Label it.\n\nPay me.billing'.length)
  })

  it('gives every repeat of a random cell its own seed, the same each time', async () => {
    const model = createScriptedModel(() => 'bug')
    const options = { template, model, metric: labelMatch(['bug']), sampling: { ...sampling, temperature: 1 } }
    const evaluator = createTemplateEvaluator(options)
    expect(evaluator.random).toBe(true)
    for (const repeat of [0, 1, 0]) await evaluator.evaluate({ ...cell, repeat })
    const [first, second, again] = model.requests.map((request) => request.sampling.seed)
    expect(first).not.toBe(second)
    expect(again).toBe(first)
  })

  it("lets a candidate's parameters go before the task's sampling", async () => {
    const model = createScriptedModel(() => 'bug')
    const evaluator = createTemplateEvaluator({ template, model, metric: labelMatch(['bug']), sampling })
    await evaluator.evaluate({
      ...cell,
      candidate: { ...candidate, parameters: { temperature: 0.5, maxOutputTokens: 3 } },
    })
    expect(model.requests[0]!.sampling).toMatchObject({ temperature: 0.5, maxOutputTokens: 3 })
  })

  it('turns what a metric throws into a missing cell', async () => {
    const file = join(folder, 'metric.mjs')
    writeFileSync(file, 'export default () => { throw new Error("no such thing") }')
    const model = createScriptedModel(() => 'bug')
    const metric = await createMetric({ name: file, options: {} }, { labels: [] })
    const result = await createTemplateEvaluator({ template, model, metric, sampling }).evaluate(cell)
    expect(result).toMatchObject({
      failure: { kind: 'metric', retryable: false },
      calls: 1,
      output: 'bug',
    })
  })

  it('uses a metric the user wrote, with its options', async () => {
    const file = join(folder, 'metric.mjs')
    writeFileSync(file, 'export default (output, example, options) => output.length / options.longest')
    const metric = await createMetric({ name: file, options: { longest: 6 } }, { labels: [] })
    const result = await createTemplateEvaluator({
      template,
      model: createScriptedModel(() => 'bug'),
      metric,
      sampling,
    }).evaluate(cell)
    expect(result).toMatchObject({ score: 0.5 })
  })

  it('says what cannot be filled in instead of sending it', async () => {
    const model = createScriptedModel(() => 'bug')
    const evaluator = createTemplateEvaluator({ template, model, metric: labelMatch(['bug']), sampling })
    const result = await createTemplateEvaluator({
      template: parseTemplate('{{style}} {{input}}'),
      model,
      metric: labelMatch(['bug']),
      sampling,
    }).evaluate({ ...cell, candidate: { id: 'b', slots: { other: 'x' } } })
    expect(result).toMatchObject({ failure: { kind: 'bad-request' }, calls: 0 })
    expect(model.requests).toHaveLength(0)
    await evaluator.close()
  })
})

describe('the program evaluator', () => {
  const open = async (source: string, options: Partial<Parameters<typeof createProgramEvaluator>[0]> = {}) => {
    const file = join(folder, 'program.mjs')
    writeFileSync(file, source)
    const evaluator = await createProgramEvaluator({ file, sampling, ...options })
    opened.push(evaluator)
    return evaluator
  }

  it('runs several stages, each a counted call', async () => {
    const model = createScriptedModel(({ prompt }) => (prompt.startsWith('Think') ? 'crash' : 'bug'))
    const evaluator = await open(
      `export default async (candidate, example, { generate }) => {
        const thought = await generate({ prompt: 'Think about ' + example.input, maxOutputTokens: 3 })
        const label = await generate(candidate.slots.final + thought)
        return { score: label === example.expected ? 1 : 0, metrics: { length: thought.length }, output: label }
      }`,
      { model },
    )
    const reserved: number[] = []
    const result = await evaluator.evaluate({
      ...cell,
      candidate: { id: 'p', slots: { final: 'Label: ' } },
      reserve: ({ maxOutputTokens }) => {
        reserved.push(maxOutputTokens)
        return allowed()
      },
    })
    expect(result).toMatchObject({ score: 1, metrics: { length: 5 }, output: 'bug', calls: 2 })
    expect(reserved).toEqual([3, 8])
    expect(model.requests.map((request) => request.prompt)).toEqual(['Think about It crashes.', 'Label: crash'])
  })

  it.each([true, false])('pays once for what is asked again while it is on its way (cache: %s)', async (cached) => {
    const scripted = createScriptedModel(() => 'crash')
    const later = () => new Promise((resolve) => setTimeout(resolve, 100))
    const model: TextModel = { ...scripted, generate: (request) => later().then(() => scripted.generate(request)) }
    const evaluator = await open(
      `export default async (candidate, example, { generate }) =>
        (await Promise.all([generate('Think'), generate('Think')])).join().length`,
      { model, ...(cached ? { cache: createMemoryResponseCache() } : {}) },
    )
    expect(await evaluator.evaluate(cell)).toMatchObject({ score: 11, calls: 1, metrics: { calls: 2 } })
    expect(await evaluator.evaluate(cell), 'what has ended is the cache’s to keep').toMatchObject({
      score: 11,
      calls: cached ? 0 : 1,
    })
  })

  it('passes on a failed call, and its kind when the program does not catch it', async () => {
    const model = createScriptedModel(() => ({ kind: 'bad-request', message: 'too rude' }))
    const evaluator = await open('export default async (c, e, { generate }) => { await generate("x"); return 1 }', {
      model,
    })
    expect(await evaluator.evaluate(cell)).toMatchObject({
      failure: { kind: 'bad-request', message: 'too rude' },
      calls: 1,
    })
    const caught = await open('export default async (c, e, { generate }) => generate("x").then(() => 1, () => 0.25)', {
      model,
    })
    expect(await caught.evaluate(cell)).toMatchObject({ score: 0.25, calls: 1 })
  })

  it.each([
    ['throws', 'export default () => { throw new Error("oops") }', /oops/],
    ['returns no number', 'export default () => "good"', /"good"; expected a finite number/],
    ['ends the process', 'export default () => process.exit(3)', /exit code 3/],
    ['never ends', 'export default () => { for (;;); }', /did not finish within/],
  ])('survives a program that %s', async (_, source, message) => {
    const evaluator = await open(source, { limits: { timeout: source.includes('for (;;)') ? 0.4 : 20 } })
    for (let round = 0; round < 2; round++) {
      const result = await evaluator.evaluate(cell)
      expect(result).toMatchObject({ failure: { kind: 'program', retryable: false } })
      expect(result.failure?.message).toMatch(message)
    }
  })

  it('refuses a module that is none before anything is measured', async () => {
    await expect(open('export const x = 1')).rejects.toMatchObject({ code: 'invalid-input' })
    await expect(open('export default (')).rejects.toMatchObject({ code: 'invalid-input' })
  })

  it('stops when cancelled', async () => {
    const evaluator = await open('export default () => new Promise(() => {})')
    const result = await evaluator.evaluate({ ...cell, signal: AbortSignal.timeout(50) })
    expect(result).toMatchObject({ failure: { kind: 'cancelled' } })
  })
})

describe('retries', () => {
  it('double, with jitter between half and whole, up to a limit', () => {
    const server = failure('server', 'x')
    for (const [attempt, ceiling] of [500, 1000, 2000].entries()) {
      expect(retryDelay(server, attempt, { ...DEFAULT_RETRY, random: () => 0 })).toBe(ceiling / 2)
      expect(retryDelay(server, attempt, { ...DEFAULT_RETRY, random: () => 1 })).toBe(ceiling)
    }
    expect(retryDelay(server, 3, DEFAULT_RETRY)).toBeUndefined()
    expect(retryDelay(failure('authentication', 'x'), 0, DEFAULT_RETRY)).toBeUndefined()
    expect(retryDelay(failure('rate-limit', 'x', 130_000), 0, DEFAULT_RETRY)).toBeUndefined()
    expect(retryDelay(failure('rate-limit', 'x', 2000), 0, { ...DEFAULT_RETRY, random: () => 0 })).toBe(2000)
  })

  it.each([
    [{ 'retry-after': '2' }, 2000],
    [{ 'retry-after-ms': '30' }, 30],
    [{ 'retry-after': 'Thu, 01 Jan 1970 00:00:05 GMT' }, 4000],
    [{ 'retry-after': 'Thu, 01 Jan 1970 00:00:00 GMT' }, 0],
    [{ 'retry-after': 'soon' }, undefined],
    [{}, undefined],
  ])('read %j as %s ms', (headers, expected) => {
    expect(retryAfter(headers, 1000)).toBe(expected)
  })
})

describe('models by name', () => {
  it('finds files with or without their quantization suffix', () => {
    for (const file of ['SmolLM2-135M-Instruct.Q4_1.gguf', 'tiny-q8_0.gguf', 'twice.Q4_0.gguf', 'twice.Q8_0.gguf']) {
      writeFileSync(join(folder, file), 'GGUF')
    }
    expect(findGguf('smollm2-135m-instruct', folder)).toBe(join(folder, 'SmolLM2-135M-Instruct.Q4_1.gguf'))
    expect(findGguf('tiny', folder)).toBe(join(folder, 'tiny-q8_0.gguf'))
    expect(findGguf('twice.q8_0', folder)).toBe(join(folder, 'twice.Q8_0.gguf'))
    expect(() => findGguf('twice', folder)).toThrow(/fits several/)
    const refused = (name: string) => {
      try {
        return findGguf(name, folder)
      } catch (error) {
        return KrigeError.isInstance(error) ? [error.code, error.remedy] : error
      }
    }
    expect(refused('smollm2')).toEqual([
      'invalid-input',
      expect.stringMatching(
        /^Did you mean smollm2-135m-instruct[^?]*\? Here: .*tiny-q8_0.*models pull knows smollm2-135m/,
      ),
    ])
    expect(refused('gemma-3-270m')).toEqual(['unavailable', expect.stringContaining('krige models pull gemma-3-270m')])
    expect(() => findGguf('./gone.gguf', folder)).toThrow(/does not exist/)
    expect(parseGgufReference('a/b#c.gguf#raw')).toEqual({ name: 'a/b#c.gguf', format: 'raw' })
  })

  it('says what is missing or wrong', async () => {
    const options = { modelsFolder: folder, environment: {} }
    writeFileSync(join(folder, 'broken.gguf'), 'this is no model')
    await expect(openTextModel('gguf:broken', options)).rejects.toMatchObject({ code: 'invalid-input' })
    await expect(openTextModel('opnai:x', options)).rejects.toMatchObject({
      code: 'invalid-input',
      remedy: expect.stringMatching(/^Did you mean openai\? Known: openai, .*npm install @ai-sdk\/opnai$/),
    })
    await expect(openTextModel('moonshotai:x', options)).rejects.toMatchObject({
      code: 'unavailable',
      remedy: 'npm install @ai-sdk/moonshotai',
    })
    await expect(openTextModel('openai-compatible:ftp://x#y', options)).rejects.toMatchObject({ code: 'invalid-input' })
  })
})

describe('chat formats', () => {
  it('stand around the message, which is never read as template', () => {
    const chatml =
      "{% for m in messages %}{{'<|im_start|>' + m.role + '\\n' + m.content + '<|im_end|>\\n'}}{% endfor %}{% if add_generation_prompt %}<|im_start|>assistant\\n{% endif %}"
    const [open, end] = ['<|im_start|>', '<|im_end|>\n']
    expect(readChatFormat(chatml, ['user'])).toEqual({
      around: [`${open}user\n`, `${end}${open}assistant\\n`],
      order: [0],
      trims: [false],
    })
    expect(readChatFormat(chatml, ['system', 'user', 'assistant', 'user']).around).toEqual([
      `${open}system\n`,
      `${end}${open}user\n`,
      `${end}${open}assistant\n`,
      `${end}${open}user\n`,
      `${end}${open}assistant\\n`,
    ])
    const trimming =
      '{{ bos_token }}{% for m in messages %}[{{ m.content | trim if m.role == "user" else m.content }}]{% endfor %}'
    expect(readChatFormat(trimming, ['assistant', 'user'], { bosToken: '<s>' })).toEqual({
      around: ['<s>[', '][', ']'],
      order: [0, 1],
      trims: [false, true],
    })
    // As Mistral's: the system message stands in the last one of the user.
    const last =
      "{% set system = messages[0].content if messages[0].role == 'system' else '' %}{% for m in messages %}{% if m.role == 'user' %}[INST]{{ system if loop.last }}|{{ m.content }}[/INST]{% elif m.role == 'assistant' %}{{ m.content | trim }}</s>{% endif %}{% endfor %}"
    expect(readChatFormat(last, ['system', 'user', 'assistant', 'user'])).toEqual({
      around: ['[INST]|', '[/INST]', '</s>[INST]', '|', '[/INST]'],
      order: [1, 2, 0, 3],
      trims: [false, false, true, false],
    })
    expect(() => readChatFormat('{{ raise_exception("no") }}', ['user'])).toThrow(/cannot be rendered/)
    expect(() => readChatFormat('nothing', ['user'])).toThrow(/show the user's message exactly once/)
    expect(() => readChatFormat('{{ messages[1].content }}', ['system', 'user'])).toThrow(/system's message/)
  })
})

describe('secrets', () => {
  it('do not show themselves', () => {
    const secret = new Secret('sk-0123456789')
    expect(`${secret} ${JSON.stringify({ secret })}`).not.toContain('sk-')
    const redact = createRedactor({ MY_API_KEY: 'topsecretvalue', HOME: '/root', TOKEN: 'a b/c+d=efgh' }, [secret])
    const text = 'topsecretvalue sk-0123456789 a%20b%2Fc%2Bd%3Defgh Bearer abcdefghijk http://u:pw@host /root'
    expect(redact(text)).toBe('[secret] [secret] [secret] Bearer [secret] http://[secret]@host /root')
  })

  it('are hidden in answers, and words that only look like one are not', async () => {
    const said = 'Basic arithmetic and a bearer certificate, not topsecretvalue.'
    const task = { template, metric: { name: 'exact-match', options: {} }, sampling, labels: [] }
    const environment = { MY_API_KEY: 'topsecretvalue' }
    const textModel = createScriptedModel(() => said)
    const evaluator = await openEvaluator(task, { modelsFolder: folder, environment, textModel })
    const { output, traces } = await evaluator.evaluate({
      ...cell,
      candidate: { id: 'a', text: 'Use basic arithmetic.' },
    })
    await evaluator.close()
    const hidden = 'Basic arithmetic and a bearer certificate, not [secret].'
    expect(output).toBe(hidden)
    expect(traces?.[0]).toMatchObject({ prompt: 'Use basic arithmetic.\n\nIt crashes.', text: hidden })
  })
})
