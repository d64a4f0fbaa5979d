/**
 * One interface to dense float64 linear algebra, many implementations (`wasm`, `js`, `ml-matrix`, `tfjs`).
 *
 * Notation, here and in every file of this room:
 *
 *     A, B, C   matrices, row-major; element (i, j) stands at data[i * stride + j]
 *     n, m, k   dimensions; a vector of length n is an n×1 matrix
 *     L         lower Cholesky factor, A = L Lᵀ; its strict upper triangle is neither read nor written
 *     X         inputs, n×d, one point per row
 *     D         squared distances, D_ij = Σ_k (x_ik − x_jk)²
 *     gemm      general matrix product                  C ← αAB + βC
 *     syrk      symmetric rank-k update                 C ← αAAᵀ + βC, lower triangle
 *     trsm      triangular solve, many right-hand sides B ← L⁻¹B or L⁻ᵀB
 *
 * Rules that hold for all operations:
 *
 * 1. Matrices passed to a backend come from one of its own workspaces.
 * 2. An output must not overlap an input, unless the operation says it works in place.
 * 3. Nothing is allocated by an operation except scratch that the backend keeps and reuses.
 * 4. Shapes are checked; a mismatch throws `InvalidArgumentError`.
 *
 * @module
 */
import type { Matrix, Workspace } from './matrix.ts'

/** Stationary kernels as functions of the scaled squared distance r² = inverseSquaredLength · D. */
export type KernelFamily = 'matern12' | 'matern32' | 'matern52' | 'rbf' | 'rational-quadratic'

/** What a backend computes with, and how far its results can be trusted. */
export interface Accuracy {
  /** Arithmetic of the products: `float32` backends either refine or say what they cannot do. */
  readonly arithmetic: 'float64' | 'float32'
  /** Bound on ‖LLᵀ − A‖/(n·ε·‖A‖) with ε = 2⁻⁵² that the conformance suite holds the factorization to. */
  readonly factorBackwardError: number
  /** Bound on |computed − exact|/(k·ε·|A||B|) of a product with inner dimension k, again with ε = 2⁻⁵². */
  readonly productError: number
  /** The same in words. */
  readonly statement: string
}

export interface GemmOptions {
  /** Use Aᵀ (stored k×m). @defaultValue false */
  readonly transposeA?: boolean
  /** Use Bᵀ (stored n×k). @defaultValue false */
  readonly transposeB?: boolean
  /** @defaultValue 1 */
  readonly alpha?: number
  /** 0 overwrites `out` without reading it. @defaultValue 0 */
  readonly beta?: number
}

export interface SyrkOptions {
  /** Compute AᵀA instead of AAᵀ. @defaultValue false */
  readonly transpose?: boolean
  /** @defaultValue 1 */
  readonly alpha?: number
  /** @defaultValue 0 */
  readonly beta?: number
  /** `lower` leaves the strict upper triangle alone; `full` mirrors it. @defaultValue 'lower' */
  readonly triangle?: Triangle
}

/** Which part of a symmetric result is written. */
export type Triangle = 'lower' | 'full'

export interface CholeskyOptions {
  /** Where L goes. @defaultValue the input itself (in place; costs one copy more, which a retry needs) */
  readonly out?: Matrix
  /** First jitter tried after a failure, relative to the mean diagonal. @defaultValue 1e-10 */
  readonly initialJitter?: number
  /** Largest jitter tried, relative to the mean diagonal; 0 forbids jitter. @defaultValue 1e-4 */
  readonly maximumJitter?: number
}

export interface CholeskyReport {
  /** What was added to every diagonal element to make the matrix positive definite; 0 as a rule. Absolute. */
  readonly jitter: number
}

export interface KernelFill {
  readonly family: KernelFamily
  /** D, n×m. */
  readonly squaredDistances: Matrix
  /** Receives outputScale · k(r²), n×m. May be the same matrix as `squaredDistances`. */
  readonly out: Matrix
  /**
   * Receives outputScale · dk/d(r²), n×m. With it ∂K/∂log ℓ = −2 r² · derivative (isotropic) and
   * ∂K_ij/∂log ℓ_k = −2 (x_ik − x_jk)²/ℓ_k² · derivative_ij. Matérn-1/2 has no derivative at r = 0, where it is
   * always multiplied by 0: 0 is written there.
   */
  readonly derivative?: Matrix
  /** Receives outputScale · dk/d(shape), rational-quadratic only. */
  readonly shapeDerivative?: Matrix
  /** ℓ⁻². @defaultValue 1 */
  readonly inverseSquaredLength?: number
  /** Kernel at distance 0. @defaultValue 1 */
  readonly outputScale?: number
  /** α of the rational-quadratic kernel (1 + r²/2α)^−α. @defaultValue 1 */
  readonly shape?: number
  /** Add to `out` instead of overwriting it (sums of kernels); derivatives are always overwritten. @defaultValue false */
  readonly accumulate?: boolean
  /** `lower` fills i ≥ j of a square result and leaves the rest alone. @defaultValue 'full' */
  readonly triangle?: Triangle
}

