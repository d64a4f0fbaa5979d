import { type FunctionRun, summarizeFunctions } from '../../src/bench/functions/run-functions.ts'
import { isOf, REGRET_GROUPS } from './regret.ts'
import type { Timing } from './timing.ts'

/** Times and the ratio to the first, which is Krige's. */
export function timingMarkdown(timings: readonly Timing[]): string {
  const rows = timings.flatMap(({ work, milliseconds }) => {
    const [[ours, own], ...others] = Object.entries(milliseconds) as [[string, number], ...[string, number][]]
    return others.map(
      ([name, time]) =>
        `| ${work} | ${ours} ${own.toFixed(2)} | ${name} ${time.toFixed(1)} | ${(time / own).toFixed(1)} |`,
    )
  })
  return ['| work | Krige, ms | peer, ms | ratio |', '| --- | --- | --- | --- |', ...rows].join('\n')
}

/**
 * Medians by function and sampler, over the repeats that every sampler has finished. It is the regret of the
 * recommended point where measurements are noisy, of the best point so far where they are not.
 */
export function regretMarkdown(runs: readonly FunctionRun[]): string {
  const sections = REGRET_GROUPS.flatMap((group) => {
    const { name, functions, evaluations } = group
    const noisy = name.startsWith('noisy')
    const checkpoints = noisy ? [evaluations] : [30, 50, evaluations].filter((at, i, all) => all.indexOf(at) === i)
    const rows = functions.flatMap((of) => {
      const theirs = paired(runs.filter((run) => isOf(group, run) && run.function === of))
      const repeats = new Set(theirs.map(({ repeat }) => repeat)).size
      const summary = summarizeFunctions({ runs: theirs }, checkpoints)
      return [...new Set(summary.map(({ sampler }) => sampler))].map((sampler) => {
        const own = summary.filter((row) => row.sampler === sampler)
        const medians = noisy
          ? (own[0]!.medianRecommendedRegret?.toPrecision(2) ?? '')
          : own.map(({ quartiles }) => quartiles[1].toPrecision(2)).join(' / ')
        return `| ${of} | ${sampler} | ${medians} | ${repeats} |`
      })
    })
    if (rows.length === 0) return []
    const what = noisy ? `recommended point, after ${evaluations}` : `best point, after ${checkpoints.join(' / ')}`
    return [
      `| ${name} | sampler | median regret of the ${what} | repeats |\n| --- | --- | --- | --- |\n${rows.join('\n')}`,
    ]
  })
  return sections.join('\n\n')
}

function paired(runs: readonly FunctionRun[]): FunctionRun[] {
  const samplers = new Set(runs.map(({ sampler }) => sampler))
  const count = Map.groupBy(runs, ({ repeat }) => repeat)
  return runs.filter(({ repeat }) => count.get(repeat)!.length === samplers.size)
}
