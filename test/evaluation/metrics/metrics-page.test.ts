import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import * as z from 'zod'
import { METRICS } from '../../../src/evaluation/metrics/registry.ts'

const page = readFileSync(new URL('../../../docs/metrics.md', import.meta.url), 'utf8')
const rows = new Map(
  [...page.matchAll(/^\| `([\w-]+)` \|[^|]*\|([^|]*)\|/gm)].map(([, name, settings]) => [name!, settings!]),
)

describe('the page about metrics', () => {
  it('describes every built-in metric, and no other', () => {
    expect([...rows.keys()].sort()).toEqual(METRICS.map(({ name }) => name).sort())
  })

  it.each(METRICS.map((metric) => [metric.name, metric] as const))('names every setting of %s', (name, { options }) => {
    const { properties = {} } = z.toJSONSchema(options, { io: 'input' })
    const described = [...rows.get(name)!.matchAll(/`(\w+)` \(|`(\w+)`(?=,|$| $)/g)].map(
      (match) => match[1] ?? match[2],
    )
    expect(described.sort()).toEqual(Object.keys(properties).sort())
  })
})
