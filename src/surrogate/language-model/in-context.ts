/**
 * What a language model is asked when it predicts a prompt's score from those of others (in-context regression, after
 * LLAMBO: Liu et al. 2024).
 *
 * @module
 */

import { withoutReasoning } from '../../text/reasoning.ts'

/** A prompt that was measured. */
export interface MeasuredText {
  readonly text: string
  /** Mean score in [0, 1]. */
  readonly mean: number
  /** Examples that is over. */
  readonly count: number
}

/** Characters that are shown of a prompt: beginning and end. */
const SHOWN = 400
/** Measured prompts that are shown. */
const MOST_SHOWN = 24

/**
 * Asks for the share of right answers, in percent, of one prompt. The measured ones stand in ascending order of score;
 * where there are many, those nearest the middle are left out.
 *
 * @example
 * scoreQuestion([{ text: 'Label it.', mean: 0.25, count: 8 }], 'Name the label.').startsWith('Prompts for one task') // true
 */
export function scoreQuestion(measured: readonly MeasuredText[], text: string): string {
  const ascending = [...measured].sort((a, b) => a.mean - b.mean || (a.text < b.text ? -1 : 1))
  const half = MOST_SHOWN / 2
  const shown = ascending.length > MOST_SHOWN ? [...ascending.slice(0, half), ...ascending.slice(-half)] : ascending
  const lines = shown.map(
    ({ text, mean, count }) => `Prompt: ${quoted(text)}\nRight: ${Math.round(100 * mean)}% of ${count} examples\n`,
  )
  return [
    'Prompts for one task were measured on examples. Predict the share of right answers of the last one.\n',
    ...lines,
    `Prompt: ${quoted(text)}\nRight, in percent (a number only):`,
  ].join('\n')
}

/**
 * The predicted score in [0, 1]; undefined where the answer holds no percentage.
 *
 * @example
 * readScore(' 62.5% of them') // 0.625
 */
export function readScore(answer: string): number | undefined {
  const found = /-?(?:\d+(?:[.,]\d+)?|\.\d+)/.exec(withoutReasoning(answer))
  if (!found) return undefined
  const percent = Number(found[0].replace(',', '.'))
  return percent >= 0 && percent <= 100 ? percent / 100 : undefined
}

function quoted(text: string): string {
  const line = text.trim().replace(/\s+/g, ' ')
  return JSON.stringify(line.length > SHOWN ? `${line.slice(0, SHOWN / 2)} … ${line.slice(-SHOWN / 2)}` : line)
}
