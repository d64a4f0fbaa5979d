/**
 * Neural surrogates, trained by TensorFlow.js (an optional dependency).
 *
 * @module
 */
import '../../node-version.ts'

export { type DeepKernel, type DeepKernelOptions, fitDeepKernel } from './deep-kernel.ts'
export { applyNetwork, createNetwork, type Network } from './network.ts'
export { fitScoreEnsemble, type ScoreEnsemble, type ScoreEnsembleOptions } from './score-ensemble.ts'
export type { TensorFlow } from './tensor.ts'
export { loadTensorFlow, type TensorFlowRuntime } from './tensor-flow.ts'
