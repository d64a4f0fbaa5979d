/**
 * Conformance suites: what an implementation of one of Krige's interfaces owes, a user's as well as ours.
 *
 * @module
 */
import '../node-version.ts'

export { type AcquisitionConformanceOptions, acquisitionConformance } from './acquisition-conformance.ts'
export { type ConformanceCheck, ConformanceError } from './conformance.ts'
export { embedderConformance } from './embedder-conformance.ts'
export { type EvaluatorConformanceOptions, evaluatorConformance } from './evaluator-conformance.ts'
export { type KernelConformanceOptions, kernelConformance } from './kernel-conformance.ts'
export { type LinalgConformanceOptions, linalgConformance } from './linalg-conformance.ts'
export { type MetricConformanceOptions, metricConformance } from './metric-conformance.ts'
export { type PromptPolicyConformanceOptions, promptPolicyConformance } from './prompt-policy-conformance.ts'
export { proposerConformance } from './proposer-conformance.ts'
export { type SamplerConformanceOptions, samplerConformance } from './sampler-conformance.ts'
export { storeConformance } from './store-conformance.ts'
export {
  differentiableSurrogateConformance,
  type SurrogateConformanceOptions,
  surrogateConformance,
} from './surrogate-conformance.ts'
