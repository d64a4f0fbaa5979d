import fc from 'fast-check'
import { expect, it } from 'vitest'
import { overshoots, simulatedRun } from '../support/simulated-run.ts'

it('never overshoots a budget in 10,000 simulated runs', { timeout: 600_000 }, async () => {
  const property = fc.asyncProperty(simulatedRun, async (run) => {
    expect(await overshoots(run)).toEqual([])
  })
  await fc.assert(property, { numRuns: 10_000 })
})
