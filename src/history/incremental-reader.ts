/** What reads a log that only grows. */
export interface Incremental<Log> {
  /** Takes in what is new: the entry at an index. */
  add(log: Log, index: number): void
  /** Another log has come: nothing that was read before stands. */
  forget(): void
  /** What makes two logs the same one. @defaultValue the object itself */
  identity?(log: Log): unknown
}

/**
 * Reads of a growing log only what is new, and all of it where it is another log than last time, or a shorter one.
 *
 * @returns Catches up with a log; says whether what was read before still stands.
 * @example
 * let sum = 0
 * const read = incrementalReader<readonly number[]>({
 *   add(log, index) {
 *     sum += log[index]!
 *   },
 *   forget() {
 *     sum = 0
 *   },
 * })
 * const log = [1, 2]
 * read(log) // false
 * log.push(3)
 * read(log) // true
 * sum // 6
 */
export function incrementalReader<Log extends { readonly length: number }>({
  add,
  forget,
  identity = (log) => log,
}: Incremental<Log>): (log: Log) => boolean {
  let known: unknown
  let length = 0
  return (log) => {
    const continued = identity(log) === known && log.length >= length
    if (!continued && length > 0) {
      forget()
      length = 0
    }
    known = identity(log)
    for (; length < log.length; length++) add(log, length)
    return continued
  }
}
