import { LOG_SQRT_TWO_PI, logNormalMass } from '../../numerics/special/index.ts'

/** Log of the factor before exp(−z²/2) in the density of a normal that is kept inside [low, high]. */
export function logKernelScale(mean: number, width: number, low: number, high: number): number {
  return -Math.log(width) - LOG_SQRT_TWO_PI - logNormalMass((low - mean) / width, (high - mean) / width)
}
