/**
 * How the pool of a study grows.
 *
 * @module
 */
import { checkInput, showValue } from '../check-input.ts'
import { InvalidArgumentError } from '../errors.ts'
import { type Candidate, isBlank } from '../prompt/candidate.ts'
import { candidateSchema } from '../prompt/candidate-schema.ts'
import type { StudySearch } from './audiences.ts'
import { EVENT_VERSION } from './events.ts'
import { newCandidates } from './new-candidates.ts'
import type { StudyParts } from './study-parts.ts'

export type Growing = Pick<StudySearch, 'add' | 'tellCandidates'>

export function createGrowing({ state, pool, entryOf, joining, emit }: StudyParts): Growing {
  const { ledger } = state
  const hasBegun = () => state.lastAction > 0 || state.observations.length > 0
  /** A surrogate takes what it computes once for a pool from the prompts that were there when the study began. */
  const cameLater = (candidate: Candidate): Candidate =>
    hasBegun() && candidate.origin === undefined ? { ...candidate, origin: { by: 'hand' } } : candidate

  return {
    add(candidates) {
      if (!Array.isArray(candidates)) {
        throw new InvalidArgumentError(`candidates is ${showValue(candidates)}; expected a list`)
      }
      const freeId = idsBeside(state.indexById, candidates)
      const entries = candidates.map((item, offset) => {
        if (typeof item === 'string') return entryOf(cameLater({ id: freeId(pool.length + offset + 1), text: item }))
        if (typeof item !== 'object' || item === null) {
          throw new InvalidArgumentError(`candidate is ${showValue(item)}; expected a text, or { id, text }`)
        }
        const { candidate, embedding } = 'candidate' in item ? item : { candidate: item, embedding: undefined }
        if (typeof candidate.id !== 'string') {
          throw new InvalidArgumentError(`candidate is ${showValue(candidate)}; expected a text, or { id, text }`)
        }
        checkInput<unknown>(candidateSchema, candidate, `candidate ${JSON.stringify(candidate.id)}`)
        return entryOf(cameLater(candidate), embedding)
      })
      if (entries.length === 0) return []
      const ids = new Set<string>()
      for (const { candidate } of entries) {
        if (isBlank(candidate)) {
          throw new InvalidArgumentError(`candidate ${JSON.stringify(candidate.id)} is empty; expected a text`)
        }
        if (state.indexById.has(candidate.id) || ids.has(candidate.id)) {
          throw new InvalidArgumentError(
            `candidate id ${JSON.stringify(candidate.id)} is in the pool already; expected a new id`,
          )
        }
        ids.add(candidate.id)
      }
      const first = pool.length
      joining(entries)
      emit({ v: EVENT_VERSION, type: 'candidates', candidates: entries.map((entry) => entry.candidate) })
      pool.push(...entries)
      return entries.map((_, offset) => first + offset)
    },
    tellCandidates(id, proposed, { rejected = {}, error } = {}) {
      const action = state.actions.get(id)
      if (action?.kind !== 'generate') {
        throw new InvalidArgumentError(`action ${id} does not wait for candidates`)
      }
      const { fresh, duplicates, empty } = newCandidates(state, action.asked, proposed)
      const first = pool.length
      const entries = joining(fresh.map(({ candidate, embedding }) => entryOf(candidate, embedding)))
      if (fresh.length > 0) {
        emit({ v: EVENT_VERSION, type: 'candidates', action: id, candidates: fresh.map(({ candidate }) => candidate) })
        pool.push(...entries)
      }
      const added = fresh.map((_, offset) => first + offset)
      const refused = empty === 0 ? rejected : { ...rejected, empty: (rejected['empty'] ?? 0) + empty }
      const calls = ledger.byGeneration.get(id)?.calls ?? 0
      emit({
        v: EVENT_VERSION,
        type: 'generated',
        action: id,
        added,
        ...(duplicates === 0 ? {} : { duplicates }),
        ...(Object.keys(refused).length === 0 ? {} : { rejected: refused }),
        ...(calls === 0 ? {} : { calls }),
        ...(error === undefined ? {} : { error }),
      })
      return added
    },
  }
}

/** Ids of what is given without one, by the number of its place: none that the pool has, nor one given beside it. */
export function idsBeside(known: ReadonlyMap<string, number>, given: readonly unknown[]): (place: number) => string {
  const idOf = (item: unknown) => {
    if (typeof item !== 'object' || item === null) return undefined
    const { candidate = item } = item as { readonly candidate?: unknown }
    return (candidate as { readonly id?: unknown } | null)?.id
  }
  const taken = new Set(given.map(idOf))
  return (place) => {
    let id = String(place)
    for (let number = 2; known.has(id) || taken.has(id); number++) id = `${place}-${number}`
    taken.add(id)
    return id
  }
}
