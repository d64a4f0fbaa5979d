import { CorruptError } from '../errors.ts'
import { createFold, type StudyFold } from '../study/state.ts'
import type { Store } from './store.ts'

/**
 * Folds a stored study.
 *
 * @returns `undefined` when the study exists but nothing was written to it yet.
 * @throws InvalidInputError when there is no such study; CorruptError when its log is damaged.
 */
export async function loadStudy(store: Store, name: string): Promise<StudyFold | undefined> {
  let fold: StudyFold | undefined
  for await (const batches of store.read(name)) {
    for (const { events } of batches) {
      for (const event of events) {
        try {
          if (fold) fold.apply(event)
          else fold = createFold(event)
        } catch (error) {
          if (error instanceof TypeError) {
            throw new CorruptError(`event ${fold?.state.length ?? 0} is malformed: ${error.message}`, { cause: error })
          }
          throw error
        }
      }
    }
  }
  return fold
}
