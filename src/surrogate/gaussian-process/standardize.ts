/** Takes targets to the scale a model works on, and its predictions back. */
export interface TargetTransform {
  forward(value: number): number
  inverse(value: number): number
  /** ∂forward/∂value: by its square a known noise variance changes. */
  slope(value: number): number
}

/** Below it a double has lost its digits, and all values are alike. */
const SMALLEST = 1e-290

/**
 * Zero mean, unit variance. Constant targets, or a single one, only lose their mean. Scaled before squaring, so that
 * targets of 1e±200 neither overflow nor underflow.
 *
 * @example
 * standardize(Float64Array.of(1, 3)).forward(3) // 1
 */
export function standardize(
  targets: ArrayLike<number>,
): TargetTransform & { readonly mean: number; readonly scale: number } {
  const n = targets.length
  let largest = 0
  for (let i = 0; i < n; i++) largest = Math.max(largest, Math.abs(targets[i]!))
  const unit = largest > SMALLEST ? largest : 1
  let mean = 0
  for (let i = 0; i < n; i++) mean += targets[i]! / unit / n
  let squares = 0
  for (let i = 0; i < n; i++) squares += (targets[i]! / unit - mean) ** 2 / n
  // Differences at the level of rounding are not a signal to be blown up to unit variance.
  const relative = Math.sqrt(squares) > 1e-14 * Math.abs(mean) ? Math.sqrt(squares) : 1
  const center = mean * unit
  const scale = relative * unit
  return {
    mean: center,
    scale,
    forward: (value) => (value - center) / scale,
    inverse: (value) => center + value * scale,
    slope: () => 1 / scale,
  }
}
