/**
 * A study that another part of this process runs, as the server sees it: there to be watched, and to be told a few things.
 *
 * @module
 */
import { ConflictError } from '../../errors.ts'
import type { LiveStudy } from '../../run/run-task.ts'
import type { Control } from '../control.ts'
import { indexKeys, type ServedStudies, type ServedStudy, unknownStudy } from '../served-studies.ts'
import type { Audience } from './audience.ts'

/** The one study of a server beside a run. */
export function attachStudy(name: string, live: LiveStudy, control: Control, audience: Audience): ServedStudies {
  const { study, log, journal } = live
  const keys = indexKeys(study)
  let closed = false
  control.onChange(() => journal.wake())
  const served: ServedStudy = {
    name,
    study,
    log,
    control,
    runner: live,
    audience,
    get byKey() {
      return keys.byKey
    },
    // Its run asks; no request does.
    actionsOf: () => [],
    get committed() {
      return journal.committed
    },
    get closed() {
      return closed
    },
    commit: () => journal.commit(),
    changed: () => (closed ? Promise.resolve() : journal.changed()),
  }
  const refuse = async (): Promise<never> => {
    throw new ConflictError('this server belongs to a run, which has one study', { remedy: 'Use krige serve.' })
  }
  return {
    create: refuse,
    delete: refuse,
    async open(wanted) {
      if (wanted === name) return served
      throw unknownStudy(wanted)
    },
    async close() {
      closed = true
      journal.wake()
    },
  }
}
