import type { TaskHistory } from '../policy/prior/learn-prior.ts'
import { findTables } from '../recording/find-tables.ts'
import { loadTable } from '../recording/load-table.ts'
import { type EarlierStudy, readEarlierStudy } from '../run/earlier-study.ts'
import { loadStudy } from '../store/load-study.ts'
import type { Store } from '../store/store.ts'
import { earlierStudyOf, tablePathOf } from './warm-start.ts'
import { withStore } from './with-store.ts'

/**
 * Reads the histories of several tasks: studies of a store by name, tables by `table:` and a path, or by their file.
 *
 * @throws InvalidInputError for what is neither, or hides its texts.
 */
export async function openHistories(sources: readonly string[], store: string | undefined): Promise<TaskHistory[]> {
  const paths = sources.flatMap((source) => tablePathOf(source) ?? [])
  const names = sources.filter((source) => tablePathOf(source) === undefined)
  const tables = await Promise.all((await findTables(paths)).map(loadTable))
  const histories = tables.map((table) => historyOf(table.task, earlierStudyOf(table)))
  if (names.length === 0) return histories
  const studies = await withStore(store, async (opened) => {
    const read = []
    for (const name of new Set(names)) read.push(await studyHistory(opened, name))
    return read
  })
  return [...histories, ...studies]
}

async function studyHistory(store: Store, name: string): Promise<TaskHistory> {
  const prior = await readEarlierStudy(store, name)
  const config = (await loadStudy(store, name))!.state.config
  return historyOf(config.fingerprint['task'] ?? name, prior)
}

const historyOf = (task: string, { name, candidates, observations, exampleCount }: EarlierStudy): TaskHistory => ({
  task,
  name,
  pool: candidates.map((candidate) => ({ candidate })),
  observations,
  exampleCount,
})
