// Stationary kernels and their derivatives from squared distances: the formulas of js/kernel.ts, two lanes at a time.

import { exponential } from './exponential'
import { multiplyAdd } from './lanes'

export const MATERN_12 = 0
export const MATERN_32 = 1
export const MATERN_52 = 2
export const RBF = 3

export const RATIONAL_QUADRATIC = 4

const constants = memory.data<f64>([-0.5, -1.5, 1.0, 1.0 / 3.0, -5.0 / 6.0])

/** From memory, for the reason that exponential.ts gives. */
// @ts-ignore: decorator
@inline
function constant(index: i32): v128 {
  return v128.load64_splat(constants + (<usize>index << 3))
}

/**
 * out (n×m) (+)= s·k(u), derivative = s·dk/du for u = scale·D; `derivative` 0 means none, so does `shapeDerivative`.
 * Strides in elements; `lower` fills j ≤ i only.
 *
 * @param scratch 64 bytes
 */
export function kernelFill(
  family: i32,
  n: i32,
  m: i32,
  squared: usize,
  squaredRow: i32,
  out: usize,
  outRow: i32,
  derivative: usize,
  derivativeRow: i32,
  shapeDerivative: usize,
  shapeDerivativeRow: i32,
  scale: f64,
  outputScale: f64,
  shape: f64,
  accumulate: bool,
  lower: bool,
  scratch: usize,
): void {
  kernelFillRows(
    0,
    n,
    scratch,
    family,
    m,
    squared,
    squaredRow,
    out,
    outRow,
    derivative,
    derivativeRow,
    shapeDerivative,
    shapeDerivativeRow,
    scale,
    outputScale,
    shape,
    accumulate,
    lower,
  )
}

/** Step: rows `begin` … `end` − 1 of it. */
export function kernelFillRows(
  begin: i32,
  end: i32,
  scratch: usize,
  family: i32,
  m: i32,
  squared: usize,
  squaredRow: i32,
  out: usize,
  outRow: i32,
  derivative: usize,
  derivativeRow: i32,
  shapeDerivative: usize,
  shapeDerivativeRow: i32,
  scale: f64,
  outputScale: f64,
  shape: f64,
  accumulate: bool,
  lower: bool,
): void {
  squared += <usize>(begin * squaredRow) << 3
  out += <usize>(begin * outRow) << 3
  if (derivative) derivative += <usize>(begin * derivativeRow) << 3
  if (shapeDerivative) shapeDerivative += <usize>(begin * shapeDerivativeRow) << 3
  for (let i = begin; i < end; i++) {
    const count = lower ? i + 1 : m
    if (family == RATIONAL_QUADRATIC) {
      rationalQuadraticRow(count, squared, out, derivative, shapeDerivative, scale, outputScale, shape, accumulate)
    } else {
      pairs(family, count >> 1, squared, out, derivative, scale, outputScale, accumulate)
      if (count & 1) {
        // The odd element goes through a pair of its own: out of a spare place and back.
        const last = <usize>(count - 1) << 3
        store<f64>(scratch, load<f64>(squared + last))
        store<f64>(scratch, 0, 8)
        store<f64>(scratch, load<f64>(out + last), 16)
        pairs(family, 1, scratch, scratch + 16, derivative ? scratch + 32 : 0, scale, outputScale, accumulate)
        store<f64>(out + last, load<f64>(scratch, 16))
        if (derivative) store<f64>(derivative + last, load<f64>(scratch, 32))
      }
    }
    squared += <usize>squaredRow << 3
    out += <usize>outRow << 3
    if (derivative) derivative += <usize>derivativeRow << 3
    if (shapeDerivative) shapeDerivative += <usize>shapeDerivativeRow << 3
  }
}

