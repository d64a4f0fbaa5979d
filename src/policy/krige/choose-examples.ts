/**
 * Which examples a prompt is measured on next.
 *
 * @module
 */
import type { PromptBeliefs } from '../../surrogate/prompt/prompt-model.ts'
import type { CellScores } from '../cell-scores.ts'
import type { PendingCell, PolicyContext } from '../policy.ts'
import { stableShuffle } from '../stable-shuffle.ts'
import { type ExampleBeliefs, mostInformativeExample } from './informative-example.ts'
import type { KrigeOptions } from './options.ts'
import type { Redundancy } from './redundancy.ts'

/** Examples of every prompt that are asked for and not told yet. */
export type TakenCells = ReadonlyMap<number, ReadonlySet<number>>

/** What the choice is made by. */
export interface ExampleChoice {
  readonly beliefs: PromptBeliefs
  readonly examples: ExampleBeliefs
  readonly redundancy?: Redundancy | undefined
  readonly taken: TakenCells
}

/** Up to `count` free examples of a prompt, in order. */
export type ChooseExamples = (candidate: number, choice: ExampleChoice, count: number) => readonly number[]

export function createExampleChooser(
  { exampleCount, seed }: PolicyContext,
  options: KrigeOptions,
  cells: CellScores,
): ChooseExamples {
  const exampleOrder = stableShuffle(exampleCount, seed, 'examples')

  /** Unpaired, a prompt starts elsewhere in the order: a golden-ratio step keeps neighbors in the pool apart. */
  function orderFor(candidate: number): readonly number[] {
    if (options.exampleChoice === 'shared-order') return exampleOrder
    const from = Math.floor(((candidate * 0.6180339887498949) % 1) * exampleCount)
    return [...exampleOrder.slice(from), ...exampleOrder.slice(0, from)]
  }

  return (candidate, { beliefs, examples, redundancy, taken }, count) => {
    const chosen: number[] = []
    const { variance } = beliefs.sharedFailures
    // What crowds an example is what it says of a kind; the more a prompt has shown of itself, the less its kind matters.
    const own = 1 + cells.count(candidate)
    const shared =
      redundancy && variance > 0
        ? { variance, redundancy: new Map([...redundancy.of(candidate, taken)].map(([e, alike]) => [e, alike / own])) }
        : undefined
    const pendingHere = taken.get(candidate)
    const isFree = (example: number) =>
      !cells.has(candidate, example) && !pendingHere?.has(example) && !chosen.includes(example)
    while (chosen.length < count) {
      const example =
        options.exampleChoice === 'informative'
          ? mostInformativeExample(beliefs.ability[candidate]!, examples, exampleOrder, isFree, shared)
          : (orderFor(candidate).find(isFree) ?? -1)
      if (example < 0) break
      chosen.push(example)
    }
    return chosen
  }
}

export function pendingCells(pending: readonly PendingCell[]): Map<number, Set<number>> {
  const taken = new Map<number, Set<number>>()
  for (const { candidate, example, repeat } of pending) {
    if (repeat !== 0) continue
    const row = taken.get(candidate) ?? new Set<number>()
    taken.set(candidate, row.add(example))
  }
  return taken
}
