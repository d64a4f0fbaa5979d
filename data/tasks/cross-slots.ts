/**
 * Crosses hand-written texts into a pool of prompts. The texts stand in each task's `build-prompts.ts`; nothing here
 * writes any.
 *
 * @module
 */
import { writeFileSync } from 'node:fs'

/** A demonstration: what is shown as input, and the answer. */
export type Demonstration = readonly [input: string, answer: string]

export interface PoolRow {
  readonly id: string
  readonly slots: Readonly<Record<string, string>>
}

/**
 * Shows demonstrations in the format of a task's template.
 *
 * @example
 * showDemonstrations([['Lovely.', 'positive']], 'Review:', 'Sentiment:') // 'Review: Lovely.\nSentiment: positive'
 */
export function showDemonstrations(demonstrations: readonly Demonstration[], before: string, after: string): string {
  return demonstrations.map(([input, answer]) => `${before} ${input}\n${after} ${answer}`).join('\n')
}

/** Every pair of two named lists. */
export function cross<Left, Right>(
  left: Readonly<Record<string, Left>>,
  right: Readonly<Record<string, Right>>,
): readonly { readonly id: string; readonly left: Left; readonly right: Right }[] {
  return Object.entries(left).flatMap(([leftName, leftValue]) =>
    Object.entries(right).map(([rightName, rightValue]) => ({
      id: `${leftName}/${rightName}`,
      left: leftValue,
      right: rightValue,
    })),
  )
}

/** Writes a pool beside the script that calls it. */
export function writePool(rows: readonly PoolRow[], script: string, file = 'prompts.jsonl'): void {
  writeFileSync(new URL(file, script), `${rows.map((row) => JSON.stringify(row)).join('\n')}\n`)
}
