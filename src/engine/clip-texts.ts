import type { CallTrace } from '../history/trace.ts'

/** Characters of one text that a trace keeps: enough to see why an answer scored so, whatever a model wrote. */
const LONGEST = 20_000

/**
 * A text, or its beginning and its end where it is very long.
 *
 * @example
 * clip('short') // 'short'
 */
export function clip(text: string): string {
  if (text.length <= LONGEST) return text
  const half = LONGEST / 2
  return `${text.slice(0, half)}\n[… ${text.length - LONGEST} characters left out …]\n${text.slice(-half)}`
}

export function clipCall({ system, prompt, text, ...call }: CallTrace): CallTrace {
  return {
    ...call,
    ...(system === undefined ? {} : { system: clip(system) }),
    prompt: clip(prompt),
    ...(text === undefined ? {} : { text: clip(text) }),
  }
}
