import { execFile } from 'node:child_process'
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import fc from 'fast-check'
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import { createBatchedEmbedder } from '../../src/embedding/batched-embedder.ts'
import { withEmbeddingCache } from '../../src/embedding/cached-embedder.ts'
import type { Embedder } from '../../src/embedding/embedder.ts'
import { createEmbeddingCache } from '../../src/embedding/embedding-cache.ts'
import { openEmbedder } from '../../src/embedding/open-embedder.ts'
import { openSentenceEncoder, SENTENCE_ENCODER_ID } from '../../src/embedding/sentence-encoder.ts'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'krige-embedding-'))
  return () => rmSync(folder, { recursive: true, force: true })
})

const dot = (a: Float64Array, b: Float64Array) => a.reduce((sum, value, index) => sum + value * b[index]!, 0)
const norm = (a: Float64Array) => Math.sqrt(dot(a, a))

/** Counts letters; remembers what it was asked. */
function countingEmbedder(id = 'letters/1') {
  const asked: string[][] = []
  const embedder = createBatchedEmbedder({
    id,
    dimensions: 3,
    batchSize: 4,
    embedBatch: async (texts) => {
      asked.push([...texts])
      return texts.map((text) => [text.length + 1, text.split('a').length, 2])
    },
  })
  return { embedder, asked }
}

describe('embedders', () => {
  it('embed equal texts once, in batches, and keep the order', async () => {
    const { embedder, asked } = countingEmbedder()
    const texts = ['banana', 'a', 'banana', 'xyz', 'aa', 'bb', 'cc']
    const progress: number[] = []
    const vectors = await embedder.embed(texts, { onProgress: (done) => progress.push(done) })
    expect(asked.flat().sort()).toEqual([...new Set(texts)].sort())
    expect(asked.map((batch) => batch.length)).toEqual([4, 2])
    expect(progress).toEqual([4, 6])
    expect(vectors[0]).toEqual(vectors[2])
    for (const vector of vectors) expect(norm(vector)).toBeCloseTo(1, 12)
  })

  it('give the same vectors whatever stands beside a text', async () => {
    const { embedder } = countingEmbedder()
    const alone = new Map<string, Float64Array>()
    await fc.assert(
      fc.asyncProperty(fc.array(fc.string({ maxLength: 8 }), { maxLength: 12 }), async (texts) => {
        const vectors = await embedder.embed(texts)
        for (const [index, text] of texts.entries()) {
          if (!alone.has(text)) alone.set(text, (await embedder.embed([text]))[0]!)
          expect(vectors[index]).toEqual(alone.get(text))
        }
      }),
      { numRuns: 30 },
    )
  })

  it('refuse vectors that say nothing, and the wrong number of dimensions', async () => {
    const make = (vector: number[]) =>
      createBatchedEmbedder({ id: 'x', dimensions: 2, batchSize: 1, embedBatch: async () => [vector] }).embed(['a'])
    await expect(make([0, 0])).rejects.toThrow(/norm 0/)
    await expect(make([Number.NaN, 1])).rejects.toThrow(/norm NaN/)
    await expect(make([1, 1, 1])).rejects.toThrow(/3 dimensions; expected 2/)
  })

  it('stop between batches when interrupted', async () => {
    const { embedder } = countingEmbedder()
    await expect(embedder.embed(['a'], { signal: AbortSignal.abort() })).rejects.toMatchObject({ code: 'interrupted' })
  })
})

describe('the embedding cache', () => {
  it('asks the model once, ever, and gives back the same bits', async () => {
    const first = countingEmbedder()
    const texts = ['one', 'two', 'three']
    const fresh = await withEmbeddingCache(first.embedder, createEmbeddingCache(folder)).embed(texts)
    const second = countingEmbedder()
    const again = await withEmbeddingCache(second.embedder, createEmbeddingCache(folder)).embed(texts)
    expect(second.asked).toEqual([])
    expect(again).toEqual(fresh)
  })

  it('does not mix embedders', async () => {
    const [one, other] = [countingEmbedder('one'), countingEmbedder('other')]
    await withEmbeddingCache(one.embedder, createEmbeddingCache(folder)).embed(['text'])
    await withEmbeddingCache(other.embedder, createEmbeddingCache(folder)).embed(['text'])
    expect(other.asked).toEqual([['text']])
  })

  it('computes a damaged entry again', async () => {
    const { embedder } = countingEmbedder()
    const [fresh] = await withEmbeddingCache(embedder, createEmbeddingCache(folder)).embed(['text'])
    const [file] = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.vec'))
    for (const damage of [Buffer.alloc(0), Buffer.alloc(32, 1), Buffer.from('hello')]) {
      writeFileSync(join(folder, file!), damage)
      const next = countingEmbedder()
      expect(await withEmbeddingCache(next.embedder, createEmbeddingCache(folder)).embed(['text'])).toEqual([fresh])
      expect(next.asked).toEqual([['text']])
    }
  })

  it('works without a folder that can be written, and says why', async () => {
    const blocked = join(folder, 'file')
    writeFileSync(blocked, '')
    const cache = createEmbeddingCache(join(blocked, 'cache'))
    const { embedder } = countingEmbedder()
    expect(await withEmbeddingCache(embedder, cache).embed(['a', 'b'])).toHaveLength(2)
    expect(cache.problem).toMatch(/ENOTDIR|EEXIST/)
  })
})

