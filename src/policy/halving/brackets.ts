import type { Rung } from './rungs.ts'

export interface BracketShape {
  readonly candidates: number
  readonly examples: number
  readonly budget: number
  readonly eta: number
  readonly minimumExamples: number
}

/**
 * Rungs of every bracket, widest first. Bracket s starts on E·η^−s examples and has as many starters as its share of the
 * budget, B/(s_max + 1), pays for.
 *
 * @example
 * planBrackets({ candidates: 250, examples: 100, budget: 2500, eta: 2, minimumExamples: 10 }).length // 4
 */
export function planBrackets(shape: BracketShape): readonly (readonly Rung[])[] {
  const { candidates, examples, eta, minimumExamples } = shape
  const budget = Math.min(shape.budget, candidates * examples * 2)
  const smallest = Math.min(minimumExamples, examples)
  const widest = Math.floor(Math.log(examples / smallest) / Math.log(eta) + 1e-9)
  const brackets: (readonly Rung[])[] = []
  for (let s = widest; s >= 0; s--) {
    const share = Math.floor(budget / (widest + 1))
    const rungsFor = (starters: number): Rung[] =>
      Array.from({ length: s + 1 }, (_, i) => ({
        survivors: Math.max(1, Math.floor(starters / eta ** i)),
        examples: i === s ? examples : Math.max(1, Math.round(examples * eta ** (i - s))),
      }))
    let starters = candidates
    while (starters > 1 && costOf(rungsFor(starters)) > share) starters--
    brackets.push(rungsFor(starters))
  }
  return brackets
}

/** Evaluations a plan spends. */
export function costOf(rungs: readonly Rung[]): number {
  let done = 0
  let cost = 0
  for (const { survivors, examples } of rungs) {
    cost += survivors * (examples - done)
    done = examples
  }
  return cost
}
