import type { PoolEntry } from '../prompt/candidate.ts'
import { type DistancesFrom, type View, viewDistances } from './view.ts'

/**
 * Squared Euclidean distances between the pool's sentence embeddings. A prompt without one, or with one of another length
 * than the pool's first, is at no known distance from the others: they keep theirs.
 */
export function embeddingView(): View {
  return {
    name: 'embedding',
    squaredDistances(pool) {
      const size = pool.length
      const length = lengthIn(pool)
      if (length === 0) return undefined
      const flat = new Float64Array(size * length).fill(Number.NaN)
      pool.forEach(({ embedding }, i) => {
        if (embedding?.length === length) flat.set(embedding, i * length)
      })
      const squared = new Float64Array(size * size)
      for (let i = 0; i < size; i++) {
        const a = i * length
        for (let j = 0; j < i; j++) {
          const b = j * length
          let sum = 0
          for (let k = 0; k < length; k++) {
            const difference = flat[a + k]! - flat[b + k]!
            sum += difference * difference
          }
          squared[i * size + j] = sum
          squared[j * size + i] = sum
        }
      }
      return viewDistances('embedding', size, squared)
    },
    distancesFrom(basis) {
      const length = lengthIn(basis)
      return vectorDistances(({ embedding }) => (embedding?.length === length ? embedding : undefined))
    },
  }
}

function lengthIn(pool: readonly PoolEntry[]): number {
  return pool.find(({ embedding }) => embedding !== undefined)?.embedding?.length ?? 0
}

/** Squared Euclidean distances between whatever vectors prompts have. */
export function vectorDistances(vectorOf: (entry: PoolEntry) => Float64Array | undefined): DistancesFrom {
  return (from, to) => {
    const own = vectorOf(from)
    return Float64Array.from(to, (entry) => {
      const other = vectorOf(entry)
      if (!own || other?.length !== own.length) return Number.NaN
      let sum = 0
      for (let k = 0; k < own.length; k++) {
        const difference = own[k]! - other[k]!
        sum += difference * difference
      }
      return sum
    })
  }
}
