import { describe, expect, it } from 'vitest'
import {
  createBackend,
  type Embedder,
  gaussianProcess,
  logExpectedImprovement,
  matern52,
  points,
  rank,
  upperConfidenceBound,
} from '../src/index.ts'

/** The angle of a text is its length: short texts lie near each other. */
const embedder: Embedder = {
  id: 'angle/1',
  dimensions: 2,
  embed: async (texts) => texts.map(({ length }) => Float64Array.of(Math.cos(length / 10), Math.sin(length / 10))),
  close: async () => {},
}
const giving = (...vectors: number[][]) => ({
  id: 'bad',
  dimensions: 2,
  embed: async () => vectors.map((vector) => Float64Array.from(vector)),
})
const text = (length: number) => 'x'.repeat(length)

async function fitted() {
  const model = { kernel: matern52({ lengthScale: 0.5 }), observationNoise: 1e-6, mean: 'constant' } as const
  const vectors = points(await embedder.embed([text(1), text(10), text(20)]))
  return gaussianProcess(model, { points: vectors, targets: Float64Array.of(0, 1, 0.2) }, createBackend())
}

describe('rank', () => {
  it('puts texts like the good ones first when there is nothing to explore', async () => {
    const texts = [text(1), text(20), text(10), text(9)]
    const ranked = await rank(texts, { surrogate: await fitted(), embedder, acquisition: upperConfidenceBound(0) })
    expect(ranked.map(({ index }) => index)).toEqual([2, 3, 1, 0])
    expect(ranked[0]).toMatchObject({ text: text(10), value: ranked[0]!.mean })
    expect(ranked[0]!.mean).toBeCloseTo(1, 3)
  })

  it('puts an unmeasured text before a measured one under expected improvement', async () => {
    const surrogate = await fitted()
    const ranked = await rank([text(10), text(12)], { surrogate, embedder, acquisition: logExpectedImprovement(1) })
    expect(ranked.map(({ index }) => index)).toEqual([1, 0])
    expect(ranked[0]!.standardDeviation).toBeGreaterThan(ranked[1]!.standardDeviation)
  })

  it('keeps the order of equal texts, and ranks nothing as nothing', async () => {
    const options = { surrogate: await fitted(), embedder, acquisition: upperConfidenceBound(1) }
    const ranked = await rank([text(5), text(10), text(5)], options)
    expect(ranked.map(({ index }) => index).filter((index) => index !== 1)).toEqual([0, 2])
    expect(await rank([], options)).toEqual([])
  })

  it.each<[string, unknown, Record<string, unknown>, string]>([
    ['no texts', undefined, {}, 'texts is missing'],
    ['one text instead of a list', 'abc', {}, 'texts is "abc"; expected a list of texts'],
    ['what is no text', ['a', 5], {}, 'texts[1] is 5; expected a text'],
    ['an empty text', [' '], {}, 'texts[0] is " "; expected a text that says something'],
    ['an unknown key', ['a'], { aquisition: 1 }, 'unknown key options.aquisition. Did you mean acquisition?'],
    [
      'the name of an embedder',
      ['a'],
      { embedder: 'auto' },
      'options.embedder is "auto"; expected an object with embed',
    ],
    ['no acquisition', ['a'], { acquisition: undefined }, 'options.acquisition is missing'],
    ['what is no surrogate', ['a'], { surrogate: {} }, 'options.surrogate is {}; expected an object with posterior'],
    ['what is no signal', ['a'], { signal: 1 }, 'options.signal is 1'],
    ['a vector of NaN', ['a'], { embedder: giving([Number.NaN, 1]) }, 'vector 0 of embedder bad[0] is NaN'],
    ['a vector of zeros', ['a'], { embedder: giving([0, 0]) }, 'vector 0 of embedder bad has norm 0'],
    ['no vector', ['a'], { embedder: giving() }, 'embedder bad gave 0 vectors; expected 1, one per text'],
  ])('refuses %s by name', async (_, texts, given, message) => {
    const options = { surrogate: await fitted(), embedder, acquisition: upperConfidenceBound(1), ...given }
    await expect(rank(texts as string[], options as never)).rejects.toThrow(message)
  })

  it('names vectors of a wrong length and values that are no numbers', async () => {
    const options = { surrogate: await fitted(), embedder, acquisition: upperConfidenceBound(1) }
    const wrong = { ...embedder, dimensions: 3 }
    await expect(rank(['a'], { ...options, embedder: wrong })).rejects.toThrow(
      'vector 0 of embedder angle/1 has 2 numbers; expected 3',
    )
    expect(() => logExpectedImprovement(Number.NaN)).toThrow('threshold is NaN')
    const acquisition = { name: 'none', evaluate: () => ({ value: Number.NaN, meanSlope: 0, deviationSlope: 0 }) }
    await expect(rank(['a'], { ...options, acquisition })).rejects.toThrow('texts[0] is NaN')
  })
})
