import { describe, expect, it } from 'vitest'
import { measurePools, POOL_KINDS, simulateTable } from '../../../src/bench/prompts/simulated-pools.ts'
import { benchBackend } from '../../../src/bench/tables/bench-backend.ts'
import { searchMeans } from '../../../src/bench/tables/truth.ts'
import { promptPool } from '../../policy/play.ts'

const prompts = promptPool(40).map(({ candidate }, index) => ({
  ...candidate,
  slots: { instruction: `i${index % 8}`, demonstrations: `d${index >> 3}` },
}))
const spread = (values: Float64Array) => {
  const level = values.reduce((sum, value) => sum + value, 0) / values.length
  return Math.sqrt(values.reduce((sum, value) => sum + (value - level) ** 2, 0) / values.length)
}

describe('simulated pools', () => {
  it('differ as much as their kind says, and come again with their seed', () => {
    const [equal, , different, slots] = POOL_KINDS.map((kind) => simulateTable(prompts, kind, 7))
    const noise = Math.sqrt(0.2 / 60)
    expect(spread(searchMeans(equal!))).toBeLessThan(1.6 * noise)
    expect(spread(searchMeans(different!))).toBeGreaterThan(2.5 * noise)
    expect(spread(searchMeans(slots!))).toBeGreaterThan(2 * noise)
    expect(simulateTable(prompts, POOL_KINDS[2]!, 7)).toEqual(different)
    expect(simulateTable(prompts, POOL_KINDS[2]!, 8).scores).not.toEqual(different!.scores)
  })

  it('show a winner called improved rarely where all prompts are equal, often where they differ', () => {
    const settings = { prompts, fractions: [0.5], runs: 16, seed: 3, backend: benchBackend() }
    const [equal, different] = measurePools({ ...settings, kinds: [POOL_KINDS[0]!, POOL_KINDS[2]!] })
    // Two-sided 95%: 2.5% of runs expected, 16 runs allow for one.
    expect(equal!.improved).toBeLessThanOrEqual(0.07)
    expect(different!.improved).toBeGreaterThan(0.3)
    for (const report of [equal!, different!]) {
      expect(report.coverage).toBeGreaterThan(0.75)
      expect(Math.abs(report.optimism)).toBeLessThan(0.08)
    }
    expect(different!.error).toBeLessThan(different!.halvingError + 0.02)
  }, 120_000)
})
