import { AsyncLocalStorage } from 'node:async_hooks'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { type Context, type ContextManager, context, ROOT_CONTEXT, SpanKind, SpanStatusCode } from '@opentelemetry/api'
import {
  BasicTracerProvider,
  InMemorySpanExporter,
  type ReadableSpan,
  SimpleSpanProcessor,
} from '@opentelemetry/sdk-trace-base'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { createTelemetry } from '../../src/engine/telemetry.ts'
import type { Generation, TextModel } from '../../src/evaluation/text-model.ts'
import { failure } from '../../src/history/failure.ts'
import { optimize } from '../../src/run/optimize.ts'
import { startChatServer } from '../support/chat-server.ts'
import { startKrige, taskFolder } from '../support/krige-cli.ts'

const exporter = new InMemorySpanExporter()
const tracer = new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] }).getTracer('test')

/** What `@opentelemetry/context-async-hooks` does for users. */
const storage = new AsyncLocalStorage<Context>()
const manager: ContextManager = {
  active: () => storage.getStore() ?? ROOT_CONTEXT,
  with: (active, work, self, ...args) => storage.run(active, () => work.call(self as never, ...args)),
  bind: (_, target) => target,
  enable: () => manager,
  disable: () => manager,
}
beforeAll(() => {
  context.setGlobalContextManager(manager)
})
afterAll(() => {
  context.disable()
})
afterEach(() => exporter.reset())

const named = (name: string) => exporter.getFinishedSpans().filter((span) => span.name === name)
const parentOf = (span: ReadableSpan) => span.parentSpanContext?.spanId

describe('spans of a search', () => {
  it('show every decision and cell, inside the run, and no text', async () => {
    const texts = ['Classify this, please.', 'Say what it is.', 'Which team should have it?']
    const result = await optimize({
      prompts: texts,
      examples: ['first secret ticket', 'second secret ticket', 'third secret ticket'],
      evaluate: (prompt, example) => {
        if (prompt === texts[1] && example.startsWith('second')) throw new Error(`cannot read ${example}`)
        return prompt === texts[2] ? 1 : 0
      },
      budget: { evaluations: 9 },
      tracer,
    })
    const [run, ...others] = named('krige.run')
    expect(others).toEqual([])
    expect(run!.attributes).toMatchObject({ 'krige.study': 'optimize' })
    const cells = named('krige.evaluate')
    expect(cells).toHaveLength(result.spent.evaluations)
    expect(new Set(cells.map((cell) => cell.attributes['krige.candidate.id']))).toEqual(new Set(['1', '2', '3']))
    expect(cells.filter((cell) => cell.attributes['krige.outcome'] === 'score').length).toBeGreaterThanOrEqual(8)
    const failed = cells.filter((cell) => cell.status.code === SpanStatusCode.ERROR)
    for (const cell of failed)
      expect(cell.attributes).toMatchObject({ 'krige.outcome': 'failure', 'error.type': 'program' })
    const decisions = named('krige.decide')
    expect(decisions.filter(({ attributes }) => attributes['krige.decision'] === 'evaluate').length).toBeGreaterThan(0)
    for (const span of [...cells, ...decisions]) {
      expect(parentOf(span)).toBe(run!.spanContext().spanId)
      expect(span.ended).toBe(true)
    }
    const told = JSON.stringify(
      exporter.getFinishedSpans().map(({ name, attributes, status, events }) => [name, attributes, status, events]),
    )
    for (const text of [...texts, 'secret ticket', 'cannot read']) expect(told).not.toContain(text)
  })

  it('are none without a tracer', async () => {
    await optimize({ prompts: ['a', 'b'], examples: [1, 2], evaluate: () => 1, budget: { evaluations: 4 } })
    expect(exporter.getFinishedSpans()).toEqual([])
  })

  it('mark a run that fails, and pass the error on', async () => {
    const telemetry = createTelemetry(tracer)
    await expect(telemetry.traceRun({}, () => Promise.reject(new TypeError('with a text')))).rejects.toThrow(
      'with a text',
    )
    const [run] = named('krige.run')
    expect(run!.status).toEqual({ code: SpanStatusCode.ERROR })
    expect(run!.attributes).toEqual({ 'error.type': 'TypeError' })
    expect(run!.events).toEqual([])
  })
})

