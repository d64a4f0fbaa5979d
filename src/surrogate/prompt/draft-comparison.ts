import { candidateText, type PoolEntry } from '../../prompt/candidate.ts'
import { createDraftKernels } from './draft-kernels.ts'

/** Characters of compared texts after which what is kept of them is forgotten: a study may be asked about ever new ones. */
const MOST_CHARACTERS = 2e6

/** Compares prompts with the measured ones, each pair once: what is known of a prompt is kept as long as its entry lives. */
export interface DraftComparison {
  /** Names of the kernels, in order. */
  readonly names: readonly string[]
  /** Place of a measured prompt; a new one gets the next. */
  placeOf(measured: PoolEntry): number
  /** Correlations of a prompt with the measured ones at the first `length` places: place × kernels, row-major. */
  correlations(entry: PoolEntry, length: number): Float64Array
}

/**
 * @param basis As of `createDraftKernels`.
 * @example
 * const comparison = createDraftComparison(pool)
 * comparison.correlations(pool[1]!, comparison.placeOf(pool[0]!) + 1).length // one number per kernel
 */
export function createDraftComparison(basis: readonly PoolEntry[]): DraftComparison {
  let kernels = createDraftKernels(basis)
  let known = new WeakMap<PoolEntry, Float64Array>()
  let characters = 0
  const places = new Map<PoolEntry, number>()
  const measured: PoolEntry[] = []
  const { names } = kernels
  const count = names.length

  return {
    names,
    placeOf(entry) {
      const place = places.get(entry) ?? measured.push(entry) - 1
      places.set(entry, place)
      return place
    },
    correlations(entry, length) {
      const before = known.get(entry)
      const from = before ? before.length / count : 0
      if (before && from >= length) return before
      if (characters > MOST_CHARACTERS) {
        kernels = createDraftKernels(basis)
        known = new WeakMap()
        characters = 0
        return this.correlations(entry, length)
      }
      if (!before) characters += candidateText(entry.candidate).length
      const fresh = kernels.correlations(entry, measured.slice(from, length))
      const all = new Float64Array(length * count)
      if (before) all.set(before)
      for (let j = from; j < length; j++) {
        for (let k = 0; k < count; k++) all[j * count + k] = fresh[k * (length - from) + j - from]!
      }
      known.set(entry, all)
      return all
    },
  }
}
