/**
 * What a policy gains from reading the prompts, apart for tables whose texts tell much and little about accuracy.
 *
 * @module
 */
import { type PairedDifference, pairedDifference } from '../statistics/paired-difference.ts'
import type { BenchRun } from '../tables/bench-results.ts'

export interface ValueOfText {
  /** Tables in which text explains at least {@link MUCH} of the variance of accuracies, or less. */
  readonly explains: 'much' | 'little'
  readonly tables: number
  readonly tasks: number
  /** By budget: error of the policy without text less its error with it; undefined where they have no run in common. */
  readonly gains: readonly { readonly fraction: number; readonly gain: PairedDifference | undefined }[]
}

/** Share of the variance of full rows that texts predict with the prompt itself left out. */
export const MUCH = 0.5

/**
 * @param explained By table, the share of the variance of accuracies that its texts predict; tables not in it are left out.
 * @returns One entry per group that has a table.
 * @example
 * const { runs } = await readResults('data/results/recorded-ablations.json.gz')
 * const explained = new Map(runs.map(({ table }) => [table, 0.8]))
 * valueOfText(runs, { text: 'krige', blind: 'without text' }, explained)[0]?.explains // 'much'
 */
export function valueOfText(
  runs: readonly BenchRun[],
  { text, blind }: { readonly text: string; readonly blind: string },
  explained: ReadonlyMap<string, number>,
): readonly ValueOfText[] {
  const fractions = [...new Set(runs.map(({ fraction }) => fraction))].sort((a, b) => a - b)
  const known = runs.filter(({ table }) => explained.has(table))
  const groups = Map.groupBy(known, ({ table }) => (explained.get(table)! >= MUCH ? 'much' : 'little'))
  return (['much', 'little'] as const).flatMap((explains) => {
    const here = groups.get(explains)
    if (!here) return []
    return [
      {
        explains,
        tables: new Set(here.map(({ table }) => table)).size,
        tasks: new Set(here.map(({ task }) => task)).size,
        gains: fractions.map((fraction) => ({ fraction, gain: pairedDifference(here, blind, text, fraction) })),
      },
    ]
  })
}
