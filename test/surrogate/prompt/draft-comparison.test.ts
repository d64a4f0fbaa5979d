import { describe, expect, it } from 'vitest'
import type { PoolEntry } from '../../../src/prompt/candidate.ts'
import { solveLower, solveLowerRows } from '../../../src/surrogate/prompt/dense.ts'
import { createDraftComparison } from '../../../src/surrogate/prompt/draft-comparison.ts'
import { createDraftKernels } from '../../../src/surrogate/prompt/draft-kernels.ts'

const entry = (text: string): PoolEntry => ({ candidate: { id: text.slice(0, 8), text } })
const MEASURED = ['Label it.', 'Name the label.', 'Write a poem.', 'Classify the ticket: bug or bill?'].map(entry)
const DRAFT = entry('Name the label of the ticket.')

describe('createDraftComparison', () => {
  it('gives the correlations of the kernels, also where measured prompts came later', () => {
    const kernels = createDraftKernels(MEASURED)
    const comparison = createDraftComparison(MEASURED)
    for (const [place, measured] of MEASURED.entries()) {
      expect(comparison.placeOf(measured)).toBe(place)
      expect(comparison.correlations(DRAFT, place + 1)).toHaveLength((place + 1) * kernels.names.length)
    }
    const kept = comparison.correlations(DRAFT, MEASURED.length)
    const fresh = kernels.correlations(DRAFT, MEASURED)
    MEASURED.forEach((_, j) => {
      const own = kernels.names.map((_, k) => fresh[k * MEASURED.length + j])
      expect([...kept.subarray(j * kernels.names.length, (j + 1) * kernels.names.length)]).toEqual(own)
    })
    expect(comparison.placeOf(MEASURED[1]!)).toBe(1)
    expect(comparison.correlations(DRAFT, MEASURED.length)).toBe(kept)
  })

  it('forgets where it was asked about very many texts, and still says the same', () => {
    const comparison = createDraftComparison(MEASURED)
    for (const measured of MEASURED) comparison.placeOf(measured)
    const before = comparison.correlations(DRAFT, MEASURED.length)
    for (let k = 0; k < 12; k++) comparison.correlations(entry(`${k} `.repeat(100_000)), MEASURED.length)
    const after = comparison.correlations(DRAFT, MEASURED.length)
    expect(after).not.toBe(before)
    expect(after).toEqual(before)
  })
})

describe('solveLowerRows', () => {
  it('solves every row as solveLower does, whatever their number', () => {
    const n = 7
    const factor = Float64Array.from({ length: n * n }, (_, k) => (k % (n + 1) === 0 ? 2 + k / 9 : Math.sin(k)))
    for (const rows of [0, 1, 4, 6, 9]) {
      const right = Float64Array.from({ length: rows * n }, (_, k) => Math.cos(3 * k))
      const expected = Array.from({ length: rows }, (_, row) =>
        solveLower(factor, n, right.slice(row * n, (row + 1) * n)),
      )
      solveLowerRows(factor, n, right)
      expect([...right]).toEqual(expected.flatMap((row) => [...row]))
    }
  })
})
