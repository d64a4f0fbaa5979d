import { describe, expect, it } from 'vitest'
import { BENCH_POLICIES } from '../../../src/bench/methods/registry.ts'
import { benchBackend } from '../../../src/bench/tables/bench-backend.ts'
import { runUnit } from '../../../src/bench/tables/table-unit.ts'
import type { Table } from '../../../src/recording/table.ts'
import { lineEmbeddings } from '../methods/replay-script.ts'
import { bernoulliRows, smallTable } from './small-tables.ts'

const backend = benchBackend()
const names = BENCH_POLICIES.map(({ name }) => name)

function play(policy: string, table: Table, fullEvaluations: number) {
  const shared = {
    seed: 3,
    fullEvaluations,
    variants: [{ label: policy, policy, options: {} }],
    details: false,
    estimand: 'set' as const,
  }
  const unit = { table: 0, repeat: 0, pending: [{ variant: 0, fraction: 1 }] }
  return runUnit(
    unit,
    table,
    lineEmbeddings(table.prompts.length).map((text) => ({ text })),
    shared,
    backend,
  )[0]!
}

const texts = ['', ' ', '😀'.repeat(20), 'ß\u0000\u202e', 'a'.repeat(5000), 'Ω\n\n\t', '\ud800', '请回答', 'x', 'x']

describe.each(names)('%s on odd tables', (policy) => {
  it('finds nothing to lose where all prompts are alike', () => {
    const run = play(policy, smallTable(new Array(6).fill('0101101001')), 3)
    expect(run.error).toBe(0)
    expect(run.spent).toBeLessThanOrEqual(30)
  })

  it('takes one prompt, one example, and one cell', () => {
    expect(play(policy, smallTable(['0110']), 2)).toMatchObject({ chosen: 'p0', error: 0 })
    const single = play(policy, smallTable(['0', '0', '1', '0']), 4)
    expect(single.spent).toBeLessThanOrEqual(4)
    expect(play(policy, smallTable(['1']), 1)).toMatchObject({ chosen: 'p0', error: 0 })
  })

  it('works with less than one evaluation per prompt, down to a single one', () => {
    const table = smallTable(
      bernoulliRows(
        Array.from({ length: 30 }, (_, i) => i / 30),
        10,
      ),
    )
    for (const budget of [1, 2, 13]) {
      const run = play(policy, table, budget / 10)
      expect(run.budget).toBe(budget)
      expect(run.spent).toBeLessThanOrEqual(budget)
    }
  })

  it('works with more budget than there are cells', () => {
    const table = smallTable(bernoulliRows([0.1, 0.5, 0.9], 12))
    const run = play(policy, table, 100)
    expect(run.spent).toBeLessThanOrEqual(36)
    expect(run.error).toBeLessThan(0.5)
  })

  it('charges failed cells and never takes them for zeros or successes', () => {
    const rows = bernoulliRows([0.2, 0.9, 0.5, 0.4], 16).map((row) => [...row].map(Number) as (number | null)[])
    rows[2] = new Array(16).fill(null)
    const run = play(policy, smallTable(rows), 4)
    expect(run.spent).toBeLessThanOrEqual(64)
    const lost = play(policy, smallTable(new Array(3).fill(new Array(5).fill(null))), 3)
    expect(lost).toMatchObject({ error: 0 })
    expect(lost.spent).toBeLessThanOrEqual(15)
  })

  it('takes fractional scores and any text', () => {
    const rows = texts.map((_, prompt) => Array.from({ length: 8 }, (_, e) => ((prompt * 7 + e * 3) % 11) / 10))
    const table = smallTable(rows, { prompts: texts.map((text, index) => ({ id: `p${index}`, text })) })
    const run = play(policy, table, 5)
    expect(run.error).toBeGreaterThanOrEqual(0)
    expect(run.error).toBeLessThanOrEqual(1)
  })

  it('takes slots, and prompts whose embeddings are all equal', () => {
    const slots = ['a', 'b', 'c'].flatMap((instruction) =>
      ['x', 'y'].map((demonstrations) => ({
        id: instruction + demonstrations,
        slots: { instruction, demonstrations },
      })),
    )
    const table = smallTable(bernoulliRows([0.1, 0.2, 0.9, 0.8, 0.3, 0.2], 20), { prompts: slots })
    expect(play(policy, table, 4).spent).toBeLessThanOrEqual(80)
    const equal = Array.from({ length: 6 }, () => ({
      text: Float64Array.of(1, 0, 0, 0),
      slots: { instruction: Float64Array.of(0, 1), demonstrations: Float64Array.of(1, 0) },
    }))
    const shared = {
      seed: 3,
      fullEvaluations: 4,
      variants: [{ label: policy, policy, options: {} }],
      details: false,
      estimand: 'set' as const,
    }
    const unit = { table: 0, repeat: 0, pending: [{ variant: 0, fraction: 1 }] }
    expect(runUnit(unit, table, equal, shared, backend)[0]!.spent).toBeLessThanOrEqual(80)
  })
})

describe('a thousand prompts', () => {
  const table = smallTable(
    bernoulliRows(
      Array.from({ length: 1000 }, (_, i) => i / 1000),
      20,
    ),
  )
  it.each(['krige', 'successive-halving', 'triple-sh', 'capo-racing'])(
    '%s',
    (policy) => {
      const run = play(policy, table, 80)
      expect(run.spent).toBeLessThanOrEqual(1600)
      expect(run.error).toBeLessThan(0.5)
    },
    60_000,
  )
})
