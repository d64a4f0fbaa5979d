import type { PoolEntry } from '../prompt/candidate.ts'
import type { ParameterValue } from '../space/parameter.ts'
import { type View, viewDistances } from './view.ts'

/**
 * How far apart two prompts' parameters are (0…1): the mean over parameters of the squared difference. It is in shares
 * of the pool's range where all values are numbers; elsewhere, or where one has none, a difference counts 1. Absent
 * when no parameter varies.
 */
export function parameterView(): View {
  return {
    name: 'parameters',
    squaredDistances(pool) {
      const size = pool.length
      const between = distanceOver(pool)
      if (!between) return undefined
      const squared = new Float64Array(size * size)
      for (let i = 0; i < size; i++) {
        for (let j = 0; j < i; j++) {
          const distance = between(pool[i]!, pool[j]!)
          squared[i * size + j] = distance
          squared[j * size + i] = distance
        }
      }
      return viewDistances('parameters', size, squared)
    },
    distancesFrom(basis) {
      const between = distanceOver(basis) ?? (() => 0)
      return (from, to) => Float64Array.from(to, (entry) => between(from, entry))
    },
  }
}

type Distance = (a: PoolEntry, b: PoolEntry) => number

function distanceOver(pool: readonly PoolEntry[]): Distance | undefined {
  const names = [...new Set(pool.flatMap(({ candidate }) => Object.keys(candidate.parameters ?? {})))]
  const axes = names.flatMap((name) => {
    const values = new Set(pool.map((entry) => parameterOf(entry, name)))
    if (values.size < 2) return []
    const numbers = [...values].filter((value) => typeof value === 'number')
    const isNumeric = [...values].every((value) => typeof value === 'number' || value === undefined)
    const span = isNumeric ? Math.max(...numbers) - Math.min(...numbers) : 0
    return [{ name, span }]
  })
  if (axes.length === 0) return undefined
  return (a, b) => {
    let sum = 0
    for (const { name, span } of axes) {
      const [one, other] = [parameterOf(a, name), parameterOf(b, name)]
      if (one === other) continue
      const isNear = span > 0 && typeof one === 'number' && typeof other === 'number'
      sum += isNear ? Math.min(1, ((one - other) / span) ** 2) : 1
    }
    return sum / axes.length
  }
}

function parameterOf({ candidate }: PoolEntry, name: string): ParameterValue | undefined {
  return candidate.parameters?.[name]
}
