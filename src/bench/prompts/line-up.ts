/**
 * What `npm run bench:prompts` runs. Every policy, other methods both as published and as tuned; `krige` without one
 * thing, or with another setting, at a time; `krige` from earlier histories.
 *
 * @module
 */
import type { Variant } from '../tables/table-unit.ts'
import type { WarmStart } from '../tables/warm-start.ts'

const as = (label: string, policy: string, options: Readonly<Record<string, unknown>> = {}): Variant => ({
  label,
  policy,
  options,
})

/** Settings marked tuned did best on development tables; the others are the defaults, or those of the paper. */
export const LINE_UP: readonly Variant[] = [
  as('krige', 'krige'),
  as('successive-halving η=2', 'successive-halving', { eta: 2 }),
  as('successive-halving η=3', 'successive-halving', { eta: 3 }),
  as('successive-halving η=4', 'successive-halving', { eta: 4 }),
  as('hyperband', 'hyperband'),
  as('gp', 'gp'),
  as('tpe', 'tpe'),
  as('random', 'random'),
  as('triple-sh', 'triple-sh'),
  as('triple-gse', 'triple-gse'),
  as('mipro-tpe, published', 'mipro-tpe'),
  as('mipro-tpe, tuned', 'mipro-tpe', { minibatchSize: 5, fullEvaluationSteps: 20 }),
  as('hbbops', 'hbbops'),
  as('capo-racing, published', 'capo-racing', {
    population: 10,
    offspring: 4,
    blockSize: 30,
    maximumBlocks: 10,
    alpha: 0.2,
  }),
  as('capo-racing, tuned', 'capo-racing'),
]

export const ABLATIONS: readonly Variant[] = [
  as('krige', 'krige'),
  as('without text', 'krige', { text: false }),
  as('without embedding', 'krige', { views: ['characters', 'words', 'surface', 'slots'] }),
  as('without n-grams', 'krige', { views: ['embedding', 'surface', 'slots'] }),
  as('embedding alone', 'krige', { views: ['embedding'] }),
  as('without example effects', 'krige', { exampleEffects: false }),
  as('without shared failures', 'krige', { sharedFailures: false }),
  as('Gaussian instead of binomial', 'krige', { likelihood: 'gaussian' }),
  as('without pairing (own examples)', 'krige', { exampleChoice: 'own-order' }),
  as('nested examples for all', 'krige', { exampleChoice: 'shared-order' }),
  as('first pass up to 0.1 of the budget', 'krige', { firstPassShare: 0.1 }),
  as('first pass up to 0.5 of the budget', 'krige', { firstPassShare: 0.5 }),
  as('8 refits', 'krige', { updates: 8 }),
  as('15 refits', 'krige', { updates: 15 }),
  { ...as('texts shuffled among prompts', 'krige'), shuffleText: true },
]

const STARTS = [undefined, 96, 48]
const started = (method: string, label: string, options: Readonly<Record<string, unknown>>) =>
  STARTS.map((start) =>
    as(start === undefined ? label : `${label}, ${start} start`, method, {
      ...options,
      ...(start === undefined ? {} : { start }),
    }),
  )

/** Settings of the other methods that people tune, by method. */
const TUNED_METHODS: Readonly<Record<string, readonly Variant[]>> = {
  'paired successive halving (η, starters)': [2, 3, 4].flatMap((eta) =>
    started('successive-halving', `successive-halving η=${eta}`, { eta }),
  ),
  'TRIPLE-SH (starters)': started('triple-sh', 'triple-sh', {}),
  'HbBoPs (b_min)': [10, 5, 3].map((minimumExamples) =>
    as(`hbbops b_min ${minimumExamples}`, 'hbbops', { minimumExamples }),
  ),
  'CAPO (α)': [0.05, 0.1, 0.2].map((alpha) => as(`capo-racing α=${alpha}`, 'capo-racing', { alpha })),
}

/** What is tuned on the other tasks, beside `krige` as it is. */
export const TUNING: readonly Variant[] = [as('krige', 'krige'), ...Object.values(TUNED_METHODS).flat()]

/** Labels of {@link TUNING}, by method. */
export const TUNING_BY_METHOD: Readonly<Record<string, readonly string[]>> = Object.fromEntries(
  Object.entries(TUNED_METHODS).map(([method, variants]) => [method, variants.map(({ label }) => label)]),
)

/** Those of the ablations that one might choose for a search. */
export const SETTINGS: readonly string[] = ABLATIONS.filter(({ shuffleText }) => !shuffleText).map(({ label }) => label)

/** What other models scored with the same prompts on the same task, if tables of them are there. */
export const otherModels = (tables: readonly string[]): readonly Variant[] => [
  as('krige', 'krige'),
  warm('warm from other models', { tables, history: 'table', reversed: false }),
]

/** An earlier study of the same task and model on other examples, as it was and turned into its opposite. */
export const earlierStudy = (tables: readonly string[]): readonly Variant[] => [
  as('krige', 'krige'),
  warm('warm from an earlier study', { tables, history: 'study', reversed: false }),
  warm('warm from its opposite', { tables, history: 'study', reversed: true }),
]

const warm = (label: string, warmStart: WarmStart): Variant => ({ ...as(label, 'krige'), warmStart })
