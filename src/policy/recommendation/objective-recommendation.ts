import { knowledgeGradient } from '../../acquisition/knowledge-gradient.ts'
import type { Random } from '../../numerics/random/index.ts'
import type { Points } from '../../surrogate/points.ts'
import { INTERVAL_LEVEL, INTERVAL_QUANTILE, type Recommendation } from '../policy.ts'
import type { ObjectiveModel } from './objective-model.ts'

/** Joint samples, and how many of the best candidates take part in them. */
const SAMPLES = 400
const CONTENDERS = 150

/**
 * The measured candidate of highest posterior mean. Means are medians on the scale of the scores, where the model's own
 * scale is warped.
 *
 * @param measured - indices into the pool.
 */
export function recommendByMean(
  model: ObjectiveModel,
  pool: Points,
  measured: readonly number[],
  random: Random,
): Recommendation {
  const { process, transform } = model
  const posterior = process.posterior(pool)
  const best = measured.reduce((a, b) => (posterior.mean[b]! > posterior.mean[a]! ? b : a))
  const { mean, variance } = posterior
  const quantile = INTERVAL_QUANTILE
  const at = (index: number, z: number) => transform.inverse(mean[index]! + z * Math.sqrt(variance[index]!))

  // Contenders are chosen by what they might be, so that an unmeasured candidate counts against the winner.
  const contenders = Array.from({ length: pool.count }, (_, i) => i)
    .sort((i, j) => mean[j]! + 2 * Math.sqrt(variance[j]!) - mean[i]! - 2 * Math.sqrt(variance[i]!))
    .slice(0, CONTENDERS)
  if (!contenders.includes(best)) contenders.push(best)
  const { dimension } = pool
  const rows = new Float64Array(contenders.length * dimension)
  for (const [k, index] of contenders.entries()) {
    rows.set(pool.data.subarray(index * dimension, (index + 1) * dimension), k * dimension)
  }
  const joint = process.posterior({ count: contenders.length, dimension, data: rows })
  const samples = joint.sample(SAMPLES, random.normal)
  const place = contenders.indexOf(best)
  let wins = 0
  for (let s = 0; s < SAMPLES; s++) {
    const sample = samples.subarray(s * contenders.length, (s + 1) * contenders.length)
    if (sample.every((value) => value <= sample[place]!)) wins++
  }
  // 100 more measurements of one candidate, wherever they would help most.
  const gain = Math.max(...knowledgeGradient(joint, process.model.observationNoise / 100))
  const deviations = Float64Array.from({ length: pool.count }, (_, i) => (at(i, 1) - at(i, -1)) / 2)
  return {
    candidate: best,
    mean: at(best, 0),
    interval: [at(best, -quantile), at(best, quantile)],
    level: INTERVAL_LEVEL,
    probabilityBest: wins / SAMPLES,
    expectedGainOf100: Math.max(0, transform.inverse(mean[best]! + gain) - at(best, 0)),
    means: Float64Array.from({ length: pool.count }, (_, i) => at(i, 0)),
    standardDeviations: deviations,
  }
}
