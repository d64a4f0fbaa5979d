import { describe, expect, it } from 'vitest'
import { createGenerativeLandscape } from '../../../src/bench/landscape/generative-landscape.ts'
import { searchLandscape } from '../../../src/bench/landscape/search-landscape.ts'
import { createJsBackend } from '../../../src/numerics/linalg/index.ts'
import { createRandom } from '../../../src/numerics/random/index.ts'
import { createKrigePolicy } from '../../../src/policy/krige.ts'

/** Bags of words, projected: like sentences, like vectors. */
const embed = async (texts: readonly string[]) =>
  texts.map((text) => {
    const vector = new Float64Array(24)
    for (const word of text.toLowerCase().match(/\p{L}+/gu) ?? []) {
      const random = createRandom(7).split(word)
      for (let k = 0; k < vector.length; k++) vector[k]! += random.normal()
    }
    const norm = Math.hypot(...vector)
    return vector.map((value) => value / norm)
  })

describe('createGenerativeLandscape', () => {
  it('makes children that resemble their parents more than strangers, in embedding and in quality', async () => {
    let near = 0
    let far = 0
    let alike = 0
    let unlike = 0
    for (let seed = 1; seed <= 6; seed++) {
      const landscape = await createGenerativeLandscape(seed, embed)
      const stranger = (await createGenerativeLandscape(seed + 50, embed)).start
      for (const child of await landscape.children([landscape.start], 10)) {
        const distance = (other: typeof child) =>
          Math.hypot(...child.embedding!.map((x, k) => x - other.embedding![k]!))
        near += distance(landscape.start)
        far += distance(stranger)
        alike += Math.abs(child.ability - landscape.start.ability)
      }
      const [walker] = await landscape.children([stranger], 1)
      unlike += 10 * Math.abs(walker!.ability - landscape.start.ability)
    }
    expect(near).toBeLessThan(0.7 * far)
    expect(alike).toBeLessThan(unlike)
  })

  it('is the same for the same seed', async () => {
    const [a, b] = await Promise.all([createGenerativeLandscape(3, embed), createGenerativeLandscape(3, embed)])
    const children = async (landscape: typeof a) =>
      (await landscape.children([landscape.start], 5)).map(({ text, ability }) => [text, ability])
    expect(await children(a)).toEqual(await children(b))
    expect(a.measure(a.start, 4)).toBe(b.measure(b.start, 4))
  })
})

describe('searchLandscape', () => {
  it('spends calls on drafts and outcomes alike, and ends with a better prompt', async () => {
    let gain = 0
    for (const seed of [1, 2, 3]) {
      const landscape = await createGenerativeLandscape(seed, embed)
      const options = { calls: 200, every: 50, seed, backend: createJsBackend() }
      const { scores, drafts, measured } = await searchLandscape(landscape, createKrigePolicy, options)
      expect(scores).toHaveLength(4)
      expect(drafts).toBeGreaterThan(measured)
      gain += scores[3]! - landscape.expectedScore(landscape.start)
    }
    expect(gain / 3).toBeGreaterThan(0.05)
  })
})
