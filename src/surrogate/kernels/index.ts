export { activeDimensions } from './active-dimensions.ts'
export { type HammingOptions, hamming } from './hamming.ts'
export type {
  Hyperparameter,
  HyperparameterRole,
  Kernel,
  KernelAtPoint,
  KernelDescription,
  KernelLinearization,
} from './kernel.ts'
export { type LinearOptions, linear } from './linear.ts'
export { matern12, matern32, matern52 } from './matern.ts'
export { normalized } from './normalized.ts'
export { product } from './product.ts'
export { radialBasis } from './radial-basis.ts'
export { rationalQuadratic } from './rational-quadratic.ts'
export { kernelDescriptionSchema, kernelFromDescription } from './restore.ts'
export { scale } from './scale.ts'
export type { StationaryOptions } from './stationary.ts'
export { sum } from './sum.ts'
