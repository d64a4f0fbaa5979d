/**
 * Calls: reserved at their worst before they are sent, settled after.
 *
 * @module
 */
import { InvalidArgumentError } from '../errors.ts'
import { callsLeft } from './allowance.ts'
import type { StudyCalls } from './audiences.ts'
import { EVENT_VERSION } from './events.ts'
import { type CallPurpose, checkCost, NO_COST, type Reservation } from './ledger.ts'
import type { StudyParts } from './study-parts.ts'

type Calls = Pick<StudyCalls, 'reserveCall' | 'resumeCall' | 'settleLostCalls'>

export function createCalls({ state, emit }: StudyParts): Calls {
  const { ledger } = state
  /** Sent in batches by earlier processes, and not taken up yet. */
  const outstanding = new Set(
    [...ledger.openCalls()].flatMap(([call, { batch }]) => (batch === undefined ? [] : [call])),
  )

  const checkOpen = (call: number) => {
    if (!ledger.openCalls().has(call)) {
      throw new InvalidArgumentError(`call ${call} is not open; expected a reserved call`)
    }
  }

  const reservationOf = (call: number): Reservation => ({
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
    sentIn(batch, content) {
      checkOpen(call)
      emit({ v: EVENT_VERSION, type: 'batched', call, batch, ...(content === undefined ? {} : { content }) })
    },
  })

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
      return reservationOf(call)
    },
    resumeCall(purpose, content) {
      const open = [...outstanding].flatMap((call) => {
        const { batch, content: asked, for: purpose } = ledger.openCalls().get(call) ?? {}
        return batch === undefined ? [] : [{ call, batch, asked, purpose }]
      })
      const isOwn = (one: (typeof open)[number]) => isSame(one.purpose, purpose)
      const known = content === undefined ? [] : open.filter(({ asked }) => asked === content)
      const found =
        known.find(isOwn) ??
        known[0] ??
        // An earlier version did not note what was asked.
        open.find((one) => (one.asked === undefined || content === undefined) && isOwn(one))
      if (!found) return undefined
      outstanding.delete(found.call)
      return { ...reservationOf(found.call), batch: found.batch }
    },
    settleLostCalls(which = 'unknown') {
      const lost = [...ledger.openCalls()].filter(([, { batch }]) => which === 'all' || batch === undefined)
      for (const [call, { inputTokens, outputTokens, usd }] of lost) {
        outstanding.delete(call)
        emit({ v: EVENT_VERSION, type: 'settled', call, inputTokens, outputTokens, usd, lost: true })
      }
      return lost.length
    },
  }
}

function isSame(a: CallPurpose | undefined, b: CallPurpose): boolean {
  return a?.action === b.action && a.position === b.position && a.role === b.role && a.stage === b.stage
}
