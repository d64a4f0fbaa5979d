import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { checkBudget, createLedger, NO_COST } from '../../src/study/ledger.ts'

const cost = fc.record({
  inputTokens: fc.nat(500),
  outputTokens: fc.nat(100),
  usd: fc.double({ min: 0, max: 0.01, noNaN: true }),
})

describe('ledger', () => {
  it('holds a reservation until the call is settled, then charges what it really cost', () => {
    const ledger = createLedger({ calls: 2, usd: 1 })
    ledger.reserveCall(1, { inputTokens: 10, outputTokens: 20, usd: 0.9 })
    expect(ledger.left()).toMatchObject({ calls: 1, usd: expect.closeTo(0.1) })
    expect(ledger.affords({ inputTokens: 0, outputTokens: 0, usd: 0.2 })).toBe(false)
    ledger.settleCall(1, { inputTokens: 10, outputTokens: 2, usd: 0.1 })
    expect(ledger.spent).toEqual({ evaluations: 0, calls: 1, inputTokens: 10, outputTokens: 2, usd: 0.1 })
    expect(ledger.affords({ inputTokens: 0, outputTokens: 0, usd: 0.9 })).toBe(true)
  })

  it('gives back what was reserved for a call that was not sent', () => {
    const ledger = createLedger({ calls: 1 })
    ledger.reserveCall(1, { inputTokens: 10, outputTokens: 20, usd: 0.9 })
    ledger.releaseCall(1)
    expect(ledger.left().calls).toBe(1)
    expect(ledger.spent).toEqual({ evaluations: 0, calls: 0, inputTokens: 0, outputTokens: 0, usd: 0 })
    expect(() => ledger.releaseCall(1)).toThrow('call 1 is not reserved')
  })

  it('notices when a provider charges more than the worst case', () => {
    const ledger = createLedger({})
    ledger.reserveCall(1, { inputTokens: 10, outputTokens: 5, usd: 0 })
    ledger.settleCall(1, { inputTokens: 14, outputTokens: 5, usd: 0 })
    expect(ledger.exceeded).toEqual({ inputTokens: 4, outputTokens: 0, usd: 0 })
  })

  it('has no room for what may take nothing once a limit is exceeded', () => {
    for (const limits of [{ inputTokens: 10 }, { outputTokens: 10 }, { tokens: 20 }, { usd: 0.1 }]) {
      const ledger = createLedger(limits)
      ledger.reserveCall(1, NO_COST)
      ledger.settleCall(1, { inputTokens: 11, outputTokens: 11, usd: 0.11 })
      expect(ledger.affords(NO_COST)).toBe(false)
    }
  })

  it('never overshoots, in any order of reservations and settlements within them', () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(cost, fc.double({ min: 0, max: 1, noNaN: true }), fc.boolean()), { maxLength: 200 }),
        fc.record({ calls: fc.nat(50), tokens: fc.nat(20_000), usd: fc.double({ min: 0, max: 0.3, noNaN: true }) }),
        (steps, limits) => {
          const ledger = createLedger(limits)
          let call = 0
          const settle = (share: number) => {
            const [oldest] = ledger.openCalls()
            if (!oldest) return
            const [id, worst] = oldest
            ledger.settleCall(id, {
              inputTokens: Math.floor(worst.inputTokens * share),
              outputTokens: Math.floor(worst.outputTokens * share),
              usd: worst.usd * share,
            })
          }
          for (const [worst, share, settles] of steps) {
            if (ledger.affords(worst)) ledger.reserveCall(++call, worst)
            if (settles) settle(share)
            const { spent, reserved } = ledger
            expect(spent.calls + reserved.calls).toBeLessThanOrEqual(limits.calls)
            const tokens = spent.inputTokens + spent.outputTokens + reserved.inputTokens + reserved.outputTokens
            expect(tokens).toBeLessThanOrEqual(limits.tokens)
            expect(spent.usd + reserved.usd).toBeLessThanOrEqual(limits.usd + 1e-9)
          }
          while (ledger.openCalls().size > 0) settle(1)
          expect(ledger.reserved).toEqual({ evaluations: 0, calls: 0, inputTokens: 0, outputTokens: 0, usd: 0 })
          expect(ledger.spent.calls).toBe(call)
        },
      ),
    )
  })

  it.each([
    [{ calls: -1 }, 'budget.calls is -1'],
    [{ evaluations: 1.5 }, 'budget.evaluations is 1.5'],
    [{ usd: Number.NaN }, 'budget.usd is NaN'],
  ])('refuses %j', (budget, message) => {
    expect(() => createLedger(budget)).toThrow(message)
  })

  it('allows a budget of part of a dollar, and infinity', () => {
    expect(createLedger({ usd: 0.25, calls: Number.POSITIVE_INFINITY }).left().calls).toBe(Number.POSITIVE_INFINITY)
  })
})

describe('checkBudget', () => {
  it.each<readonly [unknown, string]>([
    [{ evaluation: 5 }, 'unknown key budget.evaluation. Did you mean evaluations?'],
    [{ token: 5 }, 'Did you mean tokens?'],
    [{ zzz: 5 }, 'Known keys: evaluations, calls'],
    [9, 'budget is 9; expected object'],
    [undefined, 'budget is missing'],
    [null, 'budget is null'],
    [[], 'budget is []'],
    [{ calls: '5' }, 'budget.calls is "5"'],
  ])('refuses %j', (budget, message) => {
    expect(() => checkBudget(budget as never)).toThrow(message)
  })
})
