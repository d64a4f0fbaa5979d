/**
 * Pools whose truth is known because it was drawn, and recorded ones of nearly equal prompts. They tell how often
 * intervals cover, how often a winner is called better than a baseline it equals, and how a race fares where there is
 * little to find.
 *
 * Notation: y_ie ~ Bernoulli(σ(f_i + b_e)), b_e ~ N(0, 1.5); abilities f by kind of pool.
 *
 * @module
 */
import { mean } from 'simple-statistics'
import { createRandom, type Random } from '../../numerics/random/random.ts'
import { logistic } from '../../numerics/special/logistic.ts'
import type { PolicyContext } from '../../policy/policy.ts'
import { differenceOf } from '../../policy/recommendation/ranking-statistics.ts'
import { resolvePolicy } from '../../policy/registry.ts'
import type { Candidate } from '../../prompt/candidate.ts'
import { cellOf, type Table } from '../../recording/table.ts'
import { combineEvidence, comparePaired, judge } from '../../study/verdict.ts'
import { BENCH_POLICIES } from '../methods/registry.ts'
import { calibrationOf } from '../statistics/calibration.ts'
import type { BenchRun } from '../tables/bench-results.ts'
import { type ReplayResult, replay, type ShuffledTable, shuffleTable } from '../tables/replay.ts'
import { deriveSeed, shuffledIndices } from '../tables/seeds.ts'
import { holdoutMeans, normalizedError, searchMeans } from '../tables/truth.ts'

const SEARCH = 60
/** Enough for the truth of an interval. */
const HOLDOUT = 400
/** Held-out examples of a verdict: as many as a search, if there are so many. */
const VERDICT = 60
const EASINESS_VARIANCE = 1.5

export interface PoolKind {
  readonly name: string
  /** Another table of this kind for every seed; its first prompt is the baseline of verdicts. */
  readonly draw: (seed: number) => Table
}

/** Abilities in logits, by prompt. */
type Abilities = (prompts: readonly Candidate[], random: Random) => readonly number[]

const own =
  (deviation: number): Abilities =>
  (prompts, random) =>
    prompts.map(() => deviation * random.normal())

/** Simulated outcomes of these prompts. */
export function simulatedKinds(prompts: readonly Candidate[]): readonly PoolKind[] {
  const kinds: readonly [string, Abilities][] = [
    ['equal prompts', own(0)],
    ['nearly equal (s.d. 0.2 logits)', own(0.2)],
    ['different, whatever the text (s.d. 1)', own(1)],
    ['different by slots (s.d. 0.6 a slot, 0.3 a prompt)', bySlots],
  ]
  return kinds.map(([name, abilities]) => ({ name, draw: (seed) => simulateTable(name, prompts, abilities, seed) }))
}

/** One of these recorded tables with prompts, search examples and holdout dealt anew, half of the examples each. */
export function recordedKind(tables: readonly Table[], name: string): PoolKind {
  return {
    name,
    draw(seed) {
      const table = tables[deriveSeed(seed, 'table') % tables.length]!
      const width = table.searchExamples + table.holdoutExamples
      const rows = shuffledIndices(table.prompts.length, deriveSeed(seed, 'prompts'))
      const columns = shuffledIndices(width, deriveSeed(seed, 'examples'))
      const searchExamples = Math.floor(width / 2)
      return {
        name: `${name} ${seed}`,
        task: name,
        model: table.model,
        prompts: Array.from(rows, (row) => table.prompts[row]!),
        searchExamples,
        holdoutExamples: width - searchExamples,
        scores: Float64Array.from(
          { length: rows.length * width },
          (_, k) => table.scores[rows[Math.floor(k / width)]! * width + columns[k % width]!]!,
        ),
        fingerprint: `${name} ${seed}`,
      }
    },
  }
}

/** The sum of an effect of every slot's text and one of the prompt itself. */
function bySlots(prompts: readonly Candidate[], random: Random): readonly number[] {
  const effects = new Map<string, number>()
  return prompts.map(({ slots = {} }) => {
    let ability = 0.3 * random.normal()
    for (const [name, text] of Object.entries(slots)) {
      const key = JSON.stringify([name, text])
      const effect = effects.get(key) ?? 0.6 * random.normal()
      effects.set(key, effect)
      ability += effect
    }
    return ability
  })
}

/** A table of simulated outcomes: 60 search examples and 400 held out. */
function simulateTable(name: string, prompts: readonly Candidate[], of: Abilities, seed: number): Table {
  const random = createRandom(seed).split('table')
  const abilities = of(prompts, random)
  const columns = SEARCH + HOLDOUT
  const easiness = Array.from({ length: columns }, () => Math.sqrt(EASINESS_VARIANCE) * random.normal())
  const scores = new Float64Array(prompts.length * columns)
  abilities.forEach((ability, row) => {
    easiness.forEach((b, column) => {
      scores[row * columns + column] = random.uniform() < logistic(ability + b) ? 1 : 0
    })
  })
  return {
    name: `${name} ${seed}`,
    task: name,
    model: 'simulated',
    prompts,
    searchExamples: SEARCH,
    holdoutExamples: HOLDOUT,
    scores,
    fingerprint: `${name} ${seed}`,
  }
}

