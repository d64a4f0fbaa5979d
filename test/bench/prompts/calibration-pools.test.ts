import { describe, expect, it } from 'vitest'
import { measurePools, recordedKind, simulatedKinds } from '../../../src/bench/prompts/calibration-pools.ts'
import { benchBackend } from '../../../src/bench/tables/bench-backend.ts'
import { searchMeans } from '../../../src/bench/tables/truth.ts'
import { promptPool } from '../../policy/play.ts'

const prompts = promptPool(40).map(({ candidate }, index) => ({
  ...candidate,
  slots: { instruction: `i${index % 8}`, demonstrations: `d${index >> 3}` },
}))
const kinds = simulatedKinds(prompts)
const spread = (values: Float64Array) => {
  const level = values.reduce((sum, value) => sum + value, 0) / values.length
  return Math.sqrt(values.reduce((sum, value) => sum + (value - level) ** 2, 0) / values.length)
}

describe('simulated pools', () => {
  it('differ as much as their kind says, and come again with their seed', () => {
    const [equal, , different, slots] = kinds.map((kind) => kind.draw(7))
    const noise = Math.sqrt(0.2 / 60)
    expect(spread(searchMeans(equal!))).toBeLessThan(1.6 * noise)
    expect(spread(searchMeans(different!))).toBeGreaterThan(2.5 * noise)
    expect(spread(searchMeans(slots!))).toBeGreaterThan(2 * noise)
    expect(kinds[2]!.draw(7)).toEqual(different)
    expect(kinds[2]!.draw(8).scores).not.toEqual(different!.scores)
  })

  it('may be a recorded table, dealt anew: every row keeps its outcomes', () => {
    const table = kinds[2]!.draw(7)
    const dealt = recordedKind([table], 'again').draw(1)
    const [before, after] = [460, 460].map((width, k) => {
      const { prompts, scores } = k === 0 ? table : dealt
      const totals = prompts.map(({ id }, row) => {
        const cells = scores.subarray(row * width, (row + 1) * width)
        return `${id} ${cells.reduce((sum, score) => sum + score, 0)}`
      })
      return totals.sort()
    })
    expect(after).toEqual(before)
    expect([dealt.searchExamples, dealt.holdoutExamples]).toEqual([230, 230])
    expect(dealt.prompts.map(({ id }) => id)).not.toEqual(table.prompts.map(({ id }) => id))
    expect(recordedKind([table], 'again').draw(2).scores).not.toEqual(dealt.scores)
  })

  it('show a winner called improved rarely where all prompts are equal, often where they differ', () => {
    const settings = { fractions: [0.5], runs: 16, seed: 3, backend: benchBackend() }
    const [equal, different] = measurePools({ ...settings, kinds: [kinds[0]!, kinds[2]!] })
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
