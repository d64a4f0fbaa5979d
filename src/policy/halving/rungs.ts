/** One rung: how many candidates are on it, and on how many examples in all each is measured by its end. */
export interface Rung {
  readonly survivors: number
  readonly examples: number
}

export interface RungShape {
  readonly starters: number
  /** How many examples there are. */
  readonly examples: number
  /** Evaluations in all; a plan without limit measures every finalist on every example. */
  readonly budget: number
  readonly eta: number
  /** Examples on the first rung, at least. @defaultValue 1 */
  readonly firstExamples?: number
}

/**
 * Survivors and cumulative examples of every rung. Each rung spends an equal share of what is left, at least one
 * example per survivor while the budget lasts. The plan never exceeds the budget.
 *
 * @example
 * const rungs = planRungs({ starters: 8, examples: 100, budget: 120, eta: 2 })
 * rungs // [{ survivors: 8, examples: 5 }, { survivors: 4, examples: 15 }, { survivors: 2, examples: 35 }]
 */
export function planRungs(shape: RungShape): readonly Rung[] {
  const { starters, examples, eta, firstExamples = 1 } = shape
  const count = Math.max(1, Math.ceil(Math.log(starters) / Math.log(eta) - 1e-9))
  let left = Math.min(shape.budget, starters * examples)
  let survivors = starters
  let done = 0
  const rungs: Rung[] = []
  for (let r = 0; r < count; r++) {
    const share = Math.floor(left / (count - r) / survivors)
    const atLeast = r === 0 ? firstExamples : 1
    const added = Math.min(examples - done, Math.floor(left / survivors), Math.max(atLeast, share))
    done += added
    left -= added * survivors
    rungs.push({ survivors, examples: done })
    survivors = Math.max(1, Math.ceil(survivors / eta))
  }
  return rungs
}
