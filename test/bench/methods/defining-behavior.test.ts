import { describe, expect, it } from 'vitest'
import { createCapoRacingPolicy, pairedPValue } from '../../../src/bench/methods/capo-racing.ts'
import { suggestCategorical, trialWeights } from '../../../src/bench/methods/categorical-tpe.ts'
import { createHbbopsPolicy } from '../../../src/bench/methods/hbbops.ts'
import { createMiproTpePolicy } from '../../../src/bench/methods/mipro-tpe.ts'
import { slotGrid } from '../../../src/bench/methods/slot-grid.ts'
import { createTripleGsePolicy } from '../../../src/bench/methods/triple-gse.ts'
import { createTripleShPolicy } from '../../../src/bench/methods/triple-sh.ts'
import { createRandom } from '../../../src/numerics/random/index.ts'
import { bernoulliRows, smallTable } from '../tables/small-tables.ts'
import { type Ask, lineEmbeddings, transcribe } from './replay-script.ts'

const countOf = (asks: readonly Ask[], prompts: number) => {
  const counts = new Array<number>(prompts).fill(0)
  for (const { candidate, examples } of asks) counts[candidate]! += examples.length
  return counts
}

describe('triple-sh', () => {
  it('pulls survivors equally, keeps the better half, and draws every prompt its own examples', () => {
    const rates = [0.95, 0.9, 0.6, 0.5, 0.4, 0.3, 0.2, 0.1]
    const table = smallTable(bernoulliRows(rates, 400, 3))
    // log₂ 8 = 3 phases of 80: 10 pulls for 8 prompts, 20 for 4, 40 for 2.
    const { asks, chosen } = transcribe(createTripleShPolicy, table, 240)
    expect(asks.map(({ examples }) => examples.length)).toEqual([...Array(8).fill(10), ...Array(4).fill(20), 40, 40])
    expect(countOf(asks, 8).sort((a, b) => b - a)).toEqual([70, 70, 30, 30, 10, 10, 10, 10])
    const first = asks.slice(0, 8).map(({ examples }) => [...examples].sort().join())
    expect(new Set(first).size).toBe(8)
    expect([0, 1]).toContain(chosen)
  })
})

describe('triple-gse', () => {
  it('learns from text: it keeps good prompts of which it has seen no success', () => {
    // Quality rises along the line of embeddings; two pulls per prompt say little about any single one.
    const rates = Array.from({ length: 64 }, (_, prompt) => prompt / 63)
    const table = smallTable(bernoulliRows(rates, 50, 9))
    const mean = (embeddings?: readonly Float64Array[]) => {
      let sum = 0
      for (let seed = 0; seed < 8; seed++) {
        const settings = embeddings ? { seed, embeddings } : { seed }
        sum += rates[transcribe(createTripleGsePolicy, table, 160, settings).chosen!]! / 8
      }
      return sum
    }
    expect(mean(lineEmbeddings(64))).toBeGreaterThan(0.9)
  })

  it('pulls the least pulled survivor, so survivors never differ by more than one pull', () => {
    const table = smallTable(bernoulliRows([0.2, 0.4, 0.6, 0.8], 60))
    const { asks } = transcribe(createTripleGsePolicy, table, 80, { embeddings: lineEmbeddings(4) })
    expect(asks.every(({ examples }) => examples.length === 1)).toBe(true)
    expect(Math.max(...countOf(asks.slice(0, 40), 4))).toBe(10)
    // The second phase is spent on two.
    expect(countOf(asks.slice(40), 4).filter((count) => count > 0)).toHaveLength(2)
  })
})

describe('mipro-tpe', () => {
  const rates = Array.from({ length: 20 }, (_, prompt) => 0.05 + 0.045 * prompt)
  const table = smallTable(bernoulliRows(rates, 100, 5))

  it('evaluates the default in full, then minibatches of 35, and the best mean in full after every 5', () => {
    const { asks } = transcribe(createMiproTpePolicy, table, 700)
    expect(asks[0]!.examples).toHaveLength(100)
    const sizes = asks.slice(1).map(({ examples }) => examples.length)
    expect(Math.max(...sizes.slice(0, 5))).toBeLessThanOrEqual(35)
    const full = countOf(asks.slice(0, 7), 20).filter((count) => count === 100)
    expect(full.length).toBeGreaterThanOrEqual(2)
  })

  it('picks the winner by full score: a prompt measured on all examples', () => {
    const { asks, chosen } = transcribe(createMiproTpePolicy, table, 600)
    expect(countOf(asks, 20)[chosen!]).toBe(100)
  })

  it('counts a failed example as a score of 0', () => {
    // Prompt 1 is right whenever it answers, on every other example; prompt 0 always answers, right on 6 of 10.
    const half = Array.from({ length: 40 }, (_, example) => (example % 2 === 0 ? 1 : null))
    const steady = Array.from({ length: 40 }, (_, example) => (example % 10 < 6 ? 1 : 0))
    const { chosen } = transcribe(createMiproTpePolicy, smallTable([steady, half]), 80)
    expect(chosen).toBe(0)
  })

  it('sees a pool that is a product of slots as several choices, any other as one', () => {
    const product = ['a', 'b', 'c'].flatMap((instruction) =>
      ['x', 'y'].map((demonstrations) => ({
        id: instruction + demonstrations,
        slots: { instruction, demonstrations },
      })),
    )
    const grid = slotGrid(product)
    expect([...grid.sizes].sort()).toEqual([2, 3])
    for (const [index] of product.entries()) expect(grid.candidateOf(grid.choicesOf(index))).toBe(index)
    expect(slotGrid(product.slice(1)).sizes).toEqual([5])
    expect(slotGrid([{ id: 'a', text: 'x' }]).sizes).toEqual([1])
  })

  it('suggests what went with good scores, choice by choice', () => {
    const random = createRandom(3)
    const trials = Array.from({ length: 60 }, () => {
      const choices = [random.integer(4), random.integer(3)]
      return { choices, value: (choices[0] === 2 ? 1 : 0) + (choices[1] === 1 ? 1 : 0) }
    })
    let both = 0
    for (let draw = 0; draw < 50; draw++) if (suggestCategorical(trials, [4, 3], random).join() === '2,1') both++
    expect(both).toBeGreaterThan(40)
    expect(trialWeights(24)).toEqual(new Array(24).fill(1))
    expect(trialWeights(27)[0]).toBeCloseTo(1 / 27, 12)
    expect(trialWeights(27).slice(2)).toEqual(new Array(25).fill(1))
  })
})

