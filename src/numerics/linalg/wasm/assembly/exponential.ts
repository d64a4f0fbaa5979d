// eˣ for two lanes, x ≤ 0: x = n·ln 2 + r with |r| ≤ ln 2 / 2, and the Taylor polynomial of degree 13 for eʳ, which is
// below 2⁻⁵⁷ off there. NaN stays NaN.

import { multiplyAdd, multiplySubtract } from './lanes'

const LOG2_E: f64 = 1.4426950408889634
const LN2_HIGH: f64 = 6.93147180369123816490e-1
const LN2_LOW: f64 = 1.90821492927058770002e-10
/** 1.5·2⁵²: adding it leaves the rounded integer in the low bits. */
const ROUND: f64 = 6755399441055744.0
/** Below this eˣ is no longer a normal number; kernels are 0 there. */
const LEAST: f64 = -708.0

// @ts-ignore: decorator
@inline
export function exponential(x: v128): v128 {
  const least = f64x2.splat(LEAST)
  const vanished = v128.lt<f64>(x, least)
  x = v128.max<f64>(x, least)
  const shifted = multiplyAdd(x, f64x2.splat(LOG2_E), f64x2.splat(ROUND))
  const n = v128.sub<f64>(shifted, f64x2.splat(ROUND))
  const r = multiplySubtract(n, f64x2.splat(LN2_LOW), multiplySubtract(n, f64x2.splat(LN2_HIGH), x))
  // Estrin's scheme: pairs first, so that the multiplications overlap.
  const r2 = v128.mul<f64>(r, r)
  const r4 = v128.mul<f64>(r2, r2)
  const p23 = multiplyAdd(r, f64x2.splat(1.0 / 6.0), f64x2.splat(0.5))
  const p45 = multiplyAdd(r, f64x2.splat(1.0 / 120.0), f64x2.splat(1.0 / 24.0))
  const p67 = multiplyAdd(r, f64x2.splat(1.0 / 5040.0), f64x2.splat(1.0 / 720.0))
  const p89 = multiplyAdd(r, f64x2.splat(1.0 / 362880.0), f64x2.splat(1.0 / 40320.0))
  const pAB = multiplyAdd(r, f64x2.splat(1.0 / 39916800.0), f64x2.splat(1.0 / 3628800.0))
  const pCD = multiplyAdd(r, f64x2.splat(1.0 / 6227020800.0), f64x2.splat(1.0 / 479001600.0))
  const p25 = multiplyAdd(r2, p45, p23)
  const p69 = multiplyAdd(r2, p89, p67)
  const pAD = multiplyAdd(r2, pCD, pAB)
  const tail = multiplyAdd(r4, multiplyAdd(r4, pAD, p69), p25)
  const e = v128.add<f64>(f64x2.splat(1), multiplyAdd(r2, tail, r))
  const scaled = v128.add<i64>(e, i64x2.shl(shifted, 52))
  return v128.andnot(scaled, vanished)
}
