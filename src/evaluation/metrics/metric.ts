import type { Example } from '../../space/example.ts'

/** From a model's answer to a score in [0, 1]; larger is better. */
export interface Metric {
  readonly name: string
  /**
   * @throws any error when the answer cannot be scored for a reason of our own; the cell is then missing. An answer that
   * is merely wrong or unreadable scores 0.
   */
  score(output: string, example: Example): number | Promise<number>
  /** Whether nothing that may follow can change the score: lets local models stop early. */
  isDecided?(textSoFar: string): boolean
}