describe('the span of a call', () => {
  const answers: Generation[] = [
    { kind: 'text', text: 'a private answer', reason: 'stop', usage: { inputTokens: 12, outputTokens: 3 } },
    {
      kind: 'failure',
      failure: failure('rate-limit', 'HTTP 429: a private message'),
      usage: { inputTokens: 0, outputTokens: 0 },
    },
  ]
  const model: TextModel = {
    name: 'openai:test',
    identity: 'openai:test',
    concurrency: 1,
    local: false,
    countTokens: (text) => text.length,
    generate: async () => answers.shift()!,
    close: async () => {},
  }

  it('has model, settings, tokens and outcome, inside the cell', async () => {
    const telemetry = createTelemetry(tracer)
    const traced = telemetry.traceModel(model)
    expect(traced.countTokens('abc')).toBe(3)
    const request = { prompt: 'a private prompt', sampling: { temperature: 0, maxOutputTokens: 8 } }
    await telemetry.traceRun({}, () => traced.generate(request))
    const refused = await traced.generate(request)
    expect(refused.kind).toBe('failure')
    const [answered, failed] = named('chat openai:test')
    expect(answered!.kind).toBe(SpanKind.CLIENT)
    expect(answered!.attributes).toEqual({
      'gen_ai.operation.name': 'chat',
      'gen_ai.request.model': 'openai:test',
      'gen_ai.request.temperature': 0,
      'gen_ai.request.max_tokens': 8,
      'gen_ai.usage.input_tokens': 12,
      'gen_ai.usage.output_tokens': 3,
      'gen_ai.response.finish_reasons': ['stop'],
    })
    expect(parentOf(answered!)).toBe(named('krige.run')[0]!.spanContext().spanId)
    expect(failed!.status.code).toBe(SpanStatusCode.ERROR)
    expect(failed!.attributes).toMatchObject({ 'error.type': 'rate-limit' })
    expect(JSON.stringify([answered!.attributes, failed!.attributes, failed!.status])).not.toContain('private')
  })
})

describe('krige run', () => {
  it('sends spans to the SDK the user registers when KRIGE_OTEL is set, and none when it is not', async () => {
    const server = await startChatServer()
    const folder = taskFolder(server.model, { prompts: 3, search: 6, holdout: 0, budget: { evaluations: 12 } })
    const sent = join(mkdtempSync(join(tmpdir(), 'krige-spans-')), 'spans.jsonl')
    const setup = join(folder, 'telemetry.mjs')
    // A batch processor: whatever is not flushed is lost. Packages are found from here, not from the folder of the task.
    writeFileSync(
      setup,
      `import { appendFileSync } from 'node:fs'
import { trace } from ${JSON.stringify(import.meta.resolve('@opentelemetry/api'))}
import { BasicTracerProvider, BatchSpanProcessor } from ${JSON.stringify(import.meta.resolve('@opentelemetry/sdk-trace-base'))}
const exporter = {
  export(spans, done) {
    for (const { name, attributes } of spans) appendFileSync(${JSON.stringify(sent)}, JSON.stringify({ name, attributes }) + '\\n')
    done({ code: 0 })
  },
  shutdown: async () => {},
}
trace.setGlobalTracerProvider(new BasicTracerProvider({ spanProcessors: [new BatchSpanProcessor(exporter)] }))
`,
    )
    try {
      const NODE_OPTIONS = `--import ${pathToFileURL(setup).href}`
      const quiet = await startKrige(folder, ['run', 'task.yaml', '--study', 'quiet'], { NODE_OPTIONS }).done
      expect(quiet.code, quiet.stderr).toBe(0)
      expect(() => readFileSync(sent)).toThrow()
      const result = await startKrige(folder, ['run', 'task.yaml', '--no-cache'], { NODE_OPTIONS, KRIGE_OTEL: '1' })
        .done
      expect(result.code, result.stderr).toBe(0)
      const text = readFileSync(sent, 'utf8')
      const names = text
        .trim()
        .split('\n')
        .map((line): string => JSON.parse(line).name)
      expect(names.filter((name) => name === 'krige.run')).toHaveLength(1)
      expect(names.filter((name) => name === 'krige.evaluate')).toHaveLength(12)
      expect(names.filter((name) => name === `chat ${server.model}`)).toHaveLength(12)
      expect(names).toContain('krige.decide')
      expect(text).not.toMatch(/Instruction \d|case number/)
    } finally {
      await server.close()
      rmSync(folder, { recursive: true, force: true })
    }
  })
})
