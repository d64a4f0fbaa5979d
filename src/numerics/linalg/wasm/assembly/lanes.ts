// Two float64 lanes. One source, two modules: fused multiply-add where build.ts enables relaxed SIMD.

/** c + a·b. */
// @ts-ignore: decorator
@inline
export function multiplyAdd(a: v128, b: v128, c: v128): v128 {
  if (ASC_FEATURE_RELAXED_SIMD) return f64x2.relaxed_madd(a, b, c)
  return v128.add<f64>(c, v128.mul<f64>(a, b))
}

/** c − a·b. */
// @ts-ignore: decorator
@inline
export function multiplySubtract(a: v128, b: v128, c: v128): v128 {
  if (ASC_FEATURE_RELAXED_SIMD) return f64x2.relaxed_nmadd(a, b, c)
  return v128.sub<f64>(c, v128.mul<f64>(a, b))
}
