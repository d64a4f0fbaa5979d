import { type Candidate, candidateText } from './candidate.ts'

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
