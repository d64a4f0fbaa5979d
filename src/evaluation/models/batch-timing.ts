/** In milliseconds. */
export interface BatchTiming {
  /** A batch that is not full is sent when nothing was added for so long. @defaultValue 500 */
  readonly linger?: number
  /** Until it is first asked whether a batch is done; half as much again each time, up to a minute. @defaultValue 1000 */
  readonly firstPoll?: number
}
