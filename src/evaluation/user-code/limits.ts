/** What one call of the user's code may take. */
export interface UserCodeLimits {
  /** Seconds per call. @defaultValue 300 for a program, 30 for a metric module, 120 for a scorer of a package */
  readonly timeout?: number
  /** Megabytes per process, of objects and of buffers. @defaultValue 1024 */
  readonly memory?: number
}

/** What one cell of a program may take. */
export interface ProgramLimits extends UserCodeLimits {
  /** Calls of `context.generate`; plans count so many. @defaultValue any number, planned as 1 */
  readonly calls?: number
}

/**
 * Limits as worker pools take them.
 *
 * @param seconds Where nothing else is said.
 * @example
 * poolLimits({ memory: 256 }, 30) // { timeout: 30000, memory: 256 }
 */
export function poolLimits(
  { timeout, memory }: UserCodeLimits,
  seconds: number,
): { readonly timeout: number; readonly memory?: number } {
  return { timeout: (timeout ?? seconds) * 1000, ...(memory === undefined ? {} : { memory }) }
}
