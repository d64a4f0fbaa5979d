import fc from 'fast-check'
import { expect, it } from 'vitest'
import { compact, expand } from '../../src/store/compact.ts'
import type { StudyEvent } from '../../src/study/events.ts'

const count = fc.nat()
const cost = {
  inputTokens: count,
  outputTokens: count,
  usd: fc.double({ min: 0, noNaN: true, noDefaultInfinity: true }),
}
const v = fc.constant(1 as const)
const optional = { requiredKeys: ['v', 'type', 'call', 'inputTokens', 'outputTokens', 'usd'] as const }

const purpose = fc.record(
  {
    action: count,
    position: count,
    role: fc.constantFrom('task' as const, 'judge' as const, 'proposer' as const),
    stage: fc.string(),
  },
  { requiredKeys: ['action', 'role'] },
)

const event: fc.Arbitrary<StudyEvent> = fc.oneof(
  fc.record(
    { v, type: fc.constant('reserved' as const), call: count, ...cost, for: purpose },
    { requiredKeys: [...optional.requiredKeys] },
  ),
  fc.record(
    {
      v,
      type: fc.constant('settled' as const),
      call: count,
      ...cost,
      lost: fc.constant(true as const),
      unsent: fc.constant(true as const),
    },
    { requiredKeys: [...optional.requiredKeys] },
  ),
  fc.record(
    {
      v,
      type: fc.constant('told' as const),
      action: count,
      position: count,
      score: fc.option(fc.double({ noNaN: true, noDefaultInfinity: true })),
      error: fc.string(),
      traced: fc.constant(true as const),
      metrics: fc.dictionary(fc.string(), fc.double({ noNaN: true, noDefaultInfinity: true }), {
        noNullPrototype: true,
      }),
    },
    { requiredKeys: ['v', 'type', 'action', 'position', 'score'] },
  ),
  fc.record({ v, type: fc.constant('budget' as const), budget: fc.record({ calls: count }) }),
)

it('gives every event back through JSON as it was', () => {
  fc.assert(
    fc.property(event, (original) => {
      const plain: StudyEvent = JSON.parse(JSON.stringify(original))
      expect(expand(JSON.parse(JSON.stringify(compact(plain))))).toEqual(plain)
    }),
  )
})

it('refuses letters it does not know', () => {
  expect(() => expand(['z', 1] as never)).toThrow('an event of kind "z" is unknown')
})
