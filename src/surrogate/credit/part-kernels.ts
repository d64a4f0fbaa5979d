/**
 * What a program consists of, and how alike two candidates are in each part: its stages, and parameters that belong to none.
 *
 * @module
 */
import { createTextVectors } from '../../features/text-vectors.ts'
import { characterNGrams } from '../../features/tokens.ts'
import type { PoolEntry } from '../../prompt/candidate.ts'
import { stageOfSlot } from '../../prompt/staged-program.ts'
import type { ParameterValue } from '../../space/parameter.ts'

export interface Part {
  readonly name: string
  readonly kind: 'stage' | 'parameter'
  /** Correlation of every two prompts in this part: n×n, row-major, 1 on the diagonal, positive semi-definite. */
  readonly correlations: Float64Array
}

/** Of a correlation, what texts must be equal for; the rest is the cosine of their n-grams. */
const EQUAL = 0.5

/** The parts in which the prompts differ. */
export function partsOf(entries: readonly PoolEntry[], stages: readonly string[]): Part[] {
  const parts: Part[] = []
  for (const stage of stages) {
    const texts = entries.map(({ candidate }) => {
      const own = Object.entries(candidate.slots ?? {}).filter(([slot]) => stageOfSlot(slot) === stage)
      const parameters = Object.entries(candidate.parameters ?? {}).filter(([name]) => stageOfSlot(name) === stage)
      return [...own, ...parameters].map(([name, value]) => `${name}\n${value}`).join('\n\n')
    })
    parts.push({ name: stage, kind: 'stage', correlations: textCorrelations(texts) })
  }
  const names = new Set(entries.flatMap(({ candidate }) => Object.keys(candidate.parameters ?? {})))
  for (const name of names) {
    if (stages.includes(stageOfSlot(name))) continue
    const values = entries.map(({ candidate }) => candidate.parameters?.[name] ?? null)
    if (new Set(values).size > 1) parts.push({ name, kind: 'parameter', correlations: valueCorrelations(values) })
  }
  return parts
}

function textCorrelations(texts: readonly string[]): Float64Array {
  const n = texts.length
  const distinct = [...new Set(texts)]
  const counts = distinct.map((text) => characterNGrams(text, 2, 4))
  const vectors = createTextVectors(counts)
  const rows = counts.map((count) => vectors.vector(count))
  const squared = rows.map((row) => vectors.squaredDistances(row, rows))
  const place = new Map(distinct.map((text, index) => [text, index]))
  const index = texts.map((text) => place.get(text)!)
  const out = new Float64Array(n * n)
  for (let i = 0; i < n; i++) {
    for (let j = 0; j < n; j++) {
      const same = index[i] === index[j]
      out[i * n + j] = same ? 1 : (1 - EQUAL) * Math.max(0, 1 - squared[index[i]!]![index[j]!]! / 2)
    }
  }
  return out
}

/** Numbers by exp(−|difference| / range), else equal or not. */
function valueCorrelations(values: readonly ParameterValue[]): Float64Array {
  const n = values.length
  const numbers = values.filter((value) => typeof value === 'number')
  const range = numbers.length > 1 ? Math.max(...numbers) - Math.min(...numbers) : 0
  const out = new Float64Array(n * n)
  for (let i = 0; i < n; i++) {
    for (let j = 0; j < n; j++) {
      const [a, b] = [values[i], values[j]]
      const near = typeof a === 'number' && typeof b === 'number' && range > 0 ? Math.exp(-Math.abs(a - b) / range) : 0
      out[i * n + j] = a === b ? 1 : near
    }
  }
  return out
}