/** A loop per family, with derivatives or without: the choice is made once per row, not once per element. */
function pairs(
  family: i32,
  count: i32,
  squared: usize,
  out: usize,
  derivative: usize,
  scale: f64,
  outputScale: f64,
  accumulate: bool,
): void {
  if (derivative) choose(family, true, count, squared, out, derivative, scale, outputScale, accumulate)
  else choose(family, false, count, squared, out, derivative, scale, outputScale, accumulate)
}

// @ts-ignore: decorator
@inline
function choose(
  family: i32,
  sloped: bool,
  count: i32,
  squared: usize,
  out: usize,
  derivative: usize,
  scale: f64,
  outputScale: f64,
  accumulate: bool,
): void {
  if (family == MATERN_12) loop(MATERN_12, sloped, count, squared, out, derivative, scale, outputScale, accumulate)
  else if (family == MATERN_32) loop(MATERN_32, sloped, count, squared, out, derivative, scale, outputScale, accumulate)
  else if (family == MATERN_52) loop(MATERN_52, sloped, count, squared, out, derivative, scale, outputScale, accumulate)
  else loop(RBF, sloped, count, squared, out, derivative, scale, outputScale, accumulate)
}

// @ts-ignore: decorator
@inline
function loop(
  family: i32,
  sloped: bool,
  count: i32,
  squared: usize,
  out: usize,
  derivative: usize,
  scale: f64,
  outputScale: f64,
  accumulate: bool,
): void {
  // What stands under the root: 3u, 5u, u; −u/2 for the one without.
  const multiple: f64 = family == RBF ? -0.5 : family == MATERN_32 ? 3 : family == MATERN_52 ? 5 : 1
  const factor = f64x2.splat(multiple * scale)
  const output = f64x2.splat(outputScale)
  const end = squared + (<usize>count << 4)
  while (squared < end) {
    const u = v128.mul<f64>(factor, v128.load(squared))
    let value: v128
    let slope = u
    if (family == RBF) {
      value = v128.mul<f64>(output, exponential(u))
      if (sloped) slope = v128.mul<f64>(constant(0), value)
    } else {
      const r = v128.sqrt<f64>(u)
      const decay = v128.mul<f64>(output, exponential(v128.neg<f64>(r)))
      if (family == MATERN_12) {
        value = decay
        if (sloped) {
          const divided = v128.div<f64>(v128.mul<f64>(constant(0), value), r)
          slope = v128.and(divided, v128.gt<f64>(r, f64x2.splat(0)))
        }
      } else if (family == MATERN_32) {
        value = multiplyAdd(r, decay, decay)
        if (sloped) slope = v128.mul<f64>(constant(1), decay)
      } else {
        const linear = v128.add<f64>(constant(2), r)
        value = v128.mul<f64>(decay, multiplyAdd(constant(3), u, linear))
        if (sloped) slope = v128.mul<f64>(v128.mul<f64>(constant(4), linear), decay)
      }
    }
    if (accumulate) value = v128.add<f64>(value, v128.load(out))
    if (sloped) {
      v128.store(derivative, slope)
      derivative += 16
    }
    v128.store(out, value)
    squared += 16
    out += 16
  }
}

/** t = 1 + u/2α; needs a logarithm a lane, so it stays scalar. */
function rationalQuadraticRow(
  count: i32,
  squared: usize,
  out: usize,
  derivative: usize,
  shapeDerivative: usize,
  scale: f64,
  outputScale: f64,
  shape: f64,
  accumulate: bool,
): void {
  for (let j = 0; j < count; j++) {
    const at = <usize>j << 3
    const excess = (scale * load<f64>(squared + at)) / (2 * shape)
    const base = 1 + excess
    const logBase = NativeMath.log1p(excess)
    const value = outputScale * NativeMath.exp(-shape * logBase)
    store<f64>(out + at, accumulate ? load<f64>(out + at) + value : value)
    if (derivative) store<f64>(derivative + at, (-0.5 * value) / base)
    if (shapeDerivative) store<f64>(shapeDerivative + at, value * (excess / base - logBase))
  }
}