describe('Universal Sentence Encoder lite', () => {
  let encoder: Embedder
  beforeAll(async () => {
    encoder = await openSentenceEncoder()
  })
  afterAll(() => encoder.close())

  it('places like sentences near each other', async () => {
    const [cat, feline, stocks] = await encoder.embed([
      'The cat sleeps on the sofa.',
      'A kitten is napping on the couch.',
      'Stock prices fell sharply after the report.',
    ])
    expect(cat).toHaveLength(encoder.dimensions)
    expect(norm(cat!)).toBeCloseTo(1, 12)
    expect(dot(cat!, feline!)).toBeGreaterThan(dot(cat!, stocks!) + 0.2)
  })

  it('takes emoji, right-to-left text and very long prompts', async () => {
    const vectors = await encoder.embed(['🎫👩‍💻', 'صنّف التذكرة', 'word '.repeat(3000)])
    for (const vector of vectors) expect(norm(vector)).toBeCloseTo(1, 9)
  })
})

describe('openEmbedder', () => {
  it('is the same by default whatever lies in the models folder, and asks no network', async () => {
    const fetches = vi.spyOn(globalThis, 'fetch')
    const filled = mkdtempSync(join(tmpdir(), 'krige-models-'))
    mkdirSync(join(filled, 'all-MiniLM-L6-v2', 'onnx'), { recursive: true })
    writeFileSync(join(filled, 'all-MiniLM-L6-v2', 'tokenizer.json'), '{}')
    writeFileSync(join(filled, 'all-MiniLM-L6-v2', 'onnx', 'model.onnx'), '')
    for (const modelsFolder of [folder, filled]) {
      expect((await openEmbedder('auto', { modelsFolder }))?.id).toBe(SENTENCE_ENCODER_ID)
    }
    expect(fetches).not.toHaveBeenCalled()
    rmSync(filled, { recursive: true })
    vi.restoreAllMocks()
  })

  it('opens what a study was begun with, and refuses another', async () => {
    const options = { modelsFolder: folder, allowDownload: false }
    expect((await openEmbedder('auto', { ...options, recorded: SENTENCE_ENCODER_ID }))?.id).toBe(SENTENCE_ENCODER_ID)
    await expect(openEmbedder('auto', { ...options, recorded: 'transformers/other' })).rejects.toMatchObject({
      code: 'conflict',
    })
    await expect(openEmbedder('none', { ...options, recorded: 'transformers/other' })).rejects.toMatchObject({
      code: 'conflict',
    })
    expect(await openEmbedder('none', options)).toBeUndefined()
  })

  it('says what to do about a folder or a name that is not there, or is damaged', async () => {
    const options = { modelsFolder: folder, allowDownload: false }
    await expect(openEmbedder('./nowhere', options)).rejects.toMatchObject({
      code: 'invalid-input',
      remedy: expect.stringContaining('embedder: auto'),
    })
    await expect(openEmbedder('some-model', options)).rejects.toMatchObject({ code: 'unavailable' })
    await expect(openEmbedder(folder, options)).rejects.toThrow(/holds no model/)
    await expect(openEmbedder('auto', { modelFolder: folder } as never)).rejects.toThrow('Did you mean modelsFolder?')
    await expect(openEmbedder('none', null as never)).rejects.toThrow('options is null')
  })

  it('says what to install where the package of sentence transformers dropped out', async () => {
    const open = new URL('../../src/embedding/open-embedder.ts', import.meta.url).href
    const script = `
      import { registerHooks } from 'node:module'
      registerHooks({
        resolve(name, context, next) {
          if (!/\\/transformers$/.test(name)) return next(name, context)
          throw Object.assign(new Error('Cannot find package'), { code: 'ERR_MODULE_NOT_FOUND' })
        },
      })
      const { openEmbedder } = await import(${JSON.stringify(open)})
      const opened = openEmbedder('all-MiniLM-L6-v2', { modelsFolder: ${JSON.stringify(folder)} })
      await opened.catch(({ code, remedy }) => console.log(JSON.stringify({ code, remedy })))`
    const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '--eval', script])
    const { code, remedy } = JSON.parse(stdout)
    expect(code).toBe('unavailable')
    expect(remedy).toMatch(/npm install --ignore-scripts @huggingface\/transformers, or set embedder: use-lite/)
    // That one fetches models, not packages.
    expect(remedy).not.toContain('models pull')
  })
})
