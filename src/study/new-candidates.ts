import { checkInput } from '../check-input.ts'
import { InvalidArgumentError } from '../errors.ts'
import { type Candidate, candidateText, contentKey, withOrigin } from '../prompt/candidate.ts'
import { candidateSchema } from '../prompt/candidate-schema.ts'
import type { AskedToGenerateEvent } from './events.ts'
import type { StudyState } from './state.ts'

/** A candidate as a proposer makes it. */
export interface ProposedCandidate extends Omit<Candidate, 'id'> {
  /** @defaultValue made of the proposer's name and the action */
  readonly id?: string
  /** Unit-norm sentence embedding, where it is known already. */
  readonly embedding?: Float64Array
}

interface FreshCandidate {
  readonly candidate: Candidate
  readonly embedding?: Float64Array
}

/**
 * Which of a proposer's candidates are new, with ids and origins. One without parameters has those of its first parent, or
 * of the baseline.
 *
 * @throws InvalidArgumentError where something is no candidate.
 */
export function newCandidates(
  { candidates, config, indexByContent, indexById }: StudyState,
  { action, proposer, parents }: AskedToGenerateEvent,
  proposed: readonly ProposedCandidate[],
): { readonly fresh: readonly FreshCandidate[]; readonly duplicates: number; readonly empty: number } {
  const inherited = candidates[parents[0] ?? indexById.get(config.baseline ?? '') ?? -1]?.parameters
  const fresh: FreshCandidate[] = []
  const contents = new Set<string>()
  const ids = new Set<string>()
  let [duplicates, empty] = [0, 0]
  const freeId = (wanted: string) => {
    let id = wanted
    for (let number = 2; indexById.has(id) || ids.has(id); number++) id = `${wanted}-${number}`
    ids.add(id)
    return id
  }
  proposed.forEach((item, number) => {
    if (typeof item !== 'object' || item === null) {
      throw new InvalidArgumentError(`candidates[${number}] is ${String(item)}; expected { text } or { slots }`)
    }
    const { id = `${proposer}-${action}.${number + 1}`, embedding, ...content } = item
    checkInput<unknown>(candidateSchema, content, `candidates[${number}]`)
    const own = withOrigin({ ...content, id: String(id) })
    const written = inherited && !own.parameters ? { ...own, parameters: inherited } : own
    const key = contentKey(written)
    if (candidateText(own).trim() === '' && Object.keys(own.parameters ?? {}).length === 0) empty++
    else if (indexByContent.has(key) || contents.has(key)) duplicates++
    else {
      contents.add(key)
      const origin = { by: 'proposer', name: proposer, action, parents, ...written.origin } as const
      const candidate = { ...written, id: freeId(written.id), origin }
      fresh.push(embedding === undefined ? { candidate } : { candidate, embedding })
    }
  })
  return { fresh, duplicates, empty }
}
