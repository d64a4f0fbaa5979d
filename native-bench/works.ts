/**
 * The works that are timed, and who takes part in each.
 *
 * @module
 */

/** `size` is n; points have `dimension` coordinates where a work has points. */
export interface Work {
  readonly name: string
  readonly kind: 'gemm' | 'cholesky' | 'lml-iso' | 'lml-ard16' | 'predict-cold' | 'predict-append' | 'append'
  readonly size: number
  readonly dimension: number
  /** Left out for these: they would take minutes and tell nothing. */
  readonly without: readonly Implementation[]
}

export const IMPLEMENTATIONS = [
  'krige-1t',
  'krige-wide',
  'krige-simd',
  'krige-js',
  'ml-matrix',
  'tfjs-wasm',
  'tfjs-node',
  'openblas-1t',
  'openblas-2t',
  'openblas-addon',
  'scikit-learn',
] as const

export type Implementation = (typeof IMPLEMENTATIONS)[number]

export const CANDIDATES = 10_000

const work = (
  name: string,
  kind: Work['kind'],
  size: number,
  dimension = 0,
  without: readonly Implementation[] = [],
): Work => ({ name, kind, size, dimension, without })

export const WORKS: readonly Work[] = [
  work('gemm-512', 'gemm', 512),
  work('gemm-1024', 'gemm', 1024),
  work('gemm-2048', 'gemm', 2048, 0, ['ml-matrix']),
  work('cholesky-200', 'cholesky', 200, 16),
  work('cholesky-1000', 'cholesky', 1000, 16),
  work('cholesky-4000', 'cholesky', 4000, 16, ['ml-matrix', 'krige-js']),
  work('lml-iso-100', 'lml-iso', 100, 16),
  work('lml-iso-300', 'lml-iso', 300, 16),
  work('lml-iso-1000', 'lml-iso', 1000, 16, ['ml-matrix']),
  work('lml-ard16-100', 'lml-ard16', 100, 16),
  work('lml-ard16-300', 'lml-ard16', 300, 16),
  work('lml-ard16-1000', 'lml-ard16', 1000, 16, ['ml-matrix']),
  work('predict-cold', 'predict-cold', 300, 384, ['ml-matrix']),
  work('predict-append', 'predict-append', 300, 384, ['ml-matrix']),
  work('append-1000', 'append', 1000, 384, ['ml-matrix', 'krige-js']),
]
