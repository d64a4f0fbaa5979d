/**
 * Triangular solves with one right-hand side on plain arrays, for the inner loop of an acquisition search. There a call
 * into a backend costs more than the n² multiplications.
 *
 * @module
 */

/** v ← L⁻¹v, L n×n row-major. Four accumulators, because one would wait for its own additions. */
export function solveLower(factor: Float64Array, n: number, v: Float64Array): void {
  for (let i = 0; i < n; i++) {
    const start = i * n
    let a = 0
    let b = 0
    let c = 0
    let d = 0
    let j = 0
    for (; j + 3 < i; j += 4) {
      a += factor[start + j]! * v[j]!
      b += factor[start + j + 1]! * v[j + 1]!
      c += factor[start + j + 2]! * v[j + 2]!
      d += factor[start + j + 3]! * v[j + 3]!
    }
    for (; j < i; j++) a += factor[start + j]! * v[j]!
    v[i] = (v[i]! - (a + b + c + d)) / factor[start + i]!
  }
}

/** v ← L⁻ᵀv. */
export function solveLowerTransposed(factor: Float64Array, n: number, v: Float64Array): void {
  for (let i = n - 1; i >= 0; i--) {
    const start = i * n
    const value = v[i]! / factor[start + i]!
    v[i] = value
    for (let j = 0; j < i; j++) v[j]! -= factor[start + j]! * value
  }
}

/** In-place lower Cholesky factor of a small, safely positive definite matrix (identity plus a Gram matrix). */
export function factorSmall(a: Float64Array, n: number): void {
  for (let j = 0; j < n; j++) {
    for (let i = j; i < n; i++) {
      let total = a[i * n + j]!
      for (let k = 0; k < j; k++) total -= a[i * n + k]! * a[j * n + k]!
      a[i * n + j] = i === j ? Math.sqrt(total) : total / a[j * n + j]!
    }
  }
}
