/**
 * Studies that keep no prompt text: the log holds a hash in its place, and the task gives the text back on a resume.
 *
 * @module
 */
import { createHash } from 'node:crypto'
import { ConflictError } from '../errors.ts'
import { type Candidate, type CandidateOrigin, candidateText, readOrigin } from '../prompt/candidate.ts'
import type { StudyEvent } from '../study/events.ts'

const PREFIX = 'sha256:'
const HASH = /^sha256:[0-9a-f]{64}$/

/** What a stored candidate has for a text when texts are not kept. */
export function textHash(candidate: Candidate): string {
  return (
    PREFIX +
    createHash('sha256')
      .update(JSON.stringify([candidateText(candidate), candidate.slots ?? null]))
      .digest('hex')
  )
}

/** Whether a stored candidate has a hash instead of its text. */
export function isHidden(candidate: Candidate): boolean {
  return HASH.test(candidate.text ?? '')
}

/** An event as it is stored: ids, parameters and origins stay, texts become hashes or are left out. */
export function hideTexts(event: StudyEvent): StudyEvent {
  if (event.type === 'created') {
    const { template: _, ...config } = event.config
    return { ...event, config }
  }
  if (event.type !== 'candidates') return event
  return {
    ...event,
    candidates: event.candidates.map((candidate) => {
      const { slots: _, origin, ...kept } = candidate
      const { hypothesis: __, ...shown } = origin ?? {}
      return { ...kept, text: textHash(candidate), ...(origin ? { origin: shown as CandidateOrigin } : {}) }
    }),
  }
}

export interface TextRevealer {
  reveal(event: StudyEvent): StudyEvent
  /** Whether a hash was found: then the study goes on keeping no texts. */
  readonly hidden: boolean
}

/**
 * Gives candidates their texts back from the pool of the task.
 *
 * @throws ConflictError when a prompt is not in the pool any more, or was changed.
 */
export function revealTexts(pool: readonly Candidate[]): TextRevealer {
  let hidden = false
  const byId = new Map(pool.map((candidate) => [candidate.id, candidate]))
  const reveal = (event: StudyEvent): StudyEvent => {
    if (event.type !== 'candidates') return event
    return {
      ...event,
      candidates: event.candidates.map((stored) => {
        if (!isHidden(stored)) return stored
        hidden = true
        const known = byId.get(stored.id)
        if (known && textHash(known) === stored.text) return known
        const { by, name } = readOrigin(stored.origin ?? 'pool')
        if (!known && (by === 'proposer' || by === 'hand')) {
          throw new ConflictError(
            `prompt ${stored.id} was ${by === 'hand' ? 'added by hand' : `made by proposer ${name}`}, and the study keeps no texts: it cannot go on`,
            {
              remedy:
                'Start another study (--study NAME, or study in code); one that keeps texts can be resumed at any time.',
            },
          )
        }
        throw new ConflictError(`prompt ${stored.id} was ${known ? 'changed' : 'removed'} since the study began`, {
          remedy:
            'The study keeps no texts, so every prompt must stay in the task. Or start another study (--study NAME, or study in code).',
        })
      }),
    }
  }
  return {
    reveal,
    get hidden() {
      return hidden
    },
  }
}
