/**
 * What every call goes through: reserved and in the log before it is sent, settled once, charged in full when its
 * sender forgets it.
 *
 * @module
 */
import type { Failure } from '../history/failure.ts'
import type { CallRole } from '../history/trace.ts'
import type { StudyCalls } from '../study/audiences.ts'
import type { CallPurpose, Reservation } from '../study/ledger.ts'
import type { CallReservation, Reserve } from './cell.ts'
import type { Journal } from './journal.ts'

export interface CallGate {
  readonly reserve: Reserve
  /** Whether a call was sent. */
  readonly used: boolean
  /** Ends the work: what was neither settled nor released is charged in full. */
  close(): void
}

/** Of the limit on calls, what may go to calls in a row that bring no answer, beside those in flight. */
const RISKED_SHARE = 0.25
const FEWEST_FAILURES = 8

export interface CallGates {
  /** The gate of one cell or generation. */
  open(work: Pick<CallPurpose, 'action' | 'position'>, usual: CallRole): CallGate
  /** Lets those look again who wait for budget: something else has ended. */
  wake(): void
}

/**
 * @param cancel Once it is aborted, no call is granted.
 * @param onDown Called once so many calls in a row brought no answer that a limit on calls is in danger. Each cell
 * tries again and again, and many cells do so at once.
 */
export function createCallGates(
  study: StudyCalls,
  journal: Pick<Journal, 'commit'>,
  cancel: AbortSignal,
  onDown: (calls: number, last: Failure) => void = () => {},
): CallGates {
  const { calls = Number.POSITIVE_INFINITY } = study.state.ledger.limits
  const patience = Math.max(FEWEST_FAILURES, Math.floor(RISKED_SHARE * calls))
  let failures = 0
  const learn = (failure: Failure | undefined) => {
    if (failure === undefined) failures = 0
    else if (failure.retryable && ++failures === patience) onDown(failures, failure)
  }
  let waiters: (() => void)[] = []
  const wake = () => {
    const woken = waiters
    waiters = []
    for (const resume of woken) resume()
  }
  const mayWait = (role: CallRole) => {
    const { ledger } = study.state
    if (ledger.openCalls().size === 0) return false
    return role === 'proposer' ? study.callsLeft >= 1 : ledger.left().calls >= 1
  }

  return {
    wake,
    open(work, usual) {
      const open = new Map<Reservation, () => void>()
      let closed = false
      let granted = 0
      const guard = (held: Reservation, chargeInFull: () => void, content?: string): CallReservation => {
        const once = (end: () => void) => {
          if (!open.delete(reservation)) return
          end()
          wake()
        }
        const reservation: CallReservation = {
          call: held.call,
          settle: (cost, failure) =>
            once(() => {
              held.settle(cost)
              if (usual !== 'proposer') learn(failure)
            }),
          release: () =>
            once(() => {
              granted--
              held.release()
            }),
          sentIn(batch) {
            if (open.has(reservation)) held.sentIn(batch, content)
            return journal.commit()
          },
          leaveOpen: () => once(() => {}),
          ...(held.batch === undefined ? {} : { batch: held.batch }),
        }
        open.set(reservation, chargeInFull)
        granted++
        return reservation
      }
      return {
        get used() {
          return granted > 0
        },
        async reserve(worst, { role = usual, stage, content } = {}) {
          const purpose = { ...work, role, ...(stage === undefined ? {} : { stage }) }
          for (;;) {
            if (cancel.aborted || closed) return undefined
            const resumed = study.resumeCall(purpose, content)
            if (resumed) return guard(resumed, () => resumed.settle(worst), content)
            const held = study.reserveCall(worst, purpose)
            if (held) {
              const reservation = guard(held, () => held.settle(worst), content)
              await journal.commit()
              if (!cancel.aborted && !closed) return reservation
              reservation.release()
              return undefined
            }
            if (!mayWait(role)) return undefined
            await new Promise<void>((resolve) => waiters.push(resolve))
          }
        },
        close() {
          closed = true
          for (const chargeInFull of open.values()) chargeInFull()
          open.clear()
        },
      }
    },
  }
}
