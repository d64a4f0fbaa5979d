/**
 * Seeded randomness and low-discrepancy point sets.
 *
 * @module
 */
export { latinHypercube } from './latin-hypercube.ts'
export { createRandom, type Random, type RandomState, restoreRandom } from './random.ts'
export { createSobol, SOBOL_MAX_DIMENSIONS, type SobolOptions, type SobolSequence } from './sobol.ts'
