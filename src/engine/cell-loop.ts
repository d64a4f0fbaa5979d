/**
 * Keeps a number of cells in hand. It takes open ones first, asks the study for more and tells results. Nothing is sent
 * that is not in the log.
 *
 * @module
 */

import { KrigeError, UnavailableError } from '../errors.ts'
import { type Failure, failure as failureOf, isFatal } from '../history/failure.ts'
import type { AskedAction, AskedGeneration, Study } from '../study/study.ts'
import { type Cell, cellsOf, keyOf, openCells, overrun, withoutRival } from './action-cells.ts'
import { createCallGates } from './call-gate.ts'
import type { CellEvaluator, CellMeasurement } from './cell.ts'
import { createDispatcher } from './dispatcher.ts'
import { type GenerateCandidates, type GenerationOutcome, openGeneration } from './generation.ts'
import type { Hold } from './hold.ts'
import type { Journal } from './journal.ts'
import { createRecorder } from './record-measurement.ts'

export interface CellLoopOptions {
  readonly study: Study
  readonly journal: Journal
  readonly evaluate: CellEvaluator
  /** Cells in flight at once; a function is asked whenever there is room for one more. */
  readonly concurrency: number | (() => number)
  readonly signal: AbortSignal
  /** Where more cells come from once the open ones are used up. */
  readonly next: () => Source
  /** Called after every result. */
  readonly onResult?: () => void
  /** Makes candidates for `generate` actions. */
  readonly generate?: GenerateCandidates
  /** Nothing starts while it holds. @defaultValue nothing does */
  readonly hold?: Hold
  /** So many transient failures in a row mean that the model is down. @defaultValue max(8, concurrency) */
  readonly patience?: number
}

export type Source =
  | { readonly kind: 'act'; readonly action: AskedAction }
  | { readonly kind: 'wait' }
  | { readonly kind: 'done'; readonly reason: string }

/** So many generations in a row that fail, or cost nothing and bring nothing, end or pause a search. */
const FRUITLESS_GENERATIONS = 8
const UNAFFORDABLE = 'the budget does not allow another call'

/**
 * Runs until the source is done and nothing is in flight.
 *
 * @returns Why the source was done.
 * @throws KrigeError `interrupted` when the signal aborts; `model` or `unavailable` when the model cannot work. In all
 * three cases the study can be resumed: what was in flight stays open.
 */
