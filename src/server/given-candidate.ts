/**
 * Candidates as a request gives them: a text, or an object whose keys may be missing.
 *
 * @module
 */
import { withoutUndefined } from '../check-input.ts'
import type { Candidate } from '../prompt/candidate.ts'
import { idsBeside } from '../study/growing.ts'
import { candidateAnswer } from './answers.ts'
import { candidateKey, type ServedStudy } from './served-studies.ts'

type GivenCandidate = string | { [Key in keyof Candidate]?: Candidate[Key] | undefined }

/** @param id Of a candidate that brings none. */
export function candidateOf(given: GivenCandidate, id: string): Candidate {
  if (typeof given === 'string') return { id, text: given }
  return { id, ...(withoutUndefined(given) as Omit<Candidate, 'id'>) }
}

/** A pool as it is given. What brings no id has the number of its place, or one that no other brings. */
export function poolOf(given: readonly GivenCandidate[]): Candidate[] {
  const freeId = idsBeside(new Map(), given)
  const idOf = (each: GivenCandidate) => (typeof each === 'string' ? undefined : each.id)
  return given.map((each, index) => candidateOf(each, idOf(each) ?? freeId(index + 1)))
}

/** A text that does not join the pool: what it is called says nothing. */
export function textOf(given: GivenCandidate): string | Omit<Candidate, 'id'> {
  if (typeof given === 'string') return given
  const { id: _, ...content } = candidateOf(given, '')
  return content
}

/** Puts candidates into the pool that it does not hold yet. */
export function addCandidates(served: ServedStudy, given: readonly GivenCandidate[]) {
  const { study } = served
  let added = 0
  const candidates = given.map((each) => {
    const { indexById, candidates } = study.state
    let number = candidates.length + 1
    while (indexById.has(String(number))) number++
    const candidate = {
      ...candidateOf(each, String(number)),
      ...(served.runner ? { origin: { by: 'hand' } as const } : {}),
    }
    // Of parameters alone, too: a request that is repeated adds nothing.
    const known = served.byKey.get(candidateKey(candidate))
    if (known !== undefined) return candidateAnswer(candidates[known]!, known)
    const [index] = study.add([candidate])
    added++
    return candidateAnswer(study.state.candidates[index!]!, index!)
  })
  return { candidates, added }
}
