import type { PoolEntry } from '../prompt/candidate.ts'

/** What is expected of the score of a text, in the units and the direction of the scores told. */
export interface TextPosterior {
  readonly text: string
  /** Its place in the texts that were given. */
  readonly index: number
  readonly mean: number
  readonly standardDeviation: number
  /** Index of the candidate of the pool that reads the same. */
  readonly candidate?: number
  /** Cells of it that were measured; 0 where the text alone speaks. */
  readonly measured: number
}

/** A text and how much trying it is worth. */
export interface TextProspect extends TextPosterior {
  /** By how much it is expected to be better than the best measured candidate, worse counted as 0; in units of the scores. */
  readonly expectedImprovement: number
}

/** A text as it is judged: where the pool has it, with its index there. */
export interface ReadText {
  readonly entry: PoolEntry
  readonly candidate: number | undefined
}

export interface Judged {
  readonly texts: readonly { readonly posterior: TextPosterior; readonly mean: number; readonly own: number }[]
  readonly incumbent: number
  /** From the unit of means, deviations and incumbent to the scores' own. */
  ownUnits(value: number): number
}

/** What is expected of texts; `undefined` before anything was scored. */
export type Judge = (read: readonly ReadText[]) => Judged | undefined
