export interface Limits {
  /** Bytes of a body. @defaultValue 16 MiB */
  readonly bodyBytes?: number
  /** Requests being answered at once; more are turned away with 503. @defaultValue 256 */
  readonly concurrency?: number
  /** Requests per second over all clients, in the mean; more are turned away with 429. @defaultValue 2000 */
  readonly requestsPerSecond?: number
}

/**
 * What a server accepts unless told otherwise.
 *
 * @example
 * DEFAULT_LIMITS.concurrency // 256
 */
export const DEFAULT_LIMITS: Required<Limits> = { bodyBytes: 16 * 2 ** 20, concurrency: 256, requestsPerSecond: 2000 }
