import { splitTurns } from '../prompt/turns.ts'
import { surfaceCountNames, surfaceCounts } from './surface-counts.ts'

const words = {
  demonstrations: /^[\p{L} ]{1,20}:/gmu,
  'format orders':
    /\b(?:only|exactly|must|format|nothing else|single word|one word|strictly|ensure|respond with|answer with)\b/giu,
  'reasoning cues': /\b(?:step by step|steps?|think|reason(?:ing)?|explain|carefully|analy[sz]e|consider)\b/giu,
  'role cues': /\b(?:you are|act as|as an? (?:expert|assistant)|your (?:task|role|job))\b/giu,
  prohibitions: /\b(?:not|never|don't|avoid|without)\b/giu,
} as const

/** What each entry of {@link promptTraits} is, in order. The words that cues are counted by are English. */
export const promptTraitNames: readonly string[] = [...surfaceCountNames, ...Object.keys(words)]

/**
 * What of a prompt can be compared across tasks: the {@link surfaceCounts}, demonstrations, and cues that prompts of any task
 * may have. Counts are logarithmic, ln(1 + n).
 *
 * Demonstrations are counted by the label that starts most lines, such as `Answer:`; one line of a kind is none. So are turns of a
 * conversation.
 *
 * @returns one number for each of {@link promptTraitNames}
 * @example
 * promptTraits('Answer with one word only.\nQ: 1+1?\nA: 2\nQ: 2+2?\nA: 4').at(-5) // ≈ 1.099: log of 1 + two demonstrations
 */
export function promptTraits(text: string): number[] {
  const labels = new Map<string, number>()
  for (const [label] of text.matchAll(words.demonstrations)) labels.set(label, (labels.get(label) ?? 0) + 1)
  const most = Math.max(splitTurns(text).turns.length, ...labels.values())
  const { demonstrations: _, ...cues } = words
  return [
    ...surfaceCounts(text),
    Math.log1p(most > 1 ? most : 0),
    ...Object.values(cues).map((cue) => Math.log1p(text.match(cue)?.length ?? 0)),
  ]
}
