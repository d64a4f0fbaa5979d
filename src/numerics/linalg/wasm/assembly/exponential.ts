// eˣ for two lanes, x ≤ 0: x = n·ln 2 + r with |r| ≤ ln 2 / 2, and eʳ = 1 + r + r²q(r) with the q of degree 9 that
// equals (eʳ − 1 − r)/r² at the Chebyshev nodes. It is below 2⁻⁵⁴ off, a seventh of a unit in the last place, with two
// multiplications less than a Taylor polynomial that gets there. NaN stays NaN.
//
// The constants stand in memory: V8 would rebuild a vector constant from integers at every use, a load is cheaper.

import { multiplyAdd, multiplySubtract } from './lanes'

const constants = memory.data<f64>([
  -708.0, // below this eˣ is no longer a normal number; kernels are 0 there
  1.4426950408889634, // log₂ e
  6755399441055744.0, // 1.5·2⁵²: adding it leaves the rounded integer in the low bits
  6.93147180369123816490e-1, // ln 2, high part
  1.90821492927058770002e-10, // ln 2, low part
  0.5,
  0.16666666666666666,
  0.041666666666624164,
  0.008333333333330065,
  0.0013888888917196736,
  0.00019841269863040559,
  2.480152132234228e-5,
  2.7557268480289716e-6,
  2.7620075892548164e-7,
  2.51003758422237e-8,
  1.0,
])

// @ts-ignore: decorator
@inline
function constant(index: i32): v128 {
  return v128.load64_splat(constants + (<usize>index << 3))
}

// @ts-ignore: decorator
@inline
export function exponential(x: v128): v128 {
  const least = constant(0)
  const vanished = v128.lt<f64>(x, least)
  // The pseudo-maximum is one instruction on x64, and keeps NaN in x.
  x = v128.pmax<f64>(x, least)
  const shifted = multiplyAdd(x, constant(1), constant(2))
  const n = v128.sub<f64>(shifted, constant(2))
  const r = multiplySubtract(n, constant(4), multiplySubtract(n, constant(3), x))
  // Estrin's scheme: pairs first, so that the multiplications overlap.
  const r2 = v128.mul<f64>(r, r)
  const r4 = v128.mul<f64>(r2, r2)
  const p23 = multiplyAdd(r, constant(6), constant(5))
  const p45 = multiplyAdd(r, constant(8), constant(7))
  const p67 = multiplyAdd(r, constant(10), constant(9))
  const p89 = multiplyAdd(r, constant(12), constant(11))
  const pAB = multiplyAdd(r, constant(14), constant(13))
  const p25 = multiplyAdd(r2, p45, p23)
  const p69 = multiplyAdd(r2, p89, p67)
  const tail = multiplyAdd(r4, multiplyAdd(r4, pAB, p69), p25)
  const e = v128.add<f64>(constant(15), multiplyAdd(r2, tail, r))
  const scaled = v128.add<i64>(e, i64x2.shl(shifted, 52))
  return v128.andnot(scaled, vanished)
}
