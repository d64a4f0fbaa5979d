import { type View, viewDistances } from './view.ts'

/**
 * Squared Euclidean distances between the pool's sentence embeddings. Absent as soon as one prompt has none, or when
 * lengths differ: half a view would compare prompts by whether they were embedded.
 */
export function embeddingView(): View {
  return {
    name: 'embedding',
    squaredDistances(pool) {
      const size = pool.length
      const length = pool[0]?.embedding?.length ?? 0
      if (length === 0) return undefined
      const flat = new Float64Array(size * length)
      for (let i = 0; i < size; i++) {
        const embedding = pool[i]!.embedding
        if (embedding?.length !== length) return undefined
        flat.set(embedding, i * length)
      }
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
  }
}
