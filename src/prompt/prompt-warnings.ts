import { type Candidate, candidateText } from './candidate.ts'
import { hasBrokenTurns } from './turns.ts'

/**
 * Of the texts that every written prompt is to keep, one that no prompt has: of all that is written hardly any will do.
 *
 * @example
 * lostWarnings(['ACME'], [{ id: '1', text: 'Label it.' }]).length // 1
 */
export function lostWarnings(preserve: readonly string[] = [], pool: readonly Candidate[]): string[] {
  const lost = preserve.find((kept) => !pool.some((one) => candidateText(one).includes(kept)))
  if (lost === undefined) return []
  return [`preserve: no prompt has ${JSON.stringify(lost)}, and of those that are written only what has it is taken`]
}

/**
 * Of prompts that seem to end with turns of a conversation, the first whose turns are text for any model.
 *
 * @example
 * turnWarnings([{ id: '1', text: 'Conversation:\n<user>\nHi\n</user>' }]).length // 1
 */
export function turnWarnings(pool: readonly Candidate[]): string[] {
  const broken = pool.filter(({ text = '', slots = {} }) => [text, ...Object.values(slots)].some(hasBrokenTurns))
  const [first, ...others] = broken
  if (!first) return []
  const more = others.length === 0 ? '' : ` (and ${others.length} more)`
  return [
    `prompt ${first.id}${more}: what follows "Conversation:" is sent as text, not as messages; these need <user>, </user>, <assistant> and </assistant> on lines of their own, an empty line before "Conversation:", and nothing behind`,
  ]
}
