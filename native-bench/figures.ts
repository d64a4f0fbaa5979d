/**
 * The figures that the numeric core has to reach, as ratios of medians of one run.
 *
 * @module
 */
import type { Implementation } from './works.ts'

export interface Row {
  readonly work: string
  readonly implementation: Implementation
  /** Median of all runs. */
  readonly milliseconds: number
  /** The fastest run. */
  readonly best: number
}

export interface Figure {
  readonly text: string
  readonly work: string
  readonly peer: Implementation
  /** Time of the peer divided by ours; ≥ this. */
  readonly target: number
}

const figure = (text: string, work: string, peer: Implementation, target: number): Figure => ({
  text,
  work,
  peer,
  target,
})

export const FIGURES: readonly Figure[] = [
  ...[512, 1024, 2048].map((n) => figure(`GEMM ${n}, OpenBLAS one thread`, `gemm-${n}`, 'openblas-1t', 0.5)),
  figure('Cholesky n=1000, OpenBLAS one thread', 'cholesky-1000', 'openblas-1t', 0.7),
  figure('Cholesky n=200, SciPy’s call', 'cholesky-200', 'openblas-1t', 1),
  figure('Cholesky n=1000, ml-matrix', 'cholesky-1000', 'ml-matrix', 35),
  figure('log marginal likelihood + gradient, isotropic, n=100, scikit-learn', 'lml-iso-100', 'scikit-learn', 6),
  figure('the same, n=300', 'lml-iso-300', 'scikit-learn', 5),
  figure('the same, n=1000', 'lml-iso-1000', 'scikit-learn', 2.5),
  figure('log marginal likelihood + gradient, ARD-16, n=100, scikit-learn', 'lml-ard16-100', 'scikit-learn', 16),
  figure('the same, n=300', 'lml-ard16-300', 'scikit-learn', 12),
  figure('the same, n=1000', 'lml-ard16-1000', 'scikit-learn', 7),
  figure('mean + variance at 10,000 candidates, n=300, d=384: cold, scikit-learn', 'predict-cold', 'scikit-learn', 3),
  figure('the same after one more observation', 'predict-append', 'scikit-learn', 30),
  figure(
    'append one observation, n=1000, with distances to 10,000 candidates; refit with NumPy',
    'append-1000',
    'openblas-1t',
    30,
  ),
]

/** Time of `peer` divided by ours, medians or best runs; undefined where one of them did not run. */
export function ratio(
  rows: readonly Row[],
  work: string,
  peer: Implementation,
  of: 'milliseconds' | 'best' = 'milliseconds',
): number | undefined {
  const time = (name: Implementation) => rows.find((row) => row.work === work && row.implementation === name)?.[of]
  const ours = time('krige-1t')
  const theirs = time(peer)
  return ours === undefined || theirs === undefined ? undefined : theirs / ours
}
