/**
 * Asks a language model for the scores of prompts it is shown no score of.
 *
 * @module
 */
import { InvalidArgumentError } from '../errors.ts'
import { type MeasuredText, readScore, scoreQuestion } from '../surrogate/language-model/in-context.ts'
import type { TextModel } from './text-model.ts'

export interface GuessOptions {
  /** Answers asked for per prompt; a single one is the greedy one. @defaultValue 3 */
  readonly samples?: number
  readonly seed?: number
  readonly signal?: AbortSignal
  /**
   * Called before every call: false ends the asking, so that a budget holds. @defaultValue every call is allowed
   */
  readonly mayAsk?: () => boolean
}

export interface Guess {
  /** Mean over the answers that could be read, in [0, 1]; undefined where none could. */
  readonly mean: number | undefined
  /** Standard deviation over them; 0 for a single one. */
  readonly spread: number
  /** Calls that were made. */
  readonly calls: number
}

const TEMPERATURE = 0.8
const MOST_TOKENS = 6

/**
 * Guesses every text from the measured ones; a text that is among them is guessed without its own score. Failed calls and
 * answers without a number are missing, not zero.
 *
 * @throws InvalidArgumentError for an impossible number of samples; what the signal aborts with.
 * @example
 * const [guess] = await guessScores(model, [{ text: 'Label it.', mean: 0.25, count: 8 }], ['Name the label.'], { samples: 1 })
 * guess!.calls // 1
 */
export async function guessScores(
  model: TextModel,
  measured: readonly MeasuredText[],
  texts: readonly string[],
  { samples = 3, seed = 1, signal, mayAsk = () => true }: GuessOptions = {},
): Promise<Guess[]> {
  if (!(Number.isInteger(samples) && samples >= 1)) {
    throw new InvalidArgumentError(`samples is ${samples}; expected a whole number of at least 1`)
  }
  const guesses: Guess[] = []
  for (const text of texts) {
    const prompt = scoreQuestion(
      measured.filter((other) => other.text !== text),
      text,
    )
    const read: number[] = []
    let calls = 0
    for (let sample = 0; sample < samples && mayAsk(); sample++) {
      signal?.throwIfAborted()
      calls++
      const answer = await model.generate({
        prompt,
        sampling: {
          temperature: samples === 1 ? 0 : TEMPERATURE,
          maxOutputTokens: MOST_TOKENS,
          stop: ['\n'],
          seed: seed + sample,
        },
        ...(signal ? { signal } : {}),
      })
      const score = answer.kind === 'text' ? readScore(answer.text) : undefined
      if (score !== undefined) read.push(score)
    }
    const mean = read.length > 0 ? read.reduce((sum, score) => sum + score, 0) / read.length : undefined
    const variance =
      mean === undefined ? 0 : read.reduce((sum, score) => sum + (score - mean) ** 2, 0) / Math.max(1, read.length - 1)
    guesses.push({ mean, spread: Math.sqrt(variance), calls })
  }
  return guesses
}
