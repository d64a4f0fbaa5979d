/**
 * Calls: reserved at their worst before they are sent, settled after.
 *
 * @module
 */
import { InvalidArgumentError } from '../errors.ts'
import { callsLeft } from './allowance.ts'
import type { StudyCalls } from './audiences.ts'
import { EVENT_VERSION } from './events.ts'
import { checkCost, NO_COST } from './ledger.ts'
import type { StudyParts } from './study-parts.ts'

export function createCalls({ state, emit }: StudyParts): Pick<StudyCalls, 'reserveCall' | 'settleLostCalls'> {
  const { ledger } = state

  const checkOpen = (call: number) => {
    if (!ledger.openCalls().has(call)) {
      throw new InvalidArgumentError(`call ${call} is not open; expected a reserved call`)
    }
  }

  return {
    reserveCall(worst, purpose) {
      checkCost(worst)
      if (!ledger.affords(worst)) return undefined
      // What the holdout and pending cells need is not for proposers to spend.
      if (purpose?.role === 'proposer' && callsLeft(state) < 1) return undefined
      const call = state.lastCall + 1
      const { inputTokens, outputTokens, usd } = worst
      emit({
        v: EVENT_VERSION,
        type: 'reserved',
        call,
        inputTokens,
        outputTokens,
        usd,
        ...(purpose ? { for: purpose } : {}),
      })
      return {
        call,
        settle({ inputTokens, outputTokens, usd }) {
          checkOpen(call)
          checkCost({ inputTokens, outputTokens, usd })
          emit({ v: EVENT_VERSION, type: 'settled', call, inputTokens, outputTokens, usd })
        },
        release() {
          checkOpen(call)
          emit({ v: EVENT_VERSION, type: 'settled', call, ...NO_COST, unsent: true })
        },
      }
    },
    settleLostCalls() {
      const open = [...ledger.openCalls()]
      for (const [call, { inputTokens, outputTokens, usd }] of open) {
        emit({ v: EVENT_VERSION, type: 'settled', call, inputTokens, outputTokens, usd, lost: true })
      }
      return open.length
    },
  }
}