describe('hbbops', () => {
  const rates = Array.from({ length: 40 }, (_, prompt) => 0.2 + 0.6 * (prompt / 39))
  const table = smallTable(bernoulliRows(rates, 80, 2))

  it('measures everybody on the same nested examples', () => {
    const { asks } = transcribe(createHbbopsPolicy, table, 600, { embeddings: lineEmbeddings(40) })
    const examplesOf = new Map<number, number[]>()
    for (const { candidate, examples } of asks) {
      examplesOf.set(candidate, [...(examplesOf.get(candidate) ?? []), ...examples])
    }
    const longest = [...examplesOf.values()].sort((a, b) => b.length - a.length)[0]!
    for (const examples of examplesOf.values()) expect(examples).toEqual(longest.slice(0, examples.length))
    expect(Math.min(...[...examplesOf.values()].slice(0, 8).map((examples) => examples.length))).toBe(10)
  })

  it('proposes by its surrogate: later proposals lie among the better prompts', () => {
    let proposed = 0
    for (let seed = 0; seed < 3; seed++) {
      const { asks } = transcribe(createHbbopsPolicy, table, 400, { embeddings: lineEmbeddings(40), seed })
      // The first four are random: the surrogate needs as many observations.
      const order = [...new Set(asks.map(({ candidate }) => candidate))].slice(4, 10)
      proposed += order.reduce((sum, one) => sum + rates[one]!, 0) / order.length / 3
    }
    // Chance averages 0.5.
    expect(proposed).toBeGreaterThan(0.58)
  })

  it('encodes slots apart where a pool has embeddings of them', () => {
    // The whole text says nothing; one of two slots says everything.
    const flat = Array.from({ length: 40 }, () => Float64Array.of(1, 0))
    const slotEmbeddings = lineEmbeddings(40).map((demonstrations) => ({
      instruction: Float64Array.of(1, 0),
      demonstrations,
    }))
    const proposed = (settings: Parameters<typeof transcribe>[3]) => {
      let sum = 0
      for (let seed = 0; seed < 3; seed++) {
        const { asks } = transcribe(createHbbopsPolicy, table, 400, { ...settings, seed })
        const order = [...new Set(asks.map(({ candidate }) => candidate))].slice(4, 10)
        sum += order.reduce((total, one) => total + rates[one]!, 0) / order.length / 3
      }
      return sum
    }
    expect(proposed({ embeddings: flat, slotEmbeddings })).toBeGreaterThan(proposed({ embeddings: flat }) + 0.05)
  })

  it('recommends among the prompts with the most examples', () => {
    const { asks, chosen } = transcribe(createHbbopsPolicy, table, 600, { embeddings: lineEmbeddings(40) })
    const counts = countOf(asks, 40)
    expect(counts[chosen!]).toBe(Math.max(...counts))
  })
})

describe('capo-racing', () => {
  it('gives all racers the same block and drops what is clearly worse', () => {
    const rates = [0.95, 0.9, 0.1, 0.1, 0.1, 0.1, 0.1, 0.1]
    const table = smallTable(bernoulliRows(rates, 60, 4))
    const options = { population: 2, offspring: 6, blockSize: 10, maximumBlocks: 6, alpha: 0.05 }
    const { asks, chosen } = transcribe(createCapoRacingPolicy, table, 200, { options })
    expect([0, 1]).toContain(chosen)
    const first = asks.slice(0, 8).map(({ examples }) => examples.join())
    expect(new Set(first).size).toBe(1)
    const counts = countOf(asks, 8)
    expect(Math.max(...counts.slice(2))).toBeLessThan(Math.min(counts[0]!, counts[1]!))
  })

  it('tests pairs as a one-sided paired t-test does', () => {
    // Reference: differences [1, 0, 1, 0, 1, 1, 0, 1, -1, 1], mean 0.5, sd 0.7071, t = 2.2361, 9 df: p = 0.02609.
    const a = [1, 0, 1, 0, 1, 1, 0, 1, 0, 1]
    const b = [0, 0, 0, 0, 0, 0, 0, 0, 1, 0]
    const scores = [a, b]
    const score = (candidate: number, example: number) => scores[candidate]![example]
    const all = a.map((_, example) => example)
    expect(pairedPValue(0, 1, all, score)).toBeCloseTo(0.02609, 4)
    expect(pairedPValue(1, 0, all, score)).toBeCloseTo(1 - 0.02609, 4)
    expect(pairedPValue(0, 0, all, score)).toBe(1)
    expect(pairedPValue(0, 1, [0], score)).toBe(1)
    expect(pairedPValue(0, 1, [0, 2], score)).toBe(0)
  })
})
