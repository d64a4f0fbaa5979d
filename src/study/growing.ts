/**
 * How the pool of a study grows.
 *
 * @module
 */
import { checkInput, showValue } from '../check-input.ts'
import { InvalidArgumentError } from '../errors.ts'
import { type Candidate, candidateText, contentKey, isBlank, type PoolEntry } from '../prompt/candidate.ts'
import { candidateSchema } from '../prompt/candidate-schema.ts'
import type { StudySearch } from './audiences.ts'
import { EVENT_VERSION } from './events.ts'
import { newCandidates } from './new-candidates.ts'
import type { StudyParts } from './study-parts.ts'

export interface Growing extends Pick<StudySearch, 'add' | 'tellCandidates'> {
  /** Adds one whether or not the pool has it: a policy may try a prompt again under another id. */
  join(candidate: Candidate): number
}

export function createGrowing({ state, pool, entryOf, joining, emit }: StudyParts): Growing {
  const { ledger } = state
  const hasBegun = () => state.lastAction > 0 || state.observations.length > 0
  /** A surrogate takes what it computes once for a pool from the prompts that were there when the study began. */
  const cameLater = (candidate: Candidate): Candidate =>
    hasBegun() && candidate.origin === undefined ? { ...candidate, origin: { by: 'hand' } } : candidate

  const append = (entries: readonly PoolEntry[]) => {
    if (entries.length === 0) return
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
      if (!isPrompt(candidate) && candidate.parameters === undefined) {
        throw new InvalidArgumentError(
          `candidate ${JSON.stringify(candidate.id)} has no text, slots or parameters; expected one of them`,
        )
      }
      ids.add(candidate.id)
    }
    joining(entries)
    emit({ v: EVENT_VERSION, type: 'candidates', candidates: entries.map((entry) => entry.candidate) })
    pool.push(...entries)
  }

  /** Where the pool has this very prompt. Space around it makes another one: a model is shown it. */
  const placeOf = (candidate: Candidate): number | undefined => {
    const place = state.indexByContent.get(contentKey(candidate)) ?? -1
    return state.candidates[place] && exactKey(state.candidates[place]) === exactKey(candidate) ? place : undefined
  }

  return {
    join(candidate) {
      append([entryOf(cameLater(readEntry(candidate).candidate))])
      return pool.length - 1
    },
    add(candidates) {
      if (!Array.isArray(candidates)) {
        throw new InvalidArgumentError(`candidates is ${showValue(candidates)}; expected a list`)
      }
      const freeId = idsBeside(state.indexById, candidates)
      const fresh: PoolEntry[] = []
      const beside = new Map<string, number>()
      const placed = candidates.map((item) => {
        const next = pool.length + fresh.length
        const { candidate, embedding } = readEntry(item)
        if (isPrompt(candidate)) {
          const key = exactKey(candidate)
          const known = placeOf(candidate) ?? beside.get(key)
          if (known !== undefined) return known
          beside.set(key, next)
        }
        const named = typeof item === 'string' ? { ...candidate, id: freeId(next + 1) } : candidate
        fresh.push(entryOf(cameLater(named), embedding))
        return next
      })
      append(fresh)
      return placed
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

function readEntry(item: unknown): PoolEntry {
  if (typeof item === 'string') return { candidate: { id: '', text: item } }
  if (typeof item !== 'object' || item === null) {
    throw new InvalidArgumentError(`candidate is ${showValue(item)}; expected a text, or { id, text }`)
  }
  const entry = ('candidate' in item ? item : { candidate: item }) as PoolEntry
  const { candidate } = entry
  if (typeof candidate.id !== 'string') {
    throw new InvalidArgumentError(`candidate is ${showValue(candidate)}; expected a text, or { id, text }`)
  }
  checkInput<unknown>(candidateSchema, candidate, `candidate ${JSON.stringify(candidate.id)}`)
  return entry
}

/** One of parameters alone may be tried again under another id. */
const isPrompt = ({ text, slots }: Candidate) => text !== undefined || slots !== undefined

const exactKey = (candidate: Candidate) =>
  JSON.stringify([contentKey(candidate), candidateText(candidate), candidate.slots ?? null])

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
