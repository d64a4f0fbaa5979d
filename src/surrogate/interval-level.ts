import { normalQuantile } from '../numerics/special/normal-quantile.ts'

/**
 * Of every interval that people are shown, so that no two beside each other mean different things.
 *
 * @example
 * INTERVAL_LEVEL // 0.95
 */
export const INTERVAL_LEVEL = 0.95

/**
 * Standard deviations from the mean of a normal to either end of its interval of {@link INTERVAL_LEVEL}.
 *
 * @example
 * INTERVAL_QUANTILE // ≈ 1.95996
 */
export const INTERVAL_QUANTILE = normalQuantile(0.5 + INTERVAL_LEVEL / 2)
