/**
 * Of every interval that people are shown, so that no two beside each other mean different things.
 *
 * @example
 * INTERVAL_LEVEL // 0.95
 */
export const INTERVAL_LEVEL = 0.95
