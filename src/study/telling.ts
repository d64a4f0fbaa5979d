/**
 * From a result to what the log says of it.
 *
 * @module
 */
import * as z from 'zod'
import { checkInput } from '../check-input.ts'
import { InvalidArgumentError } from '../errors.ts'
import {
  checkMeasurementKeys,
  type Measurement,
  type MeasurementInput,
  readMeasurement,
} from '../history/measurement.ts'
import type { StudySearch } from './audiences.ts'
import {
  checkComparison,
  checkExample,
  checkExamples,
  checkFinite,
  checkIndex,
  checkRepeat,
  checkSummary,
  comparisonSchema,
  observationSchema,
  type Summary,
} from './checks.ts'
import { EVENT_VERSION, type SummarizedEvent, type ToldEvent } from './events.ts'
import type { OpenEvaluation } from './state.ts'
import type { StudyParts } from './study-parts.ts'

export type Telling = Pick<
  StudySearch,
  'tell' | 'tellAll' | 'tellCell' | 'fail' | 'release' | 'enqueue' | 'observe' | 'observeComparison'
>

export function createTelling({ state, pool, emit }: StudyParts): Telling {
  const { config } = state

  const openEvaluation = (id: number): OpenEvaluation => {
    const action = state.actions.get(id)
    if (action?.kind === 'evaluate') return action
    throw new InvalidArgumentError(
      `action ${id} is ${id <= state.lastAction && id > 0 ? 'complete' : 'unknown'}; expected the id of an action that waits for results`,
    )
  }

  const toldCell = (action: number, position: number, measurement: Measurement, traced = false): ToldEvent => {
    const { score = null, failure, metrics = {} } = measurement
    return {
      v: EVENT_VERSION,
      type: 'told',
      action,
      position,
      score,
      ...(failure ? { error: failure.message } : {}),
      ...(score !== null && Object.keys(metrics).length > 0 ? { metrics } : {}),
      ...(traced ? { traced: true } : {}),
    }
  }

  /** Checks all results of an action before anything is told. */
  const eventsOf = (id: number, given: Told): (ToldEvent | SummarizedEvent)[] => {
    const action = openEvaluation(id)
    const scores = isList(given) || isSummary(given) ? given : [given]
    if (isSummary(scores)) {
      checkSummary(scores)
      if (action.split === 'holdout' || action.open.size < action.asked.examples.length) {
        throw new InvalidArgumentError(`action ${id} is told in part already; expected one result per cell`)
      }
      if (action.asked.rival !== undefined) {
        throw new InvalidArgumentError(`action ${id} compares; expected one result per comparison`)
      }
      const { mean, standardError, count } = scores
      return [{ v: EVENT_VERSION, type: 'summarised', action: id, mean, standardError, count }]
    }
    if (scores.length !== action.asked.examples.length) {
      throw new InvalidArgumentError(
        `action ${id} got ${scores.length} scores; expected ${action.asked.examples.length}, one for each of its examples`,
      )
    }
    const measured = scores.map((score, position) => {
      checkMeasurementKeys(score, `scores[${position}]`)
      return readMeasurement(score, `scores[${position}]`)
    })
    if (action.asked.rival !== undefined) measured.forEach(checkComparison)
    return measured.flatMap((measurement, position) =>
      action.open.has(position) ? [toldCell(id, position, measurement)] : [],
    )
  }

  const telling: Telling = {
    tell(id, given) {
      for (const event of eventsOf(id, given)) emit(event)
    },
    tellAll(results) {
      checkInput<unknown>(resultsSchema, results, 'results')
      const repeated = results.find(({ action }, place) => results.findIndex((one) => one.action === action) < place)
      if (repeated) throw new InvalidArgumentError(`action ${repeated.action} stands there twice; expected it once`)
      for (const event of results.flatMap(({ action, scores }) => eventsOf(action, scores))) emit(event)
    },
    tellCell(id, position, outcome, { traced = false } = {}) {
      const { open, asked } = openEvaluation(id)
      if (!open.has(position)) {
        throw new InvalidArgumentError(`position ${position} of action ${id} does not wait for a result`)
      }
      const measurement = readMeasurement(outcome, 'outcome')
      if (asked.rival !== undefined) checkComparison(measurement)
      emit(toldCell(id, position, measurement, traced))
    },
    fail(id, error) {
      for (const position of [...openEvaluation(id).open]) telling.tellCell(id, position, { error })
    },
    release(id, reason, positions) {
      const action = openEvaluation(id)
      checkInput(z.string(), reason, 'reason')
      checkInput(z.array(z.int()).optional(), positions, 'positions')
      for (const position of positions ?? []) {
        if (!action.open.has(position))
          throw new InvalidArgumentError(`position ${position} of action ${id} is not open`)
      }
      emit({
        v: EVENT_VERSION,
        type: 'released',
        action: id,
        reason,
        ...(positions ? { positions: [...positions] } : {}),
      })
    },
    enqueue(candidate, examples) {
      checkIndex(candidate, pool.length)
      checkExamples(examples, config.exampleCount)
      emit({ v: EVENT_VERSION, type: 'enqueued', candidate, examples: [...new Set(examples)] })
    },
    observe(observation) {
      checkInput<unknown>(observationSchema, observation, 'observation')
      const { candidate, example = -1, repeat = 0, count, standardError } = observation
      const score = typeof observation.score === 'boolean' ? Number(observation.score) : observation.score
      checkIndex(candidate, pool.length)
      if (observation.example !== undefined) checkExample(example, config.exampleCount)
      checkRepeat(repeat)
      if (score !== null) checkFinite(score, 'score')
      checkSummary({ mean: score ?? 0, standardError: standardError ?? 0, count: count ?? 1 })
      if (example >= 0 && count !== undefined && count !== 1) {
        throw new InvalidArgumentError(
          `count is ${count} beside example ${example}; expected none: a mean over several examples names no example`,
        )
      }
      if (example >= 0 && state.cells.has(candidate, example, repeat)) {
        throw new InvalidArgumentError(
          `candidate ${candidate} has a result on example ${example} already, or waits for one`,
        )
      }
      emit({
        v: EVENT_VERSION,
        type: 'observed',
        candidate,
        example,
        score,
        ...(repeat ? { repeat } : {}),
        ...(count === undefined ? {} : { count }),
        ...(standardError === undefined ? {} : { standardError }),
      })
    },
    observeComparison(comparison) {
      checkInput<unknown>(comparisonSchema, comparison, 'comparison')
      const { candidate, rival, example, outcome } = comparison
      if (config.response !== 'comparison') {
        throw new InvalidArgumentError(`policy ${config.policy} has scores; a comparison says nothing to it`, {
          remedy: "Create the study with policy 'comparison', or tell scores.",
        })
      }
      for (const index of [candidate, rival]) checkIndex(index, pool.length)
      checkExample(example, config.exampleCount)
      checkFinite(outcome, 'outcome')
      checkComparison({ score: outcome })
      if (candidate === rival || state.hasComparison('search', candidate, rival, example)) {
        throw new InvalidArgumentError(
          `candidates ${candidate} and ${rival} were compared on example ${example} already`,
        )
      }
      emit({ v: EVENT_VERSION, type: 'observed', candidate, rival, example, score: outcome })
    },
  }
  return telling
}

const resultsSchema = z.array(
  z.strictObject({ action: z.int(), scores: z.unknown() }),
  'expected a list of { action, scores }',
)

type Told = readonly MeasurementInput[] | MeasurementInput | Summary

function isList(told: Told): told is readonly MeasurementInput[] {
  return Array.isArray(told)
}

function isSummary(told: Told): told is Summary {
  return typeof told === 'object' && told !== null && 'mean' in told
}
