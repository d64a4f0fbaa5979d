import type { Comparison, FractionComparison } from '../compare/compare-results.ts'
import type { TunedMethod } from '../compare/left-out-tasks.ts'
import type { TaskHalves } from '../compare/task-halves.ts'
import { MUCH, type ValueOfText } from '../compare/value-of-text.ts'
import type { PairedDifference } from '../statistics/paired-difference.ts'

/**
 * A comparison as a Markdown table. It has one row per policy: its error at each budget and, in brackets, how far it is
 * from the reference with the 95% interval over tasks.
 */
export function resultsMarkdown(comparison: Comparison): string {
  const parts = [table(comparison.fractions, comparison.reference)]
  if (comparison.holdout.length > 0) {
    parts.push('On the holdout examples, which no policy saw:\n', table(comparison.holdout, comparison.reference))
  }
  return parts.join('\n')
}

/** The best of a group of methods at each budget, beside the reference: on the holdout examples first, where there are any. */
export function bestMarkdown({ fractions, holdout, reference }: Comparison): string {
  const groups: readonly (readonly [string, (policy: string) => boolean])[] = [
    [`**${reference}**`, (policy) => policy === reference],
    ['paired successive halving, best η', isHalving],
    ['best other method', (policy) => policy !== reference && !isHalving(policy)],
  ]
  const parts = [
    ['holdout', holdout],
    ['search examples', fractions],
  ] as const
  const rows = parts.flatMap(([examples, budgets]) =>
    budgets.length === 0
      ? []
      : groups.map(([name, includes]) => [
          `${examples}: ${name}`,
          ...budgets.map(({ policies }) => {
            const best = policies.find(({ policy }) => includes(policy))
            if (!best) return '–'
            const error = best.meanError.toFixed(3)
            return best.difference?.interval ? `${error} (${differenceText(best.difference)})` : error
          }),
        ]),
  )
  return markdownTable(['', ...fractions.map(({ fraction }) => `budget × ${fraction}`)], rows)
}

const isHalving = (policy: string) => policy.startsWith('successive-halving')

function table(fractions: readonly FractionComparison[], reference: string): string {
  const last = fractions.at(-1)
  if (!last) return ''
  const names = [...new Set([...last.policies, ...fractions.flatMap(({ policies }) => policies)].map((p) => p.policy))]
  const cell = (name: string, { policies }: FractionComparison) => {
    const found = policies.find(({ policy }) => policy === name)
    if (!found) return '–'
    const best = policies[0]!.policy === name
    const error = best ? `**${found.meanError.toFixed(3)}**` : found.meanError.toFixed(3)
    return found.difference?.interval ? `${error} (${differenceText(found.difference)})` : error
  }
  const head = ['policy', ...fractions.map(({ fraction }) => `budget × ${fraction}`)]
  const rows = names.map((name) => [
    name === reference ? `**${name}**` : name,
    ...fractions.map((fraction) => cell(name, fraction)),
  ])
  return markdownTable(head, rows)
}

/** What was chosen on halves of the tasks, how it did on the others, and how the reference did there. */
export function halvesMarkdown(halves: readonly TaskHalves[]): string {
  const head = ['budget ×', 'error of the choice', 'of `krige` as it is', 'most often chosen']
  const rows = halves.map(({ fraction, chosen, chosenError, referenceError }) => [
    String(fraction),
    chosenError.toFixed(3),
    referenceError.toFixed(3),
    chosen
      .slice(0, 3)
      .map(({ policy, share }) => `${policy} (${Math.round(100 * share)}%)`)
      .join(', '),
  ])
  return markdownTable(head, rows)
}

/** What tuning on other tasks gains each method, and what there was to gain. */
export function tunedMarkdown(methods: readonly TunedMethod[]): string {
  const fractions = [...new Set(methods.map(({ fraction }) => fraction))]
  const byMethod = [...Map.groupBy(methods, ({ method }) => method)]
  const [[, first] = []] = byMethod
  const rows = byMethod.map(([method, list]) => [
    method,
    ...list.map(({ tunedError, bestError }) => `${tunedError.toFixed(3)} (${bestError.toFixed(3)})`),
  ])
  const reference = ['**krige**', ...(first ?? []).map(({ referenceError }) => referenceError.toFixed(3))]
  return markdownTable(['tuned on the other tasks', ...fractions.map((f) => `budget × ${f}`)], [reference, ...rows])
}

/** What text is worth: a row per group of tables. */
export function valueOfTextMarkdown(groups: readonly ValueOfText[]): string {
  const fractions = groups[0]?.gains.map(({ fraction }) => `budget × ${fraction}`) ?? []
  const rows = groups.map(({ explains, tables, tasks, gains }) => [
    `text explains ${explains === 'much' ? `at least ${MUCH}` : 'less'}`,
    `${tables} of ${tasks} task${tasks === 1 ? '' : 's'}`,
    ...gains.map(({ gain }) => (gain ? differenceText(gain) : '–')),
  ])
  return markdownTable(['tables in which', '', ...fractions], rows)
}

function differenceText({ mean, interval }: PairedDifference): string {
  return interval ? `${short(mean)}; ${short(interval[0])} … ${short(interval[1])}` : short(mean)
}

function markdownTable(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.map((text) => text.replaceAll('|', '\\|')).join(' | ')} |`
  return `${[line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n')}\n`
}

/** Three digits are what a README needs. */
const short = (value: number) => `${value <= -0.0005 ? '−' : '+'}${Math.abs(value).toFixed(3)}`
