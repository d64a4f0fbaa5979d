/**
 * The members of a study by who uses them, so that a part of the engine says what it touches.
 *
 * @module
 */
import type { Study } from './study.ts'

/** For whoever sends calls: reservations, and what is left for them. */
export type StudyCalls = Pick<Study, 'state' | 'callsLeft' | 'reserveCall' | 'settleLostCalls'>

/** For the final comparison, which no policy takes part in. */
export type StudyHoldout = Pick<Study, 'state' | 'askHoldout' | 'askHoldoutComparison'>

/** For whoever stores a study and says how it went. */
export type StudyJournal = Pick<
  Study,
  'state' | 'drain' | 'serialize' | 'serialise' | 'setBudget' | 'noteProgress' | 'conclude'
>

/** For whoever asks, measures and tells. */
export type StudySearch = Omit<Study, Exclude<keyof (StudyCalls & StudyHoldout & StudyJournal), 'state'>>