export async function runCells(options: CellLoopOptions): Promise<string> {
  const { study, journal, signal, hold } = options
  const room = () => (typeof options.concurrency === 'function' ? options.concurrency() : options.concurrency)
  const patience = options.patience ?? patienceOf(study, room())
  const dispatcher = createDispatcher<Cell | AskedGeneration, 'here'>()
  const want = (work: Cell | AskedGeneration) => dispatcher.want(keyOf(work), work)
  const reopened = [...study.state.actions.values()].flatMap((action) =>
    action.kind === 'evaluate' ? openCells(study, action) : [],
  )
  // A budget that was lowered since they were asked for has no room for all of them.
  for (const cell of reopened.splice(Math.max(0, reopened.length - overrun(study)))) {
    study.release(cell.action, 'the budget was lowered', [cell.position])
  }
  const streak: { readonly cell: Cell; readonly measurement: CellMeasurement }[] = []
  const stop = new AbortController()
  const cancel = AbortSignal.any([signal, stop.signal])
  const gates = createCallGates(study, journal, cancel, (calls, { message }) =>
    fail(pausedAfter(`${calls} calls in a row failed, the last with: ${message}`, 'when the model answers')),
  )
  let fruitless = 0
  let ended: string | undefined
  let leftOpen = false
  let failure: unknown
  let finished = () => {}

  const fail = (error: unknown) => {
    failure ??= error
    stop.abort()
  }

  const failModel = ({ message }: Failure) => {
    const remedy = 'Nothing is lost: once that is put right, or over, run it again.'
    fail(new KrigeError('model', message, { remedy }))
  }

  /** Failures that were held back because the model might have been down: it is not. */
  const tellStreak = () => {
    for (const { cell, measurement } of streak.splice(0)) record(cell, measurement)
  }

  const record = createRecorder(study, journal)

  const tell = (cell: Cell, measurement: CellMeasurement, callSent: boolean) => {
    const { failure } = measurement
    if (!failure) {
      tellStreak()
      record(cell, measurement)
    } else if (failure.kind === 'cancelled' || (failure.kind === 'budget' && cancel.aborted)) {
      // It stays open, also where the budget was not asked any more.
      leftOpen = true
    } else if (failure.kind === 'budget' && !callSent) {
      study.release(cell.action, UNAFFORDABLE, [cell.position])
      ended ??= UNAFFORDABLE
    } else if (isFatal(failure)) {
      failModel(failure)
    } else if (failure.retryable || (failure.kind !== 'budget' && !study.state.hasScore)) {
      streak.push({ cell, measurement })
      const { count, prompts } = failuresInARow()
      // What one prompt cannot be asked says nothing of the others.
      const isDown = failure.retryable || prompts > 1 || study.state.candidates.length === 1
      if (count >= patience && isDown) pauseFor(failure, count)
    } else {
      tellStreak()
      record(cell, measurement)
    }
  }

  /** Those held back, and before the first score those that were told because nothing else was pending. */
  const failuresInARow = () => {
    const told = study.state.hasScore ? [] : [...study.state.failures]
    return {
      count: told.reduce((sum, [, failed]) => sum + failed.count, streak.length),
      prompts: new Set([...streak.map(({ cell }) => cell.evaluation.index), ...told.map(([index]) => index)]).size,
    }
  }

  const pauseFor = ({ message, retryable }: Failure, count: number) => {
    const failed = streak.splice(0)
    const reason = retryable ? `the model was down: ${message}` : `nothing could be measured: ${message}`
    for (const { cell } of failed) study.release(cell.action, reason, [cell.position])
    const when = retryable
      ? 'when the model answers'
      : 'once that is put right; under another name where the task, its metric or its program had to change, past the response cache (--no-cache) where a model or judge had to'
    fail(pausedAfter(`${count} evaluations in a row failed, the last with: ${message}`, when))
  }

  /** Makes room for the next once this is told and its results are on their way to the disk. */
  const finishAfter = (done: Promise<void>, work: Cell | AskedGeneration) => {
    done
      .catch(fail)
      .then(async () => {
        dispatcher.finish(keyOf(work))
        gates.wake()
        const committed = journal.commit()
        pump()
        await committed
      })
      .catch(fail)
      .then(finish)
  }

  const startCell = (cell: Cell) => {
    const gate = gates.open({ action: cell.action, position: cell.position }, 'task')
    const measured = options
      .evaluate({
        action: cell.action,
        position: cell.position,
        ...withoutRival(cell.evaluation),
        ...(cell.evaluation.rival ? { rival: cell.evaluation.rival.candidate } : {}),
        example: cell.evaluation.examples[cell.position]!,
        signal: cancel,
        reserve: gate.reserve,
      })
      .finally(gate.close)
      .then((measurement) => {
        tell(cell, measurement, gate.used)
        options.onResult?.()
      })
    finishAfter(measured, cell)
  }

  const tellGeneration = (action: AskedGeneration, { candidates, rejected, failure }: GenerationOutcome) => {
    // Its answers are kept: a resumed study asks for it again, and pays for nothing twice.
    if (failure?.kind === 'cancelled' || (failure && cancel.aborted)) {
      leftOpen = true
      return
    }
    if (failure && isFatal(failure)) return failModel(failure)
    const error = failure?.message
    const added = study.tellCandidates(action.id, candidates, {
      ...(rejected ? { rejected } : {}),
      ...(error === undefined ? {} : { error }),
    })
    const { calls } = study.state.generations.at(-1)!
    fruitless = added.length > 0 || (calls > 0 && !failure) ? 0 : fruitless + 1
    if (fruitless < FRUITLESS_GENERATIONS) return
    if (failure?.retryable) {
      fail(
        new UnavailableError(`${fruitless} generations in a row failed, the last with: ${failure.message}`, {
          remedy: 'The study is paused. Run it again when the model answers.',
        }),
      )
    }
    // A policy that asks again and again for what costs nothing and brings nothing would never end.
    else ended ??= `nothing new can be proposed${error === undefined ? '' : `: ${error}`}`
  }

  const startGeneration = (action: AskedGeneration) => {
    const { generate } = options
    if (!generate) {
      dispatcher.finish(keyOf(action))
      tellGeneration(action, { candidates: [], failure: failureOf('program', 'no proposer is set up') })
      return
    }
    const gate = gates.open({ action: action.id }, 'proposer')
    const generated = openGeneration(action, gate, journal, cancel)
      .then(generate)
      .finally(gate.close)
      .then((outcome) => {
        tellGeneration(action, outcome)
        options.onResult?.()
      })
    finishAfter(generated, action)
  }

  const start = (work: Cell | AskedGeneration) => (work.kind === 'cell' ? startCell(work) : startGeneration(work))

  const pump = () => {
    while (!isHeld() && !cancel.aborted && ended === undefined && dispatcher.inHand < room()) {
      const work = dispatcher.take('here')
      if (work) {
        start(work)
        continue
      }
      const source = options.next()
      if (source.kind === 'wait') {
        // Held-back failures are all that is pending: nothing else will decide about them.
        if (dispatcher.inHand === 0 && streak.length > 0) tellStreak()
        else return
      } else if (source.kind === 'done') ended = source.reason
      else if (source.action.kind === 'generate') want(source.action)
      else cellsOf(source.action).forEach(want)
    }
  }

  const finish = () => {
    if (dispatcher.inHand === 0) finished()
  }

  const isHeld = () => hold?.held === true && ended === undefined && !cancel.aborted
  const unsubscribe = hold?.onChange(() => {
    try {
      pump()
    } catch (error) {
      fail(error)
    }
    finish()
  })
  cancel.addEventListener('abort', finish)

  try {
    for (const action of [...study.state.actions.values()]) {
      if (action.kind !== 'generate') continue
      const { v: _, type: __, action: id, ...asked } = action.asked
      want({ ...asked, id })
      start(dispatcher.take('here')!)
    }
    reopened.forEach(want)
    pump()
  } catch (error) {
    fail(error)
  }
  while (dispatcher.inHand > 0 || isHeld()) {
    await new Promise<void>((resolve) => {
      finished = resolve
    })
  }
  unsubscribe?.()
  if (failure === undefined && !signal.aborted) {
    tellStreak()
    for (const work of dispatcher.open.values()) {
      if (work.kind === 'cell') study.release(work.action, ended ?? 'not wanted any more', [work.position])
    }
  }
  try {
    await journal.commit()
  } catch (error) {
    failure ??= error
  }
  if (failure !== undefined) throw failure
  if (signal.aborted && (ended === undefined || leftOpen)) {
    throw new KrigeError('interrupted', 'interrupted', { remedy: 'Run it again to resume.' })
  }
  return ended ?? 'nothing was left to do'
}

function pausedAfter(what: string, when: string): UnavailableError {
  return new UnavailableError(what, {
    remedy: `The study is paused before it burns its budget. Run it again ${when}.`,
  })
}

/** Failed evaluations in a row that pause a run; fewer where few calls are to be had, because each is tried again. */
function patienceOf({ state }: Study, concurrency: number): number {
  const { calls = Number.POSITIVE_INFINITY } = state.ledger.limits
  return Math.max(2, Math.min(Math.max(8, concurrency), Math.floor(calls / 16)))
}
