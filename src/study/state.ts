/**
 * The state of a study as a fold of its events: deterministic, free of I/O, and all there is to know about it.
 *
 * @module
 */
import { CorruptError } from '../errors.ts'
import { UNEXPLAINED } from '../history/failure.ts'
import { createObservationLog, type ObservationHistory, type ObservationLog } from '../history/observation-log.ts'
import type { Fit, Generation } from '../policy/policy.ts'
import { type Candidate, contentKey, withOrigin } from '../prompt/candidate.ts'
import { type CellSet, createCellSet } from './cell-set.ts'
import { createComparisonLog } from './comparison-log.ts'
import {
  type AskedEvent,
  type AskedToGenerateEvent,
  type EnqueuedEvent,
  EVENT_VERSION,
  type GeneratedEvent,
  type ProgressEvent,
  type Split,
  type StudyConfig,
  type StudyEvent,
} from './events.ts'
import { createLedger } from './ledger.ts'
import { createMeasurementLog } from './measurements.ts'
import { type OpenAction, type OpenEvaluation, pendingCells, pendingComparisons } from './open-actions.ts'
import type { FailureCount, StudyFold, StudyState } from './study-state.ts'
import type { Conclusion } from './verdict.ts'

export type { OpenAction, OpenEvaluation, OpenGeneration } from './open-actions.ts'
export type { FailureCount, StudyFold, StudyState } from './study-state.ts'

/**
 * Starts a fold with its first event.
 *
 * @throws CorruptError when the log does not start with `created`, or was written by a newer version.
 * @example
 * const [first, ...later] = study.drain()
 * const fold = createFold(first!)
 * for (const event of later) fold.apply(event)
 * fold.state.config.name // 'tickets'
 */
