/**
 * What the traces of a study add to its report.
 *
 * @module
 */
import type { CallRole } from '../history/trace.ts'
import { readAnswers } from '../store/read-answers.ts'
import type { Store } from '../store/store.ts'
import type { StudyState } from '../study/state.ts'
import type { ShownAnswer } from './separating-examples.ts'

/** Generations that are looked at for a model: many proposers ask none. */
const MOST_GENERATIONS = 50

export interface Shown {
  /** Of winner and baseline. */
  readonly answers: readonly ShownAnswer[]
  /** Which model played which role, as far as its texts are kept. */
  readonly models: Readonly<Partial<Record<CallRole, string>>>
}

/**
 * @example
 * await readShown(store, study.state) // { answers: [], models: {} }: no search has ended, and nothing was called
 */
export async function readShown(store: Store, state: StudyState): Promise<Shown> {
  const { conclusion, generations, config } = state
  const answers: ShownAnswer[] = []
  const models: { -readonly [Role in CallRole]?: string } = {}
  const judged = [conclusion?.winner.candidate, conclusion?.baseline?.candidate]
  for (const candidate of new Set(judged)) {
    if (candidate === undefined) continue
    for await (const { calls, ...answer } of readAnswers(store, state, candidate)) {
      for (const { role, model } of calls) models[role] ??= model
      const asked = calls.find(({ role }) => role === 'task')
      answers.push(asked === undefined ? answer : { ...answer, asked })
    }
  }
  for (const { action } of generations.slice(0, MOST_GENERATIONS)) {
    if (models.proposer !== undefined) break
    for await (const records of store.traces(config.name, { action })) {
      for (const { role, model } of records.flatMap(({ trace }) => trace.calls)) models[role] ??= model
    }
  }
  return { answers, models }
}
