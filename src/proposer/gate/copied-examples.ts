/**
 * Finds search examples that a text copies: a prompt that holds a question or its answer is no better on others.
 *
 * @module
 */
import type { Example } from '../../prompt/example.ts'
import { showValue } from '../../prompt/template.ts'
import { runsOf, wordsOf } from './words.ts'

/** So many words in a row are no coincidence. */
const RUN = 7
/** An input or answer shorter than that says too little to be recognized. */
const SHORTEST = 4

export interface CopyDetector {
  /**
   * Positions of the examples whose input or answer the text copies.
   *
   * @param shown - Positions of examples that the text shows on purpose. What others have in common with them is theirs.
   */
  find(text: string, shown?: readonly number[]): number[]
}

/**
 * Reads the examples once.
 *
 * @param allowed Texts that every prompt may use: labels, the baseline, the description.
 * @example
 * createCopyDetector([example]).find('Label it as bug.') // []
 */
export function createCopyDetector(examples: readonly Example[], allowed: readonly string[] = []): CopyDetector {
  const known = ` ${allowed.map((text) => wordsOf(text).join(' ')).join(' | ')} `
  const owners = new Map<string, number[]>()
  examples.forEach((example, position) => {
    const texts = [
      example.input,
      ...Object.values(example.fields),
      ...(example.expected === undefined ? [] : [example.expected]),
    ]
    for (const text of texts) {
      const words = wordsOf(showValue(text))
      if (words.length < SHORTEST) continue
      for (const run of runsOf(words, Math.min(RUN, words.length))) {
        if (known.includes(` ${run} `)) continue
        const positions = owners.get(run)
        if (!positions) owners.set(run, [position])
        else if (positions.at(-1) !== position) positions.push(position)
      }
    }
  })
  // What many examples share is how the task is put, not an example.
  const most = Math.max(2, Math.ceil(examples.length / 5))
  for (const [run, positions] of owners) if (positions.length > most) owners.delete(run)
  const lengths = [...new Set([...owners.keys()].map((run) => run.split(' ').length))]
  return {
    find(text, shown = []) {
      const words = wordsOf(text)
      const found = new Set<number>()
      for (const length of lengths) {
        for (const run of runsOf(words, length)) {
          const positions = owners.get(run) ?? []
          if (!positions.some((position) => shown.includes(position))) for (const each of positions) found.add(each)
        }
      }
      return [...found].sort((a, b) => a - b)
    },
  }
}
