import { describe, expect, it } from 'vitest'
import { METHODS } from '../../../src/bench/methods/registry.ts'
import { resolvePolicy } from '../../../src/policy/registry.ts'
import { bernoulliRows, smallTable } from '../tables/small-tables.ts'
import { lineEmbeddings, transcribe } from './replay-script.ts'

const rates = Array.from({ length: 12 }, (_, prompt) => 0.1 + 0.07 * prompt)
const table = smallTable(bernoulliRows(rates, 40))
const gaps = smallTable(
  bernoulliRows(rates, 40).map((row, prompt) =>
    [...row].map((digit, example) => ((prompt + example) % 3 === 0 ? null : Number(digit))),
  ),
)
const embeddings = lineEmbeddings(12)

describe.each(METHODS.map((method) => [method.name, method] as const))('%s', (name, { create }) => {
  it('decides the same when every decision is made by a fresh instance', () => {
    const live = transcribe(create, table, 150, { embeddings })
    expect(transcribe(create, table, 150, { embeddings, fresh: true })).toEqual(live)
    expect(transcribe(create, table, 150, { embeddings, seed: 2 })).not.toEqual(live)
  })

  it('never measures a cell twice, never overspends, and uses what it is given', () => {
    for (const budget of [1, 7, 50, 150, 330]) {
      const { spent, chosen } = transcribe(create, table, budget, { embeddings })
      expect(spent).toBeLessThanOrEqual(budget)
      expect(chosen).toBeDefined()
      // Halving stops with one prompt left; nobody leaves more than half of the budget of a third of all cells.
      if (budget <= 150) expect(spent).toBeGreaterThanOrEqual(Math.ceil(budget * 0.5))
    }
  })

  it('ends when there is nothing left to measure', () => {
    const { spent } = transcribe(create, table, 100_000, { embeddings })
    expect(spent).toBeLessThanOrEqual(480)
  })

  it('copes with missing cells, one prompt, one example and no embeddings', () => {
    expect(transcribe(create, gaps, 200, { embeddings }).chosen).toBeDefined()
    expect(transcribe(create, smallTable(['0101']), 3).chosen).toBe(0)
    expect(transcribe(create, smallTable(['0', '1', '0']), 3).chosen).toBe(1)
    expect(transcribe(create, table, 150).chosen).toBeDefined()
    const lost = smallTable([
      [null, null, null],
      [null, null, null],
    ])
    expect(transcribe(create, lost, 6).spent).toBeLessThanOrEqual(6)
  })

  it('finds a better prompt than chance would', () => {
    let sum = 0
    for (let seed = 0; seed < 12; seed++) sum += rates[transcribe(create, table, 240, { embeddings, seed }).chosen!]!
    // Chance averages 0.485, the best is 0.87.
    expect(sum / 12).toBeGreaterThan(0.65)
  })

  it('refuses settings it does not have', () => {
    expect(() => resolvePolicy(name, { nonsense: 1 }, METHODS)).toThrow(`policy ${name}`)
  })
})
