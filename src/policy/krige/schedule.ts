/**
 * When the model is refitted, and how many prompts stay in the race. Both are functions of what is known in advance
 * (pool size, budget, examples), so that every decision can be recomputed from a prefix of the history.
 *
 * Notation: P prompts, E examples, B evaluations in all, N told so far, U updates after the first pass. The first pass
 * measures every prompt once (at most a share of B). Afterward the active set shrinks geometrically from P to k_end =
 * max(1, round(B / (6.25 E))). This is the sketch of Successive Halving (Karnin et al. 2013) in many small steps.
 *
 * Where results come in batches, the steps are rounds: all of one is asked for before any of it is told. A few rounds
 * do nearly as well as one cell after another (Agarwal et al. 2017, learning with limited rounds of adaptivity). So a
 * round is often smaller than a batch may be: what more of it would add is worth more once the others are known.
 *
 * @module
 */
export interface Schedule {
  /** How many prompts the first pass may measure. */
  readonly firstPass: number
  /** Number of observations of the latest refit at or before `told`. */
  refitAt(told: number): number
  /** Until how many observations cells may be asked for when `told` of them are there: then the others are waited for. */
  roundEnd(told: number): number
  /** Size of the active set after a refit at `refit` observations. */
  activeSize(refit: number): number
}

export interface ScheduleShape {
  readonly prompts: number
  readonly examples: number
  readonly budget: number
  readonly updates: number
  readonly firstPassShare: number
  /** Cells that may be told together. @defaultValue 1 */
  readonly batch?: number
}

/** Refits during the first pass, as shares of it: early ones choose the example that tells prompts apart. */
const FIRST_PASS_REFITS = [0.05, 0.1, 0.15, 0.2, 0.3, 0.4, 0.5, 0.65, 0.8, 1]
/** Rounds of the first pass, as shares of it: the first finds an example that tells prompts apart. */
const FIRST_PASS_ROUNDS = [0.2, 1]
/** After the first pass, at least. */
const ROUNDS = 10
const EXAMPLES_PER_FINALIST = 6.25
/**
 * Exponent of the shrinking, by evaluations left per prompt after the first pass. Below 1 the active set shrinks faster
 * at first and leaves more for the last comparisons. That pays when there are only a few per prompt.
 */
const shrinkingExponent = (perPrompt: number) => Math.min(1, Math.max(0.7, 0.5 + 0.1 * perPrompt))

export function createSchedule(shape: ScheduleShape): Schedule {
  const { prompts, examples, budget, firstPassShare, batch = 1 } = shape
  const firstPass = Math.max(1, Math.min(prompts, Math.round(firstPassShare * budget)))
  const rest = Math.max(0, budget - firstPass)
  const exponent = shrinkingExponent(rest / prompts)
  const finalists = Math.min(prompts, Math.max(1, Math.round(budget / (EXAMPLES_PER_FINALIST * examples))))
  const updates = batch > 1 ? Math.max(ROUNDS, Math.ceil(rest / batch)) : shape.updates
  const shares = batch > 1 ? FIRST_PASS_ROUNDS : FIRST_PASS_REFITS
  const boundaries = new Set([0, ...shares.map((share) => Math.round(share * firstPass))])
  for (let k = 1; k < updates; k++) boundaries.add(firstPass + Math.round((rest * k) / updates))
  // More prompts than a batch holds.
  if (batch > 1) for (let told = batch; told < firstPass; told += batch) boundaries.add(told)
  const ordered = [...boundaries].sort((a, b) => a - b)
  return {
    firstPass,
    refitAt(told) {
      let last = 0
      for (const boundary of ordered) if (boundary <= told) last = boundary
      return last
    },
    roundEnd: (told) =>
      (batch > 1 ? ordered.find((boundary) => boundary > told) : undefined) ?? Number.POSITIVE_INFINITY,
    activeSize(refit) {
      const step = rest > 0 ? (refit - firstPass) / rest + 1 / updates : 1
      const progress = Math.min(1, Math.max(0, step))
      return Math.max(1, Math.round(prompts * (finalists / prompts) ** (progress ** exponent)))
    },
  }
}

/** The budget a study without one is planned for: 25 full evaluations, doubled whenever it is reached. */
export function plannedBudget(budget: number, examples: number, issued: number): number {
  if (Number.isFinite(budget)) return budget
  let horizon = 25 * examples
  while (horizon <= issued) horizon *= 2
  return horizon
}

/** For how many prompts to plan: a pool that grows is planned for in steps, so that one more prompt moves no refit. */
export function plannedPrompts(prompts: number, original: number): number {
  let planned = Math.max(1, original)
  while (planned < prompts) planned = Math.ceil(planned * 1.25)
  return planned
}
