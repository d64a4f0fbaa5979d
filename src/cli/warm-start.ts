import { existsSync } from 'node:fs'
import { createObservationLog } from '../history/observation-log.ts'
import { cellOf, type Table } from '../recording/table.ts'
import { type EarlierStudy, readEarlierStudy } from '../run/earlier-study.ts'
import type { Store } from '../store/store.ts'

const TABLE = 'table:'

/**
 * Reads what a run starts warm from: the file of a recorded table, or the name of a study in the same store.
 *
 * @throws InvalidInputError when there is neither.
 */
export async function openEarlierStudy(source: string, store: Store): Promise<EarlierStudy> {
  const path = tablePathOf(source)
  if (path === undefined) return readEarlierStudy(store, source)
  const { loadTable } = await import('../recording/load-table.ts')
  return earlierStudyOf(await loadTable(path))
}

/** The path of a recorded table, by `table:` or where its file is there; `undefined`: it names a study. */
export function tablePathOf(source: string): string | undefined {
  if (source.startsWith(TABLE)) return source.slice(TABLE.length)
  return /\.json(\.gz)?$/.test(source) && existsSync(source) ? source : undefined
}

/** Every search cell of a table; failed calls stay missing. */
export function earlierStudyOf(table: Table): EarlierStudy {
  const observations = createObservationLog()
  for (let candidate = 0; candidate < table.prompts.length; candidate++) {
    for (let example = 0; example < table.searchExamples; example++) {
      const score = cellOf(table, candidate, example)
      observations.append({ candidate, example, repeat: 0, score: Number.isNaN(score) ? null : score })
    }
  }
  return { name: table.name, candidates: table.prompts, observations, exampleCount: table.searchExamples }
}
