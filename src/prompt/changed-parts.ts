import { type Candidate, candidateText } from './candidate.ts'

/** A part of a prompt that another one has otherwise. */
export interface ChangedPart {
  /** Its slot; absent where the prompts are one text each, and of parameters. */
  readonly name?: string
  /** Empty where there is none. */
  readonly before: string
  readonly after: string
}

/** A candidate, or what was reported of one: then its text beside its slots says nothing more. */
export interface PromptParts {
  readonly text?: string
  readonly slots?: Readonly<Record<string, string>>
  readonly parameters?: Readonly<Record<string, unknown>>
}

/**
 * Where two prompts differ. Slots are compared one by one: a word that left one stage and came into another did not stay.
 * Parameters come last, all in one.
 *
 * @example
 * changedParts({ slots: { a: 'Find it.', b: 'Say it.' } }, { slots: { a: 'Find it.', b: 'Tell it.' } }).map(({ name }) => name) // ['b']
 */
export function changedParts(before: PromptParts, after: PromptParts): ChangedPart[] {
  const parts = [...textParts(before, after), { before: stated(before), after: stated(after) }]
  return parts.filter((part) => part.before !== part.after)
}

function textParts(before: PromptParts, after: PromptParts): ChangedPart[] {
  const [old, now] = [before.slots, after.slots]
  const names = new Set([...Object.keys(now ?? {}), ...Object.keys(old ?? {})])
  if (!old || !now || names.size < 2) return [{ before: textOf(before), after: textOf(after) }]
  return [...names].map((name) => ({ name, before: old[name] ?? '', after: now[name] ?? '' }))
}

function textOf({ text, slots }: PromptParts): string {
  return text ?? candidateText({ id: '', slots } as Candidate)
}

function stated({ parameters = {} }: PromptParts): string {
  return Object.entries(parameters)
    .map(([name, value]) => `${name} = ${String(value)}`)
    .join('\n')
}
