import type { Metric } from '../evaluation/metrics/metric.ts'
import type { Example } from '../prompt/example.ts'
import { type ConformanceCheck, require } from './conformance.ts'

/** What models really write, beside what was asked. */
const ANSWERS: readonly (readonly [string, string])[] = [
  ['nothing', ''],
  ['space', ' \n\t'],
  ['a refusal', "I'm sorry, but I can't help with that."],
  ['JSON cut off', '{"label": "bu'],
  ['a fence', '```json\n{}\n```'],
  ['another language', '这是一个错误报告。'],
  ['characters of no language', '\u0000\uFFFD\u202E\u{1F4A5}'],
  ['50 kB', 'word '.repeat(10_000)],
]

export interface MetricConformanceOptions {
  /** Answers, how the example looks, and what each scores. At least one pair that scores differently. */
  readonly cases: readonly {
    readonly output: string
    readonly example: Example
    readonly score: number
  }[]
}

/**
 * What a metric owes. It gives a finite score, usually in [0, 1], the same for the same answer; one that is wrong or unreadable
 * scores low, and never throws.
 *
 * @param create A metric that asks no model.
 * @example
 * const example = { id: '1', input: 'It crashes.', expected: 'bug', fields: {} }
 * const cases = [{ output: 'bug', example, score: 1 }, { output: 'billing', example, score: 0 }]
 * for (const { name, run } of metricConformance(() => labelMatch(['bug', 'billing']), { cases })) it(name, run)
 */
export function metricConformance(
  create: () => Metric | Promise<Metric>,
  { cases }: MetricConformanceOptions,
): ConformanceCheck[] {
  const check = (name: string, work: (metric: Metric) => Promise<void>): ConformanceCheck => ({
    name,
    async run() {
      const metric = await create()
      try {
        await work(metric)
      } finally {
        await metric.close?.()
      }
    },
  })
  const scoreOf = async (metric: Metric, output: string, example: Example): Promise<number> => {
    const result = await metric.score(output, example)
    return typeof result === 'number' ? result : result.score
  }
  const examples = [...new Set(cases.map(({ example }) => example))]
  const best = Math.max(...cases.map(({ score }) => score))
  return [
    check('has a name', async ({ name }) => require(name.trim() !== '', 'name is empty')),
    check('scores as said', async (metric) => {
      const scores = new Set(cases.map(({ score }) => score))
      require(scores.size > 1, 'every case scores the same; expected some that do not')
      for (const { output, example, score } of cases) {
        const found = await scoreOf(metric, output, example)
        require(Math.abs(found - score) <= 1e-9, `${JSON.stringify(output)} scores ${found}; expected ${score}`)
      }
    }),
    check('scores the same answer the same', async (metric) => {
      for (const { output, example } of cases) {
        const [first, second] = [await metric.score(output, example), await metric.score(output, example)]
        require(JSON.stringify(first) === JSON.stringify(second), `${JSON.stringify(output)} scored differently`)
      }
    }),
    check('leaves the example as it is', async (metric) => {
      for (const { output, example } of cases) {
        const before = JSON.stringify(example)
        await metric.score(output, example)
        require(JSON.stringify(example) === before, 'the example was changed')
      }
    }),
    check('decides early only what stays so', async (metric) => {
      if (!metric.isDecided) return
      for (const { output, example, score } of cases) {
        for (let end = 0; end <= output.length; end++) {
          const begun = output.slice(0, end)
          if (!metric.isDecided(begun)) continue
          const found = await scoreOf(metric, begun, example)
          require(found === score, `${JSON.stringify(begun)} is called decided and scores ${found}, the whole ${score}`)
        }
      }
    }),
    check('explains a lower score in words, or not at all', async (metric) => {
      for (const { output, example, score } of cases) {
        if (score >= best) continue
        const said = metric.explain?.(output, example)
        require(said === undefined || said.trim() !== '', `it explains ${JSON.stringify(output)} with nothing`)
      }
    }),
    ...ANSWERS.map(([what, output]) =>
      check(`scores ${what}`, async (metric) => {
        for (const example of examples) {
          const score = await scoreOf(metric, output, example)
          require(Number.isFinite(score), `it scores ${score}; expected a finite number`)
          require(score <= best, `it scores ${score}, more than the best of the cases`)
          metric.explain?.(output, example)
        }
      }),
    ),
  ]
}