export interface PoolReport {
  readonly kind: string
  readonly fraction: number
  readonly runs: number
  /** Share of population intervals that cover the mean over the held-out examples, its own error allowed for. */
  readonly coverage: number
  /** Mean of stated minus held-out mean. */
  readonly optimism: number
  /** Share of runs in which the winner was called better than the first prompt, by the search and 60 held-out examples. */
  readonly improved: number
  /** Normalized error over the search examples, told the `set` estimand. */
  readonly error: number
  /** Lowest of successive halving with η 2, 3 and 4. */
  readonly halvingError: number
}

export interface MeasurePoolsOptions {
  readonly kinds: readonly PoolKind[]
  readonly fractions: readonly number[]
  readonly runs: number
  readonly seed: number
  readonly backend: PolicyContext['backend']
  readonly onProgress?: (done: number, total: number) => void
}

/** Plays `krige`, told either estimand, and halving on `runs` tables of every kind; budget × 1 = 25 full evaluations. */
export function measurePools(options: MeasurePoolsOptions): PoolReport[] {
  const { kinds, fractions, runs, seed, backend, onProgress } = options
  const krige = resolvePolicy('krige', {}, BENCH_POLICIES)
  const halving = [2, 3, 4].map((eta) => resolvePolicy('successive-halving', { eta }, BENCH_POLICIES))
  let done = 0
  return kinds.flatMap((kind) =>
    fractions.map((fraction) => {
      const judged: BenchRun[] = []
      const errors: number[] = []
      const halvingErrors = halving.map((): number[] => [])
      let improved = 0
      for (let run = 0; run < runs; run++) {
        const table = kind.draw(deriveSeed(seed, kind.name, run))
        const shuffled = shuffleTable(table, deriveSeed(seed, kind.name, run, 'deck'))
        const truth = searchMeans(table)
        const shared = {
          budget: Math.floor(25 * table.searchExamples * fraction),
          seed: deriveSeed(seed, run, fraction),
          backend,
        }
        const play = ({ create, options }: typeof krige, estimand: 'set' | 'population') =>
          replay(create, shuffled, { ...shared, options, estimand })
        const result = play(krige, 'population')
        judged.push(judgedRun(table, result, fraction, run))
        if (verdictOf(table, shuffled, result) === 'improved') improved++
        errors.push(normalizedError(truth, play(krige, 'set').chosen))
        halving.forEach((policy, index) => {
          halvingErrors[index]!.push(normalizedError(truth, play(policy, 'set').chosen))
        })
        onProgress?.(++done, kinds.length * fractions.length * runs)
      }
      const [calibration] = calibrationOf(judged)
      return {
        kind: kind.name,
        fraction,
        runs,
        coverage: calibration?.coverage ?? Number.NaN,
        optimism: calibration?.optimism ?? Number.NaN,
        improved: improved / runs,
        error: mean(errors),
        halvingError: Math.min(...halvingErrors.map((list) => mean(list))),
      }
    }),
  )
}

function judgedRun(table: Table, result: ReturnType<typeof replay>, fraction: number, repeat: number): BenchRun {
  const { chosen, spent, recommendation } = result
  const held = holdoutMeans(table)!
  return {
    table: table.name,
    task: table.task,
    policy: 'krige',
    repeat,
    fraction,
    budget: spent,
    spent,
    chosen: table.prompts[chosen]!.id,
    error: normalizedError(searchMeans(table), chosen),
    holdoutError: normalizedError(held, chosen),
    details: {
      seconds: 0,
      mean: recommendation?.mean ?? null,
      interval: [recommendation?.interval[0] ?? null, recommendation?.interval[1] ?? null],
      level: recommendation?.level ?? 0,
      probabilityBest: recommendation?.probabilityBest ?? null,
      estimand: 'population',
      trueMean: null,
      holdoutMean: held[chosen]!,
      holdoutExamples: table.holdoutExamples,
    },
  }
}

/** What a study would say of the winner against the first prompt of the table: by search and holdout together. */
function verdictOf(table: Table, shuffled: ShuffledTable, { chosen, recommendation }: ReplayResult) {
  const scores = (row: number) =>
    Array.from({ length: Math.min(VERDICT, table.holdoutExamples) }, (_, e) =>
      cellOf(table, row, table.searchExamples + e),
    )
  const comparison = comparePaired(scores(chosen), scores(0))
  const combined =
    comparison && recommendation?.shared
      ? combineEvidence(
          comparison.estimate,
          differenceOf(recommendation, recommendation.candidate, shuffled.promptOrder.indexOf(0)),
        )
      : undefined
  return judge(comparison, { winnerIsBaseline: chosen === 0, combined })
}
