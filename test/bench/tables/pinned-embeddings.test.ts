import { mkdtemp } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { PINNED_EMBEDDER, pinnedEmbeddings } from '../../../src/bench/tables/pinned-embeddings.ts'
import type { Embedder } from '../../../src/embedding/embedder.ts'

function countingEmbedder(asked: string[]): Embedder {
  return {
    id: PINNED_EMBEDDER,
    dimensions: 512,
    async embed(texts) {
      asked.push(...texts)
      return texts.map((text) => {
        const vector = new Float64Array(512)
        vector[text.length] = 1
        return vector
      })
    },
    close: async () => {},
  }
}

describe('pinnedEmbeddings', () => {
  it('embeds every distinct text once, ever, and does not open the model when all are cached', async () => {
    const cacheDirectory = await mkdtemp(join(tmpdir(), 'krige-pinned-'))
    const asked: string[] = []
    let opened = 0
    const open = async () => {
      opened++
      return countingEmbedder(asked)
    }
    const first = await pinnedEmbeddings(['a', 'bb', 'a'], { cacheDirectory, open })
    expect(asked).toEqual(['a', 'bb'])
    expect(first.get('bb')![2]).toBe(1)
    const second = await pinnedEmbeddings(['bb', 'a'], { cacheDirectory, open })
    expect(opened).toBe(1)
    expect(second.get('a')).toEqual(first.get('a'))
    await pinnedEmbeddings(['ccc', 'a'], { cacheDirectory, open })
    expect(asked).toEqual(['a', 'bb', 'ccc'])
  })

  it('embeds real text, the empty one included, as unit vectors that tell topics apart', async () => {
    const cacheDirectory = await mkdtemp(join(tmpdir(), 'krige-real-'))
    const texts = ['Classify the ticket.', 'Sort the ticket into a class.', 'Bananas are yellow.', '']
    const vectors = await pinnedEmbeddings(texts, { cacheDirectory })
    const dot = (a: string, b: string) =>
      vectors.get(a)!.reduce((sum, value, index) => sum + value * vectors.get(b)![index]!, 0)
    for (const text of texts) expect(dot(text, text)).toBeCloseTo(1, 9)
    expect(dot(texts[0]!, texts[1]!)).toBeGreaterThan(dot(texts[0]!, texts[2]!) + 0.1)
  })
})
