import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import * as z from 'zod'
import { METRICS, metricTable } from '../../../src/evaluation/metrics/registry.ts'

const page = readFileSync(new URL('../../../docs/metrics.md', import.meta.url), 'utf8')

describe('the page about metrics', () => {
  it('shows what the metrics say of themselves (npm run docs:task)', () => {
    expect(page).toContain(`${metricTable()}\n| \`autoevals:NAME\``)
  })

  it.each(METRICS.map((metric) => [metric.name, metric] as const))('names every setting of %s', (_, metric) => {
    const { properties = {} } = z.toJSONSchema(metric.options, { io: 'input' })
    const described = [...(metric.page.settings ?? '').matchAll(/`(\w+)` \(|`(\w+)`(?=,|$| $)/g)].map(
      (match) => match[1] ?? match[2],
    )
    expect(described.sort()).toEqual(Object.keys(properties).sort())
  })
})
