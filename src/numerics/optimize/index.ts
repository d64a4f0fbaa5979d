/**
 * Minimizers: with gradients inside a box, without gradients, and from many starts. Pure and deterministic.
 *
 * @module
 */
export { DEFAULT_LBFGSB_OPTIONS, type LbfgsbOptions, type LbfgsbResult, minimizeLbfgsb } from './lbfgsb.ts'
export { type LineSearchOptions, type LineSearchResult, moreThuente } from './more-thuente.ts'
export { type MultiStartOptions, type MultiStartResult, minimizeMultiStart } from './multi-start.ts'
export { minimizeNelderMead, type NelderMeadOptions } from './nelder-mead.ts'
export type { Bounds, DifferentiableObjective, Objective, OptimizeResult, StopReason } from './objective.ts'
