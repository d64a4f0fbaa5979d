/**
 * The grid of hyper-parameters the prompt model averages over.
 *
 *     K = A·[(1 − ν) Σ_v w_v M_v + ν I] + 5·11ᵀ
 *
 * A: variance of abilities in logits; ν: share of it that text does not explain (ν = 1. No text at all); the constant
 * carries the general level, with a prior of N(0, 5).
 *
 * @module
 */
export interface HyperparameterGrid {
  /** A with the log prior weight of each. */
  readonly abilityVariances: readonly { readonly variance: number; readonly logPrior: number }[]
  /** ν with the log prior weight of each. */
  readonly independentShares: readonly { readonly share: number; readonly logPrior: number }[]
  /** Mixes of views, equally likely a priori: weight by view name; a view that is absent from a pool drops out. */
  readonly viewMixes: readonly Readonly<Record<string, number>>[]
  /** Variance of the general level. */
  readonly levelVariance: number
  /** Columns kept of each text covariance; what they leave out is independent variance. */
  readonly rank: number
}

/** From the figures in docs/experiments.md; text must earn its weight: the prior leans to ν = 1. */
export const DEFAULT_GRID: HyperparameterGrid = {
  abilityVariances: [
    // Equals: rare, but a search that excludes them finds a winner everywhere.
    { variance: 0.02, logPrior: -2 },
    { variance: 0.1, logPrior: 0 },
    { variance: 0.4, logPrior: 0 },
    { variance: 1.2, logPrior: 0 },
    { variance: 3.5, logPrior: 0 },
  ],
  independentShares: [
    { share: 0.15, logPrior: -1 },
    { share: 0.5, logPrior: 0 },
    { share: 1, logPrior: 1 },
  ],
  viewMixes: [{ embedding: 0.25, characters: 0.3, surface: 0.45, slots: 0.3, parameters: 0.3 }],
  levelVariance: 5,
  rank: 24,
}

/** Every prompt by its own outcomes alone: what sites are taken from where texts are modeled apart. */
export const WITHOUT_TEXT: HyperparameterGrid = { ...DEFAULT_GRID, independentShares: [{ share: 1, logPrior: 0 }] }
