import { describe, expect, it } from 'vitest'
import { describeTable } from '../../../src/bench/describe/describe-table.ts'
import { leaveOneOut } from '../../../src/bench/describe/leave-one-out.ts'
import { splitHalfReliability } from '../../../src/bench/describe/split-half.ts'
import { varianceParts } from '../../../src/bench/describe/variance-parts.ts'
import { createJsBackend } from '../../../src/numerics/linalg/index.ts'
import { createRandom } from '../../../src/numerics/random/index.ts'
import type { Table } from '../../../src/recording/table.ts'

/** Cells = row effect + column effect + noise, with these standard deviations. */
function crossed(rows: number, columns: number, [prompt, example, rest]: readonly [number, number, number]) {
  const random = createRandom(3)
  const columnEffects = Array.from({ length: columns }, () => example * random.normal())
  const rowEffects = Array.from({ length: rows }, () => prompt * random.normal())
  const cells = new Float64Array(rows * columns)
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++) {
      cells[row * columns + column] = rowEffects[row]! + columnEffects[column]! + rest * random.normal()
    }
  }
  return { cells, rowEffects }
}

describe('varianceParts', () => {
  it('finds the parts it was made of, missing cells or not', () => {
    const { cells } = crossed(200, 200, [1, 2, 3])
    for (let index = 0; index < cells.length; index += 50) cells[index] = Number.NaN
    const parts = varianceParts(cells, 200, 200)
    expect(parts.prompt).toBeCloseTo(1 / 14, 1)
    expect(parts.example).toBeCloseTo(4 / 14, 1)
    expect(parts.interaction).toBeCloseTo(9 / 14, 1)
    expect(parts.prompt + parts.example + parts.interaction).toBeCloseTo(1, 12)
    expect(parts.residuals[0]).toBeNaN()
  })

  it('says nothing varies where nothing does', () => {
    expect(varianceParts(new Float64Array(6).fill(1), 2, 3)).toMatchObject({ prompt: 0, example: 0, interaction: 0 })
  })
})

describe('splitHalfReliability', () => {
  it('agrees with variance of rows / variance of row means', () => {
    const { cells } = crossed(400, 50, [1, 0, 5])
    expect(splitHalfReliability(cells, 400, 50)).toBeCloseTo(1 / (1 + 25 / 50), 1)
  })
})

describe('leaveOneOut', () => {
  const n = 60
  const squared = new Float64Array(n * n)
  for (let i = 0; i < n; i++) for (let j = 0; j < n; j++) squared[i * n + j] = ((i - j) / 10) ** 2

  it('predicts what is smooth in the distance', () => {
    const smooth = Array.from({ length: n }, (_, i) => Math.sin(i / 8))
    expect(leaveOneOut(createJsBackend(), [squared], smooth)).toMatchObject({
      explained: expect.closeTo(1, 1),
      correlation: expect.closeTo(1, 1),
      upperCorrelation: expect.closeTo(1, 1),
    })
  })

  it('predicts nothing from noise, on average', () => {
    const random = createRandom(5)
    const explained = Array.from({ length: 10 }, () => {
      const noise = Array.from({ length: n }, () => random.normal())
      return leaveOneOut(createJsBackend(), [squared], noise).explained
    })
    expect(explained.reduce((sum, value) => sum + value, 0) / explained.length).toBeLessThan(0.08)
  })

  it('is what refitting without the observation gives', () => {
    // Two observations at distance 0 and one far away: leaving one of the twins out predicts it from the other.
    const far = Float64Array.of(0, 0, 9, 0, 0, 9, 9, 9, 0)
    const { explained, noiseRatio, lengthScale } = leaveOneOut(createJsBackend(), [far], [1, 1.1, -2.1])
    const kernel = (distance: number) => Math.exp((-0.5 * distance) / 9 / lengthScale ** 2)
    const left = (y: number, [a, b]: readonly [number, number], [ka, kb]: readonly [number, number], kab: number) => {
      const determinant = (1 + noiseRatio) ** 2 - kab * kab
      const weightA = ((1 + noiseRatio) * ka - kab * kb) / determinant
      const weightB = ((1 + noiseRatio) * kb - kab * ka) / determinant
      return y - weightA * a - weightB * b
    }
    const errors = [
      left(1, [1.1, -2.1], [1, kernel(9)], kernel(9)),
      left(1.1, [1, -2.1], [1, kernel(9)], kernel(9)),
      left(-2.1, [1, 1.1], [kernel(9), kernel(9)], 1),
    ]
    const spread = [1, 1.1, -2.1].reduce((sum, y) => sum + ((y * 3) / 2) ** 2, 0)
    expect(explained).toBeCloseTo(1 - errors.reduce((sum, error) => sum + error * error, 0) / spread, 8)
  })
})

describe('describeTable', () => {
  it('describes a table with a holdout and without embeddings', () => {
    const prompts = Array.from({ length: 12 }, (_, index) => ({
      id: `p${index}`,
      text: `${index % 2 ? 'Think.' : 'Answer.'} ${'very '.repeat(index)}`,
    }))
    const scores = Float64Array.from({ length: 12 * 8 }, (_, index) =>
      Number(Math.floor(index / 8) % 2 === 1 || index % 8 < 3),
    )
    const table: Table = {
      name: 'tiny.test',
      task: 'tiny',
      model: 'test',
      prompts,
      searchExamples: 5,
      holdoutExamples: 3,
      scores,
      fingerprint: 'none',
    }
    const described = describeTable(
      table,
      prompts.map((candidate) => ({ candidate })),
      createJsBackend(),
    )
    expect(described.means.slice(0, 2)).toEqual([3 / 8, 1])
    expect(described.quantiles).toEqual([3 / 8, 3 / 8, 11 / 16, 1, 1])
    expect(described.holdoutCorrelation).toBeCloseTo(1)
    expect(described.reliability).toBeCloseTo(1, 1)
    expect(described.predictability.embedding).toBeUndefined()
    expect(described.predictability.words?.explained).toBeGreaterThan(0.8)
    expect(described.interactionOfNeighbors).toBeNaN()
  })
})
