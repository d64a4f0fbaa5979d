import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { createBatchedEmbedder } from '../../src/embedding/batched-embedder.ts'
import { openSentenceEncoder } from '../../src/embedding/sentence-encoder.ts'
import type { CallReservation } from '../../src/evaluation/evaluator.ts'
import { createMetric } from '../../src/evaluation/metrics/create-metric.ts'
import { labelMatch } from '../../src/evaluation/metrics/label-match.ts'
import type { Metric } from '../../src/evaluation/metrics/metric.ts'
import { createProgramEvaluator } from '../../src/evaluation/program-evaluator.ts'
import { createTemplateEvaluator } from '../../src/evaluation/template-evaluator.ts'
import type { JsonValue } from '../../src/prompt/example.ts'
import { parseTemplate } from '../../src/prompt/template.ts'
import type { ConformanceCheck } from '../../src/testing/conformance.ts'
import { embedderConformance } from '../../src/testing/embedder-conformance.ts'
import { evaluatorConformance } from '../../src/testing/evaluator-conformance.ts'
import { metricConformance } from '../../src/testing/metric-conformance.ts'
import { createScriptedModel } from '../support/scripted-model.ts'
import { openStaged, TWO_STAGES } from '../support/staged-task.ts'

const folder = mkdtempSync(join(tmpdir(), 'krige-edges-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const failing = async (checks: readonly ConformanceCheck[]): Promise<string[]> => {
  const failed: string[] = []
  for (const { name, run } of checks) {
    try {
      await run()
    } catch {
      failed.push(name)
    }
  }
  return failed
}

const letters = (change: (vector: number[], texts: readonly string[]) => number[] = (vector) => vector) =>
  createBatchedEmbedder({
    id: 'letters',
    dimensions: 3,
    batchSize: 4,
    embedBatch: async (texts) =>
      texts.map((text) => change([text.length + 1, text.split('a').length, text.split('e').length], texts)),
  })

describe('Universal Sentence Encoder lite', () => {
  for (const { name, run } of embedderConformance(openSentenceEncoder)) it(name, run)
})

describe('the suite of embedders', () => {
  it('takes one that counts letters', async () => {
    expect(await failing(embedderConformance(() => letters()))).toEqual([])
  })

  it('finds one whose vectors depend on what stands beside a text', async () => {
    const open = () => letters((vector, texts) => [...vector.slice(0, 2), vector[2]! + texts.length])
    expect(await failing(embedderConformance(open))).toContain(
      'gives equal texts equal vectors, whatever stands beside them',
    )
  })

  it('finds one that tells nothing apart, mixes the order, or hears no signal', async () => {
    expect(await failing(embedderConformance(() => letters(() => [1, 1, 1])))).toEqual(['tells texts apart'])
    const mixed = () => {
      const embedder = letters()
      return { ...embedder, embed: async (texts: readonly string[]) => (await embedder.embed(texts)).reverse() }
    }
    expect(await failing(embedderConformance(mixed))).toEqual([
      'gives one unit vector per text, in order',
      'ends when its signal is aborted',
    ])
  })
})

const expecting = (expected: JsonValue) => ({ id: '1', input: 'It crashes.', expected, fields: {} })
const LABELS = ['bug', 'billing']
const METRICS: readonly (readonly [
  name: string,
  options: Record<string, unknown>,
  expected: JsonValue,
  right: string,
  wrong: string,
])[] = [
  ['exact-match', {}, 'bug', 'bug', 'billing'],
  ['label-match', {}, 'bug', 'A bug.', 'billing'],
  ['numeric', {}, 42, 'It is 42.', '41'],
  ['json-fields', {}, { label: 'bug' }, '{"label":"bug"}', '{"label":"billing"}'],
  ['contains', {}, 'bug', 'a bug it is', 'billing'],
  ['regex', { pattern: '^bug' }, 'bug', 'bug', 'no bug'],
  ['assertions', {}, { assert: [{ type: 'contains', value: 'bug' }] }, 'a bug', 'billing'],
]

describe.each(METRICS)('%s', (name, options, expected, right, wrong) => {
  const example = expecting(expected)
  const cases = [
    { output: right, example, score: 1 },
    { output: wrong, example, score: 0 },
  ]
  const create = () => createMetric({ name, options }, { labels: LABELS })
  for (const { name, run } of metricConformance(create, { cases })) it(name, run)
})

describe('the suite of metrics', () => {
  const example = expecting('bug')
  const cases = [
    { output: 'bug', example, score: 1 },
    { output: 'billing', example, score: 0 },
  ]
  const checked = (metric: Partial<Metric>) =>
    failing(metricConformance(() => ({ ...labelMatch(LABELS), ...metric }), { cases }))

  it('takes a module, which runs in a process of its own', async () => {
    const file = join(folder, 'metric.mjs')
    writeFileSync(file, 'export default (output, example) => Number(output.trim() === example.expected)')
    expect(
      await failing(metricConformance(() => createMetric({ name: file, options: {} }, { labels: LABELS }), { cases })),
    ).toEqual([])
  })

  it('finds one that throws at what models write, or is not sure', async () => {
    expect(await checked({ score: (output) => (JSON.parse(`"${output}"`) === 'bug' ? 1 : 0) })).toEqual([
      'scores space',
      'scores JSON cut off',
      'scores a fence',
      'scores characters of no language',
    ])
    let calls = 0
    expect(await checked({ score: (output) => (output === 'bug' ? 1 : 0) + ++calls / 100 })).toContain(
      'scores the same answer the same',
    )
  })

  it('finds one that decides too early', async () => {
    expect(await checked({ isDecided: (text) => text.length > 1 })).toEqual(['decides early only what stays so'])
  })
})

const candidate = { id: 'a', text: 'Label it.' }
const examples = ['bug', 'billing', 'bug'].map((expected, index) => ({ ...expecting(expected), id: String(index) }))
const sampling = { temperature: 0, maxOutputTokens: 8 }
const scripted = () => createScriptedModel(() => 'bug')
const templated = () =>
  createTemplateEvaluator({
    template: parseTemplate('{{prompt}}\n{{input}}'),
    model: scripted(),
    metric: labelMatch(LABELS),
    sampling,
  })

describe('the template evaluator', () => {
  for (const { name, run } of evaluatorConformance(templated, { candidate, examples })) it(name, run)
})

describe('the program evaluator', () => {
  const open = () => {
    const file = join(folder, 'program.mjs')
    writeFileSync(
      file,
      `export default async (candidate, example, { generate }) => {
        const label = await generate(candidate.text + example.input)
        return { score: label === example.expected ? 1 : 0, output: label }
      }`,
    )
    return createProgramEvaluator({ file, model: scripted(), sampling })
  }
  for (const { name, run } of evaluatorConformance(open, { candidate, examples })) it(name, run)
})

describe('the evaluator of stages', () => {
  const open = () => openStaged(TWO_STAGES, () => 'a broom', false)
  const { candidate, example } = open().cell(0)
  const examples = [example, { ...example, id: '2', input: 'I want a lamp.' }]
  for (const { name, run } of evaluatorConformance(() => open().evaluator, { candidate, examples })) it(name, run)
})

describe('the suite of evaluators', () => {
  const checked = (change: (evaluator: ReturnType<typeof templated>) => Partial<ReturnType<typeof templated>>) =>
    failing(
      evaluatorConformance(
        () => {
          const evaluator = templated()
          return { ...evaluator, ...change(evaluator) }
        },
        { candidate, examples },
      ),
    )

  it('finds one that sends without asking, asks twice, or hears no signal', async () => {
    expect(await checked(({ evaluate }) => ({ evaluate: ({ reserve: _, ...cell }) => evaluate(cell) }))).toEqual([
      'reserves each call before it is sent, and settles it once',
      'fails by the budget where a call is refused',
    ])
    expect(await checked(({ evaluate }) => ({ evaluate: ({ signal: _, ...cell }) => evaluate(cell) }))).toEqual([
      'gives no score once its signal is aborted',
    ])
    const twice = (reservation: CallReservation): CallReservation => ({
      settle(report) {
        reservation.settle(report)
        return reservation.settle(report)
      },
      release: () => reservation.release(),
    })
    const asksTwice = await checked(({ evaluate }) => ({
      evaluate: (cell) =>
        evaluate({
          ...cell,
          reserve: async (estimate) => {
            const reservation = cell.reserve ? await cell.reserve(estimate) : twice({ settle() {}, release() {} })
            return reservation && twice(reservation)
          },
        }),
    }))
    expect(asksTwice).toEqual(['reserves each call before it is sent, and settles it once'])
  })

  it('finds one that scores by the hour', async () => {
    let hour = 0
    const changed = await checked(({ evaluate }) => ({
      evaluate: async (cell) => {
        const measured = await evaluate(cell)
        return measured.failure ? measured : { ...measured, score: hour++ }
      },
    }))
    expect(changed).toContain('gives one cell one score, unless it is random')
  })
})
