/**
 * Which prompts and outcomes a proposer works from.
 *
 * @module
 */
import type { Random } from '../numerics/random/random.ts'
import type { MeasuredExample, Member, ProposalRequest } from './proposer.ts'
import type { TaskView } from './task-view.ts'

/** Prompts by a draw from their posterior each, so that a lucky one is chosen no more often than it deserves. */
export function drawMembers(
  pool: readonly Member[],
  count: number,
  random: Random,
  without: readonly number[] = [],
): Member[] {
  return pool
    .filter(({ index }) => !without.includes(index))
    .map((member) => ({ member, draw: (member.mean ?? 0) + (member.standardDeviation ?? 1) * random.normal() }))
    .sort((a, b) => b.draw - a.draw)
    .slice(0, count)
    .map(({ member }) => member)
}

/** What was measured, the highest posterior means first; how other drafts would do is only predicted. */
export function bestMeasured(pool: readonly Member[], count: number): Member[] {
  return pool
    .filter(({ mean, outcomes }) => mean !== undefined && outcomes.length > 0)
    .toSorted((a, b) => b.mean! - a.mean!)
    .slice(0, count)
}

/** A second parent: one that was given, or else drawn. */
export function otherParent({ parents, pool, random }: ProposalRequest, first: Member): Member | undefined {
  return parents.find(({ index }) => index !== first.index) ?? drawMembers(pool, 1, random, [first.index])[0]
}

/** One of the given parents for every so many drafts, in turn. */
export function parentAt({ parents }: ProposalRequest, turn: number): Member {
  return parents[turn % parents.length]!
}

/** The score from which an answer counts as right. */
const RIGHT = 0.5

/** Wrong answers, those first that most other prompts get right: there the prompt is to blame, not the example. */
export function failuresOf(member: Member, pool: readonly Member[], random: Random): MeasuredExample[] {
  const siblings = rightShares(pool, member.index)
  return shuffled(member.outcomes, random)
    .filter(({ score }) => score !== null && score < RIGHT)
    .sort((a, b) => (siblings.get(b.example) ?? 0) - (siblings.get(a.example) ?? 0))
}

/** Right answers, those first that most other prompts get wrong: they are worth keeping. */
export function successesOf(member: Member, pool: readonly Member[], random: Random): MeasuredExample[] {
  const siblings = rightShares(pool, member.index)
  return shuffled(member.outcomes, random)
    .filter(({ score }) => score !== null && score >= RIGHT)
    .sort((a, b) => (siblings.get(a.example) ?? 1) - (siblings.get(b.example) ?? 1))
}

/** By example: the share of other prompts that got it right. */
function rightShares(pool: readonly Member[], without: number): Map<number, number> {
  const sums = new Map<number, [number, number]>()
  for (const { index, outcomes } of pool) {
    if (index === without) continue
    for (const { example, score } of outcomes) {
      if (score === null) continue
      const [right, all] = sums.get(example) ?? [0, 0]
      sums.set(example, [right + (score >= RIGHT ? 1 : 0), all + 1])
    }
  }
  return new Map([...sums].map(([example, [right, all]]) => [example, right / all]))
}

/**
 * Examples that prompts and generators are shown when any would do. They are the same ones every time, so that prompts
 * can be compared on all the others: none is scored on what it shows.
 */
export function teachingExamples(
  task: TaskView,
  random: Random,
  isKnown: (example: number) => boolean = () => true,
): number[] {
  const count = Math.min(16, Math.ceil(task.examples.length / 4))
  const order = [...random.split('teaching').permutation(task.examples.length)].filter(isKnown)
  // Every answer has its turn before one comes again.
  const turns = new Map<string, number>()
  const ranked = order.map((example) => {
    const answer = JSON.stringify(task.examples[example]!.expected ?? null)
    const turn = turns.get(answer) ?? 0
    turns.set(answer, turn + 1)
    return { example, turn }
  })
  return ranked
    .sort((a, b) => a.turn - b.turn)
    .slice(0, count)
    .map(({ example }) => example)
}

export function shuffled<Item>(items: readonly Item[], random: Random): Item[] {
  return [...random.permutation(items.length)].map((index) => items[index]!)
}