export interface TraceGradient {
  /** K⁻¹, n×n; only its lower triangle is read. */
  readonly inverse: Matrix
  /** w = K⁻¹(y − μ), n×1. */
  readonly weights: Matrix
  /** G, n×n, symmetric; only its lower triangle is read. */
  readonly derivative: Matrix
}

/**
 * Dense linear algebra on float64 row-major matrices. See the module header for notation and rules.
 *
 * @example
 * const backend = createBackend()
 * using workspace = backend.workspace()
 * const x = workspace.from([[0], [1], [3]])
 * const k = workspace.matrix(3, 3)
 * backend.squaredDistances(x, k)
 * backend.kernelFill({ family: 'matern52', squaredDistances: k, out: k })
 * backend.cholesky(k).jitter // 0
 */
export interface Backend {
  readonly name: string
  readonly accuracy: Accuracy

  /** Memory with a lifetime: everything taken from it is freed when it is disposed. */
  workspace(): Workspace

  /** Runs `use` with a workspace that is freed afterward. The result must not be a matrix of that workspace. */
  scope<Result>(use: (workspace: Workspace) => Result): Result

  /** out ← α·op(a)·op(b) + β·out. Matrix × vector and vector × matrix are the same call. */
  gemm(a: Matrix, b: Matrix, out: Matrix, options?: GemmOptions): void

  /** out ← α·aaᵀ + β·out (or aᵀa). */
  syrk(a: Matrix, out: Matrix, options?: SyrkOptions): void

  /** b ← L⁻¹b, or L⁻ᵀb with `transpose`; in place. b is n×m. */
  trsm(factor: Matrix, b: Matrix, options?: { readonly transpose?: boolean }): void

  /**
   * A = L Lᵀ, reading only the lower triangle of `a`. When a pivot is not positive, retries with jitter growing tenfold
   * from `initialJitter` to `maximumJitter` (times the mean diagonal) and reports what it added.
   *
   * @throws NotPositiveDefiniteError with the smallest pivot, when the largest jitter does not help
   * @throws NonFiniteError when `a` holds NaN or an infinity
   */
  cholesky(a: Matrix, options?: CholeskyOptions): CholeskyReport

  /**
   * Grows a factor by one row, O(n²), in place. `factor` is (n+1)×(n+1): its leading n×n block holds L, its last row
   * the new row of A, [A_n0 … A_nn]. Afterward that row belongs to the factor. Allocate storage of the capacity you
   * expect once and pass `storage.view(0, 0, n + 1, n + 1)`.
   *
   * @throws NotPositiveDefiniteError when the new pivot is not positive and jitter up to 1e-4·A_nn does not help; the
   * last row is then overwritten, the leading block intact
   */
  choleskyAppend(factor: Matrix): CholeskyReport

  /** Removes row and column `index` of A from its factor, O(n²), in place; returns the leading (n−1)×(n−1) view. */
  choleskyDelete(factor: Matrix, index: number): Matrix

  /** log det A = 2 Σ log L_ii. */
  logDeterminant(factor: Matrix): number

  /** out ← (L Lᵀ)⁻¹. @defaultValue triangle: 'full' */
  inverseFromFactor(factor: Matrix, out: Matrix, options?: { readonly triangle?: Triangle }): void

  /** Eigenvalues in ascending order of symmetric `a` (lower triangle read); eigenvectors go to the columns of `vectors`. */
  symmetricEigen(a: Matrix, vectors?: Matrix): Float64Array

  /** D_ij = ‖x_i − x_j‖², n×n, never negative, exactly 0 for equal rows. @defaultValue triangle: 'full' */
  squaredDistances(x: Matrix, out: Matrix, options?: { readonly triangle?: Triangle }): void

  /** D_ij = ‖x_i − y_j‖², n×m for x n×d and y m×d. */
  crossSquaredDistances(x: Matrix, y: Matrix, out: Matrix): void

  /** Kernel values, and derivatives, from squared distances. */
  kernelFill(fill: KernelFill): void

  /**
   * ½ Σ_ij (w_i w_j − K⁻¹_ij) G_ij [· D_ij]: the derivative of the log marginal likelihood in a hyper-parameter with
   * ∂K/∂θ = G (or G∘D, when `squaredDistances` is given), Rasmussen & Williams (2006) eq. 5.9.
   *
   * @example
   * using workspace = backend.workspace()
   * const [inverse, derivative] = [workspace.from([[1, 0], [0, 1]]), workspace.from([[1, 0.5], [0.5, 1]])]
   * backend.traceGradient({ inverse, derivative, weights: workspace.from([[1], [2]]) }) // 2.5
   */
  traceGradient(terms: TraceGradient & { readonly squaredDistances?: Matrix }): number

  /**
   * out_k ← ½ Σ_ij (w_i w_j − K⁻¹_ij) G_ij (x_ik − x_jk)², k = 1 … d, as one product of a triangle with X and row sums:
   * O(n²d) time, O(n·d) memory. With X divided by the length scales, ∂LML/∂log ℓ_k = −2·out_k.
   *
   * @param out d×1
   */
  ardGradient(terms: TraceGradient & { readonly x: Matrix; readonly out: Matrix }): void

  /** out_j ← Σ_i a_ij², the squared norms of the columns; `out` is m×1. */
  columnSquaredNorms(a: Matrix, out: Matrix): void
}
