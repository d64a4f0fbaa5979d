/**
 * In-place dense helpers for the prompt model's small systems, row-major lower triangles. They stand apart from
 * `numerics/linalg`. A system here has some 25 unknowns and is built from a factor that never changes. Copying it into
 * a backend's memory would cost more than the arithmetic.
 *
 * @module
 */
import { NotPositiveDefiniteError } from '../../errors.ts'

/** Overwrites the lower triangle of A with its Cholesky factor. */
export function cholesky(a: Float64Array, n: number): void {
  for (let i = 0; i < n; i++) {
    const rowI = i * n
    for (let j = 0; j < i; j++) {
      const rowJ = j * n
      let even = a[rowI + j]!
      let odd = 0
      let k = 0
      for (; k + 1 < j; k += 2) {
        even -= a[rowI + k]! * a[rowJ + k]!
        odd -= a[rowI + k + 1]! * a[rowJ + k + 1]!
      }
      if (k < j) even -= a[rowI + k]! * a[rowJ + k]!
      a[rowI + j] = (even + odd) / a[rowJ + j]!
    }
    let pivot = a[rowI + i]!
    for (let k = 0; k < i; k++) pivot -= a[rowI + k]! * a[rowI + k]!
    if (!(pivot > 0)) throw new NotPositiveDefiniteError(pivot, i, 0)
    a[rowI + i] = Math.sqrt(pivot)
  }
}

/** Solves L x = b in place; `from` skips leading zeros of b. */
export function solveLower(l: Float64Array, n: number, x: Float64Array, from = 0): Float64Array {
  for (let i = from; i < n; i++) {
    const row = i * n
    let sum = x[i]!
    for (let k = from; k < i; k++) sum -= l[row + k]! * x[k]!
    x[i] = sum / l[row + i]!
  }
  return x
}

/** Solves L x = b in place for every row of x, as {@link solveLower} does, four at a time. */
export function solveLowerRows(l: Float64Array, n: number, x: Float64Array): void {
  const end = x.length - (x.length % (4 * n))
  for (let p = 0; p < end; p += 4 * n) {
    const [q, r, s] = [p + n, p + 2 * n, p + 3 * n]
    for (let i = 0; i < n; i++) {
      const row = i * n
      let a = x[p + i]!
      let b = x[q + i]!
      let c = x[r + i]!
      let d = x[s + i]!
      for (let k = 0; k < i; k++) {
        const value = l[row + k]!
        a -= value * x[p + k]!
        b -= value * x[q + k]!
        c -= value * x[r + k]!
        d -= value * x[s + k]!
      }
      const pivot = l[row + i]!
      x[p + i] = a / pivot
      x[q + i] = b / pivot
      x[r + i] = c / pivot
      x[s + i] = d / pivot
    }
  }
  for (let p = end; p < x.length; p += n) solveLower(l, n, x.subarray(p, p + n))
}

/** Solves Lᵀ x = b in place. */
export function solveUpper(l: Float64Array, n: number, x: Float64Array): Float64Array {
  for (let i = n - 1; i >= 0; i--) {
    const row = i * n
    const value = x[i]! / l[row + i]!
    x[i] = value
    for (let k = 0; k < i; k++) x[k]! -= l[row + k]! * value
  }
  return x
}

/** log |L Lᵀ|. */
export function logDeterminant(l: Float64Array, n: number): number {
  let sum = 0
  for (let i = 0; i < n; i++) sum += Math.log(l[i * n + i]!)
  return 2 * sum
}

/** H[k, l] += Σ_i weight_i F_ik F_il for l ≤ k < rank, four rows of F at a time so that H is read a quarter as often. */
export function addWeightedGram(
  f: Float64Array,
  weight: Float64Array,
  rows: number,
  rank: number,
  h: Float64Array,
  stride: number,
): void {
  const used: number[] = []
  for (let i = 0; i < rows; i++) if (weight[i]! !== 0) used.push(i)
  for (let start = 0; start < used.length; start += 4) {
    const i0 = used[start]!
    const i1 = used[start + 1] ?? i0
    const i2 = used[start + 2] ?? i0
    const i3 = used[start + 3] ?? i0
    const r0 = i0 * rank
    const r1 = i1 * rank
    const r2 = i2 * rank
    const r3 = i3 * rank
    const s0 = weight[i0]!
    const s1 = start + 1 < used.length ? weight[i1]! : 0
    const s2 = start + 2 < used.length ? weight[i2]! : 0
    const s3 = start + 3 < used.length ? weight[i3]! : 0
    for (let k = 0; k < rank; k++) {
      const a0 = s0 * f[r0 + k]!
      const a1 = s1 * f[r1 + k]!
      const a2 = s2 * f[r2 + k]!
      const a3 = s3 * f[r3 + k]!
      const target = k * stride
      for (let l = 0; l <= k; l++) {
        h[target + l]! += a0 * f[r0 + l]! + a1 * f[r1 + l]! + a2 * f[r2 + l]! + a3 * f[r3 + l]!
      }
    }
  }
}

/** Solves L X = B in place for four right-hand sides, interleaved: x[4 i + j] is row i of column j. */
export function solveLowerFour(l: Float64Array, n: number, x: Float64Array): void {
  for (let i = 0; i < n; i++) {
    const row = i * n
    const at = 4 * i
    let x0 = x[at]!
    let x1 = x[at + 1]!
    let x2 = x[at + 2]!
    let x3 = x[at + 3]!
    for (let k = 0, from = 0; k < i; k++, from += 4) {
      const factor = l[row + k]!
      x0 -= factor * x[from]!
      x1 -= factor * x[from + 1]!
      x2 -= factor * x[from + 2]!
      x3 -= factor * x[from + 3]!
    }
    const pivot = 1 / l[row + i]!
    x[at] = x0 * pivot
    x[at + 1] = x1 * pivot
    x[at + 2] = x2 * pivot
    x[at + 3] = x3 * pivot
  }
}
