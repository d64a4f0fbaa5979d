/**
 * How events are written into a database row. Three kinds make up nearly all of a large log, and become short arrays:
 * half the bytes and half the time to parse. All others are kept as they are.
 *
 *     reserved  ["r", call, inputTokens, outputTokens, usd, action?, position | null, role, stage?]
 *     settled   ["s", call, inputTokens, outputTokens, usd, lost?]
 *     told      ["t", action, position, score, error | null, traced?]
 *
 * The arrays stand for version 1 of these events; another version gets other letters.
 *
 * @module
 */
import { CorruptError } from '../errors.ts'
import type { CallRole } from '../history/trace.ts'
import { EVENT_VERSION, type StudyEvent } from '../study/events.ts'

export type CompactEvent =
  | readonly ['r', number, number, number, number]
  | readonly ['r', number, number, number, number, number, number | null, CallRole, string?]
  | readonly ['s', number, number, number, number, true?]
  | readonly ['t', number, number, number | null, (string | null)?, true?]
  | StudyEvent

/** Only what {@link expand} gives back exactly is made compact. */
export function compact(event: StudyEvent): CompactEvent {
  if (event.v !== EVENT_VERSION) return event
  switch (event.type) {
    case 'reserved': {
      const { call, inputTokens, outputTokens, usd } = event
      if (!event.for) return ['r', call, inputTokens, outputTokens, usd]
      const { action, position = null, role, stage } = event.for
      return stage === undefined
        ? ['r', call, inputTokens, outputTokens, usd, action, position, role]
        : ['r', call, inputTokens, outputTokens, usd, action, position, role, stage]
    }
    case 'settled': {
      if (event.unsent) return event
      const { call, inputTokens, outputTokens, usd, lost } = event
      return lost ? ['s', call, inputTokens, outputTokens, usd, lost] : ['s', call, inputTokens, outputTokens, usd]
    }
    case 'told': {
      const { action, position, score, error, metrics, traced } = event
      if (metrics) return event
      if (traced) return ['t', action, position, score, error ?? null, traced]
      return error === undefined ? ['t', action, position, score] : ['t', action, position, score, error]
    }
    default:
      return event
  }
}

/** @throws CorruptError for what is no event, and for an array of no known kind. */
export function expand(event: CompactEvent): StudyEvent {
  if (typeof event !== 'object' || event === null) {
    throw new CorruptError(`an event is ${JSON.stringify(event)}; expected an object or an array`)
  }
  if (!isCompact(event)) return event
  const v = EVENT_VERSION
  switch (event[0]) {
    case 't': {
      const [, action, position, score, error, traced] = event
      return {
        v,
        type: 'told',
        action,
        position,
        score,
        ...(error === undefined || error === null ? {} : { error }),
        ...(traced ? { traced } : {}),
      }
    }
    case 'r': {
      const [, call, inputTokens, outputTokens, usd, action, position, role, stage] = event
      const reserved = { v, type: 'reserved', call, inputTokens, outputTokens, usd } as const
      if (action === undefined || role === undefined) return reserved
      const at = position === null || position === undefined ? {} : { position }
      return { ...reserved, for: { action, ...at, role, ...(stage === undefined ? {} : { stage }) } }
    }
    case 's': {
      const [, call, inputTokens, outputTokens, usd, lost] = event
      return lost
        ? { v, type: 'settled', call, inputTokens, outputTokens, usd, lost }
        : { v, type: 'settled', call, inputTokens, outputTokens, usd }
    }
    default:
      throw new CorruptError(`an event of kind ${JSON.stringify(event[0])} is unknown`, { remedy: 'Update krige.' })
  }
}

function isCompact(event: CompactEvent): event is Exclude<CompactEvent, StudyEvent> {
  return Array.isArray(event)
}