export function createFold(first: StudyEvent): StudyFold {
  checkVersion(first)
  if (first.type !== 'created') {
    throw new CorruptError(`the log starts with ${first.type}; expected created`, {
      remedy: 'Run `krige doctor` on the study, or restore it from an export.',
    })
  }
  const config = readConfig(first.config)
  const candidates: Candidate[] = []
  const indexById = new Map<string, number>()
  const indexByContent = new Map<string, number>()
  const generations: Generation[] = []
  let pendingGenerations = 0
  const observations = createObservationLog()
  const holdout = createObservationLog()
  const cells = createCellSet(config.exampleCount)
  const holdoutCells = createCellSet(config.holdoutCount)
  const actions = new Map<number, OpenAction>()
  const queue: EnqueuedEvent[] = []
  const fits: Fit[] = []
  const progress: ProgressEvent[] = []
  const failures = new Map<number, FailureCount>()
  const measurements = createMeasurementLog()
  const comparisons = { search: createComparisonLog(), holdout: createComparisonLog() }
  const ledger = createLedger(first.budget)
  let lastAction = 0
  let lastCall = 0
  let length = 1
  let hasScore = false
  let conclusion: Conclusion | undefined
  let stopped: string | undefined
  let command = first.command
  let holdoutShare = config.holdoutEvaluations
  /** Holdout cells the present comparison can use. */
  let compared = 0

  const broken = (message: string) =>
    new CorruptError(`event ${length}: ${message}`, {
      remedy: 'Run `krige doctor` on the study, or restore it from an export.',
    })
  const checkCandidate = (index: number) => {
    if (!(index >= 0 && index < candidates.length)) {
      throw broken(`candidate ${index} does not exist; the pool has ${candidates.length}`)
    }
  }
  const evaluation = (id: number, position?: number): OpenEvaluation => {
    const action = actions.get(id)
    if (action?.kind !== 'evaluate') throw broken(`action ${id} is not an open evaluation`)
    if (position !== undefined && !action.open.has(position)) {
      throw broken(`position ${position} of action ${id} is not open`)
    }
    return action
  }
  const logOf = (split: Split): ObservationLog => (split === 'search' ? observations : holdout)
  const turned = config.direction === 'minimize' ? (score: number) => -score : (score: number) => score
  const observe = (log: ObservationLog, observation: Parameters<ObservationLog['append']>[0]) => {
    log.append({ ...observation, score: observation.score === null ? null : turned(observation.score) })
  }
  const cellsOf = (split: Split): CellSet => (split === 'search' ? cells : holdoutCells)
  const fail = (candidate: number, error: string | undefined) => {
    const known = failures.get(candidate)
    if (known) {
      known.count++
      known.latest = error ?? known.latest
    } else failures.set(candidate, { count: 1, latest: error ?? UNEXPLAINED })
  }
  const close = (action: OpenEvaluation, position: number) => {
    action.open.delete(position)
    if (action.open.size === 0) actions.delete(action.asked.action)
  }

  const takeComparison = (split: Split, candidate: number, rival: number, example: number) => {
    checkCandidate(rival)
    if (!comparisons[split].take(candidate, rival, example)) {
      throw broken(`candidates ${candidate} and ${rival} are compared on example ${example} twice`)
    }
  }

  const ask = (event: AskedEvent | AskedToGenerateEvent) => {
    if (event.action !== lastAction + 1) throw broken(`action ${event.action} follows action ${lastAction}`)
    lastAction = event.action
    if (event.kind === 'generate') {
      for (const parent of event.parents) checkCandidate(parent)
      actions.set(event.action, { kind: 'generate', asked: event })
      pendingGenerations++
      return
    }
    checkCandidate(event.candidate)
    const split = event.stage ?? 'search'
    const open = new Set<number>()
    for (let position = 0; position < event.examples.length; position++) {
      const example = event.examples[position]!
      if (event.rival !== undefined) {
        takeComparison(split, event.candidate, event.rival, example)
      } else if (!cellsOf(split).add(event.candidate, example, event.repeat ?? 0)) {
        throw broken(`candidate ${event.candidate} is asked for example ${example} twice`)
      }
      open.add(position)
    }
    if (event.enqueued) queue.shift()
    if (open.size > 0) actions.set(event.action, { kind: 'evaluate', asked: event, split, open })
    ledger.reserveEvaluations(open.size)
  }

  /** What a prompt shows says nothing of it: these cells are missing from the start, for every policy. */
  const withhold = (candidate: number, shows: readonly number[] = []) => {
    for (const example of shows) {
      if (!(example >= 0 && example < config.exampleCount))
        throw broken(`candidate ${candidate} shows example ${example}`)
      if (cells.add(candidate, example, 0)) observations.append({ candidate, example, repeat: 0, score: null })
    }
  }

  const endGeneration = (event: GeneratedEvent) => {
    const action = actions.get(event.action)
    if (action?.kind !== 'generate') throw broken(`action ${event.action} generates nothing`)
    const { proposer, parents } = action.asked
    const { duplicates = 0, rejected = {}, calls = 0, error } = event
    const added =
      typeof event.added === 'number'
        ? Array.from({ length: event.added }, (_, offset) => candidates.length - Number(event.added) + offset)
        : event.added
    for (const index of added) checkCandidate(index)
    actions.delete(event.action)
    pendingGenerations--
    generations.push({
      action: event.action,
      proposer,
      parents,
      added,
      duplicates,
      rejected,
      calls,
      ...(error === undefined ? {} : { error }),
    })
  }

  const apply = (event: StudyEvent) => {
    if (event.v !== EVENT_VERSION) checkVersion(event)
    stopped = undefined
    switch (event.type) {
      case 'told': {
        const action = evaluation(event.action, event.position)
        const { candidate, rival, examples, repeat } = action.asked
        const example = examples[event.position]!
        if (rival !== undefined) {
          comparisons[action.split].tell({ candidates: [candidate, rival], example, outcome: event.score })
        } else {
          observe(logOf(action.split), { candidate, example, repeat: repeat ?? 0, score: event.score })
        }
        if (action.split === 'holdout') compared++
        else if (event.score !== null) hasScore = true
        if (event.score === null) fail(candidate, event.error)
        if (event.metrics) measurements.add(candidate, event.metrics)
        close(action, event.position)
        ledger.settleEvaluations(1)
        break
      }
      case 'reserved':
        if (event.call <= lastCall) throw broken(`call ${event.call} follows call ${lastCall}`)
        lastCall = event.call
        ledger.reserveCall(event.call, event)
        break
      case 'batched':
        if (!ledger.openCalls().has(event.call)) throw broken(`call ${event.call} is sent in a batch but not open`)
        ledger.noteBatch(event.call, event.batch, event.content)
        break
      case 'settled':
        if (!ledger.openCalls().has(event.call)) throw broken(`call ${event.call} is settled but not open`)
        if (event.unsent) ledger.releaseCall(event.call)
        else ledger.settleCall(event.call, event)
        break
      case 'asked':
        ask(event)
        break
      case 'candidates':
        for (const candidate of event.candidates) {
          if (indexById.has(candidate.id)) throw broken(`candidate id ${JSON.stringify(candidate.id)} occurs twice`)
          indexById.set(candidate.id, candidates.length)
          const content = contentKey(candidate)
          if (!indexByContent.has(content)) indexByContent.set(content, candidates.length)
          candidates.push(withOrigin(candidate))
          withhold(candidates.length - 1, candidate.shows)
        }
        break
      case 'summarised': {
        const action = evaluation(event.action)
        if (action.asked.rival !== undefined) throw broken(`action ${event.action} compares: it has no mean`)
        observe(observations, {
          candidate: action.asked.candidate,
          example: -1,
          repeat: action.asked.repeat ?? 0,
          score: event.mean,
          count: event.count,
          standardError: event.standardError,
        })
        // The cells have no score of their own, but are not to be asked for again, by any policy.
        for (const position of action.open) {
          const { candidate, examples, repeat = 0 } = action.asked
          observe(observations, { candidate, example: examples[position]!, repeat, score: null, count: 0 })
        }
        hasScore = true
        ledger.settleEvaluations(action.open.size)
        actions.delete(event.action)
        break
      }
      case 'observed':
        checkCandidate(event.candidate)
        if (event.rival !== undefined) {
          const { candidate, rival, example, score: outcome } = event
          takeComparison('search', candidate, rival, example)
          comparisons.search.tell({ candidates: [candidate, rival], example, outcome })
          hasScore = true
          break
        }
        if (event.example >= 0 && !cells.add(event.candidate, event.example, event.repeat ?? 0)) {
          throw broken(`candidate ${event.candidate} is observed on example ${event.example} twice`)
        }
        observe(observations, {
          candidate: event.candidate,
          example: event.example,
          repeat: event.repeat ?? 0,
          score: event.score,
          ...(event.count === undefined ? {} : { count: event.count }),
          ...(event.standardError === undefined ? {} : { standardError: event.standardError }),
        })
        if (event.score === null) fail(event.candidate, undefined)
        else hasScore = true
        break
      case 'released': {
        const action = evaluation(event.action)
        const { candidate, rival, examples, repeat } = action.asked
        for (const position of event.positions ?? [...action.open]) {
          evaluation(event.action, position)
          const example = examples[position]!
          if (rival !== undefined) comparisons[action.split].release(candidate, rival, example)
          else cellsOf(action.split).delete(candidate, example, repeat ?? 0)
          ledger.releaseEvaluations(1)
          close(action, position)
        }
        break
      }
      case 'generated':
        endGeneration(event)
        break
      case 'fit':
        fits.push(event.fit)
        break
      case 'enqueued':
        checkCandidate(event.candidate)
        queue.push(event)
        break
      case 'budget':
        ledger.setLimits(event.budget)
        command = event.command ?? command
        holdoutShare = event.holdoutEvaluations ?? holdoutShare
        // The search goes on and may choose another winner; only what the baseline scored will be used again.
        compared =
          config.response === 'comparison'
            ? 0
            : countOf(holdout, config.baseline === undefined ? -1 : (indexById.get(config.baseline) ?? -1))
        break
      case 'progress':
        progress.push(event)
        break
      case 'concluded':
        conclusion = event.conclusion
        break
      case 'stopped':
        stopped = event.reason
        break
      case 'created':
        throw broken('the study is created twice')
      default:
        throw broken(`type ${JSON.stringify((event satisfies never as StudyEvent).type)} is unknown`)
    }
    length++
  }

  const state: StudyState = {
    config,
    candidates,
    indexById,
    indexByContent,
    generations,
    observations,
    holdout,
    cells,
    holdoutCells,
    actions,
    queue,
    fits,
    progress,
    failures,
    measurements,
    comparisons: comparisons.search.told,
    holdoutComparisons: comparisons.holdout.told,
    ledger,
    get lastAction() {
      return lastAction
    },
    get pendingGenerations() {
      return pendingGenerations
    },
    get lastCall() {
      return lastCall
    },
    get command() {
      return command
    },
    get hasScore() {
      return hasScore
    },
    get conclusion() {
      return conclusion
    },
    get stopped() {
      return stopped
    },
    get holdoutReserve() {
      return Math.max(0, holdoutShare - compared)
    },
    get holdoutShare() {
      return holdoutShare
    },
    get pendingCount() {
      return ledger.reserved.evaluations
    },
    get length() {
      return length
    },
    pending: (split) => pendingCells(actions.values(), split),
    pendingComparisons: (split) => pendingComparisons(actions.values(), split),
    hasComparison: (split, a, b, example) => comparisons[split].has(a, b, example),
    turned,
  }
  return { state, apply }
}

/**
 * @throws CorruptError on an empty log, or one whose events contradict each other.
 * @example
 * foldEvents(study.drain()).state.candidates.length // 4
 */
export function foldEvents(events: Iterable<StudyEvent>): StudyFold {
  let fold: StudyFold | undefined
  for (const event of events) {
    if (fold) fold.apply(event)
    else fold = createFold(event)
  }
  if (!fold) throw new CorruptError('the log is empty; expected a created event first')
  return fold
}

function countOf(log: ObservationHistory, candidate: number): number {
  let count = 0
  for (let index = 0; index < log.length; index++) if (log.candidate(index) === candidate) count++
  return count
}

/** Earlier logs say by the name of their policy that they compare. */
function readConfig(config: StudyConfig): StudyConfig {
  return config.policy === 'duels' ? { ...config, policy: 'comparison', response: 'comparison' } : config
}

function checkVersion(event: StudyEvent): void {
  if (event.v !== EVENT_VERSION) {
    throw new CorruptError(`the study was written in format ${event.v}; this version reads format ${EVENT_VERSION}`, {
      remedy: 'Use the version of krige that wrote it, or a newer one.',
    })
  }
}
