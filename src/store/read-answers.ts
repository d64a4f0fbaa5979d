/**
 * What prompts answered, joined from the traces and the log.
 *
 * @module
 */
import type { Feedback } from '../history/measurement.ts'
import type { CallTrace, TraceRecord } from '../history/trace.ts'
import type { StudyState } from '../study/state.ts'
import type { Store } from './store.ts'

/** One answer, why it scored so, and the calls behind it. */
export interface Answer {
  /** Id of the prompt. */
  readonly prompt: string
  /** Index among the examples of its split. */
  readonly example: number
  readonly split: 'search' | 'holdout'
  readonly repeat: number
  /** In the user's direction; null where it failed. */
  readonly score: number | null
  readonly error?: string
  readonly output?: string
  readonly feedback: readonly Feedback[]
  readonly calls: readonly CallTrace[]
}

/** What was told of a cell. */
interface Told {
  readonly score: number | null
  readonly error?: string
  readonly repeat: number
}

/**
 * The answers of a study, prompt by prompt in the order of the pool.
 *
 * @param candidate Index of the only prompt wanted; without it, of all.
 * @throws CorruptError when the log or a trace is damaged.
 */
export async function* readAnswers(store: Store, state: StudyState, candidate?: number): AsyncGenerator<Answer> {
  const told = await readTold(store, state.config.name)
  const wanted = candidate === undefined ? state.candidates.keys() : [candidate]
  for (const index of wanted) {
    const records: TraceRecord[] = []
    for await (const chunk of store.traces(state.config.name, { candidate: index })) records.push(...chunk)
    records.sort(
      (a, b) => Number(a.holdout ?? false) - Number(b.holdout ?? false) || (a.example ?? 0) - (b.example ?? 0),
    )
    for (const { action, position, example = 0, holdout, trace } of records) {
      const { score, error, repeat } = told.get(`${action}/${position}`) ?? { score: null, repeat: 0 }
      yield {
        prompt: state.candidates[index]!.id,
        example,
        split: holdout ? 'holdout' : 'search',
        repeat,
        score,
        ...(error === undefined ? {} : { error }),
        ...(trace.output === undefined ? {} : { output: trace.output }),
        feedback: trace.feedback ?? [],
        calls: trace.calls,
      }
    }
  }
}

async function readTold(store: Store, name: string): Promise<ReadonlyMap<string, Told>> {
  const repeats = new Map<number, number>()
  const told = new Map<string, Told>()
  for await (const batches of store.read(name)) {
    for (const event of batches.flatMap(({ events }) => events)) {
      if (event.type === 'asked' && event.kind !== 'generate' && event.repeat) repeats.set(event.action, event.repeat)
      if (event.type !== 'told' || !event.traced) continue
      const { action, position, score, error } = event
      const repeat = repeats.get(action) ?? 0
      told.set(`${action}/${position}`, { score, repeat, ...(error === undefined ? {} : { error }) })
    }
  }
  return told
}
