import { checkInput, objectWith } from '../check-input.ts'
import { CorruptError } from '../errors.ts'
import type { StudyEvent } from '../study/events.ts'
import { createFold, type StudyFold } from '../study/state.ts'
import type { Store } from './store.ts'

/**
 * Folds a stored study.
 *
 * @param prepare Applied to every event before it is folded.
 * @returns `undefined` when the study exists but nothing was written to it yet.
 * @throws InvalidInputError when there is no such study; CorruptError when its log is damaged.
 * @example
 * const stored = await loadStudy(store, 'tickets')
 * stored?.state.config.policy // 'successive-halving'
 */
export async function loadStudy(
  store: Store,
  name: string,
  prepare: (event: StudyEvent) => StudyEvent = (event) => event,
): Promise<StudyFold | undefined> {
  checkInput<unknown>(objectWith('read'), store, 'store')
  let fold: StudyFold | undefined
  for await (const batches of store.read(name)) {
    for (const { events } of batches) {
      for (const stored of events) {
        const event = prepare(stored)
        try {
          if (fold) fold.apply(event)
          else fold = createFold(storedAs(name, event))
        } catch (error) {
          if (error instanceof TypeError) {
            throw new CorruptError(`event ${fold?.state.length ?? 0} is malformed: ${error.message}`, {
              remedy: '`krige doctor` says what can be read; restore the study from a backup or an export.',
              cause: error,
            })
          }
          throw error
        }
      }
    }
  }
  return fold
}

/** The first event of a study, under the name it is stored as: that of an import may be another than it began with. */
export function storedAs(name: string, event: StudyEvent): StudyEvent {
  return event.type === 'created' ? { ...event, config: { ...event.config, name } } : event
}
