import type { CallReport, CallReservation } from '../../src/evaluation/evaluator.ts'

/** A call that may be sent. */
export const allowed = (settle: (report: CallReport) => void = () => {}): CallReservation => ({
  settle,
  release: () => {},
})
