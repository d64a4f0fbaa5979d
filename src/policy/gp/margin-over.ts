/** How far above the incumbent the threshold lies, in standard deviations of the observation noise … */
const MARGIN = 1
/** … where its variance is at least this part of the scores'. Below, it may be an objective without any. */
const NOTICEABLE_NOISE = 0.01

/**
 * What a candidate has to be better by. Nothing for a deterministic objective, whose last digits would drown in it.
 *
 * @param noise Variance of the observation noise of standardized scores.
 * @example
 * marginOver(0.25) // 0.5
 */
export function marginOver(noise: number): number {
  return MARGIN * Math.sqrt(noise) * Math.min(1, noise / NOTICEABLE_NOISE)
}
