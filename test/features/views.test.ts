import { describe, expect, it } from 'vitest'
import { embeddingView } from '../../src/features/embedding-view.ts'
import { surfaceCountNames, surfaceCounts } from '../../src/features/surface-counts.ts'
import { tfIdfSquaredDistances } from '../../src/features/tf-idf-distances.ts'
import { characterNGrams, wordNGrams } from '../../src/features/tokens.ts'
import { viewFactories, viewNames } from '../../src/features/views.ts'
import type { PoolEntry } from '../../src/prompt/candidate.ts'

const texts = [
  'Classify the ticket.',
  'Classify this ticket: {input}\nLabel:',
  'Q: {input}\nA:',
  'You are an expert. Decide which label fits the ticket below.\n\n1. Read it.\n2. Answer.\n\n{input}',
  'Classify the ticket.',
]
const pool: PoolEntry[] = texts.map((text, i) => ({
  candidate: {
    id: String(i),
    text,
    slots: { instruction: text, demonstrations: String(i % 2) },
    parameters: { temperature: i / 4 },
  },
  embedding: Float64Array.from([Math.cos(i), Math.sin(i)]),
}))

describe('tokens', () => {
  it('counts runs of characters and words', () => {
    expect([...characterNGrams('aB', 1, 2)]).toEqual([
      ['a', 1],
      ['b', 1],
      ['ab', 1],
    ])
    expect(wordNGrams("Label it, don't label", 1, 2)).toEqual(
      new Map([
        ['label', 2],
        ['it', 1],
        ["don't", 1],
        ['label it', 1],
        ["it don't", 1],
        ["don't label", 1],
      ]),
    )
  })
})

describe('tfIdfSquaredDistances', () => {
  it('agrees with the definition', () => {
    const counts = ['a b b', 'b c', 'd'].map((text) => wordNGrams(text, 1, 1))
    const idf = (df: number) => Math.log(4 / (1 + df)) + 1
    const first = [idf(1), (1 + Math.log(2)) * idf(2)]
    const second = [idf(2), idf(1)]
    const cosine = (first[1]! * second[0]!) / (Math.hypot(...first) * Math.hypot(...second))
    const squared = tfIdfSquaredDistances(counts)
    expect(squared[1]).toBeCloseTo(2 - 2 * cosine, 12)
    expect(squared[2]).toBeCloseTo(2, 12)
  })

  it('puts empty texts apart from others and together', () => {
    const squared = tfIdfSquaredDistances(['', 'a', ''].map((text) => wordNGrams(text, 1, 1)))
    expect([squared[1], squared[2], squared[5]]).toEqual([2, 0, 2])
  })
})

describe.each(viewNames)('view %s', (name) => {
  const distances = viewFactories[name]().squaredDistances(pool)!

  it('gives a symmetric matrix of squared distances with a zero diagonal', () => {
    expect(distances.view).toBe(name)
    expect(distances.size).toBe(pool.length)
    for (let i = 0; i < pool.length; i++) {
      expect(distances.squared[i * pool.length + i]).toBe(0)
      for (let j = 0; j < pool.length; j++) {
        expect(distances.squared[i * pool.length + j]).toBeGreaterThanOrEqual(0)
        expect(distances.squared[i * pool.length + j]).toBe(distances.squared[j * pool.length + i])
      }
    }
  })

  it('is a pure function of the pool, whatever it saw before', () => {
    const view = viewFactories[name]()
    view.squaredDistances(pool.slice(0, 3))
    expect(view.squaredDistances(pool)?.squared).toEqual(distances.squared)
  })

  it('is absent where it tells no prompts apart', () => {
    const same = { candidate: { id: 'x', text: 'same' }, embedding: Float64Array.of(1, 0) }
    expect(viewFactories[name]().squaredDistances([same, same, same])).toBeUndefined()
  })
})

describe('views of text', () => {
  it('see equal texts as equal', () => {
    for (const name of ['characters', 'words', 'surface'] as const) {
      expect(viewFactories[name]().squaredDistances(pool)!.squared[4]).toBeCloseTo(0, 12)
    }
  })

  it('place a paraphrase nearer than another prompt', () => {
    const { squared } = viewFactories.characters().squaredDistances(pool)!
    expect(squared[1]!).toBeLessThan(squared[2]!)
  })
})

describe('embeddingView', () => {
  it('masks a prompt without an embedding, or with one of another length, and keeps the distances of the others', () => {
    const { squared } = embeddingView().squaredDistances(pool)!
    const size = pool.length + 1
    const longer = { candidate: { id: 'n', text: 'new' }, embedding: Float64Array.of(1, 0, 0) }
    for (const other of [{ candidate: { id: 'n', text: 'new' } }, longer]) {
      const masked = embeddingView().squaredDistances([...pool, other])!
      for (let i = 0; i < pool.length; i++) {
        expect(masked.squared[i * size + pool.length]).toBeNaN()
        for (let j = 0; j < pool.length; j++) expect(masked.squared[i * size + j]).toBe(squared[i * pool.length + j])
      }
      expect(masked.squared[size * size - 1]).toBe(0)
    }
    expect(embeddingView().squaredDistances(pool.map(({ candidate }) => ({ candidate })))).toBeUndefined()
  })
})

describe.each(viewNames)('distances of %s to a basis', (name) => {
  it('are those between prompts of the basis, and the same for a copy that came later', () => {
    const view = viewFactories[name]()
    const { squared } = view.squaredDistances(pool)!
    const from = view.distancesFrom(pool)
    pool.forEach((entry, i) => {
      const row = from({ ...entry, candidate: { ...entry.candidate } }, pool)
      row.forEach((value, j) => {
        expect(value).toBeCloseTo(squared[i * pool.length + j]!, 9)
      })
    })
  })
})

describe('surfaceCounts', () => {
  it('has one finite number for each name, for any text', () => {
    for (const text of [...texts, '', '{input}', '\n\n', '¿Qué?', 'x'.repeat(5000)]) {
      const counts = surfaceCounts(text)
      expect(counts).toHaveLength(surfaceCountNames.length)
      expect(counts.every(Number.isFinite)).toBe(true)
    }
  })

  it('sees how a prompt ends and where its placeholder stands', () => {
    const at = (text: string, name: (typeof surfaceCountNames)[number]) =>
      surfaceCounts(text)[surfaceCountNames.indexOf(name)]
    expect(at('Q: {input}\nA:', 'ends with an answer label')).toBe(1)
    expect(at('Q: {input}', 'ends with a placeholder')).toBe(1)
    expect(at('{input} is it?', 'where the first placeholder stands')).toBe(0)
    expect(at('{input} is it?', 'ends with a question mark')).toBe(1)
  })
})
