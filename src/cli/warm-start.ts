import { existsSync } from 'node:fs'
import { createObservationLog } from '../history/observation-log.ts'
import { cellOf, type Table } from '../recording/table.ts'
import { type Prior, priorFromStudy } from '../run/run-task.ts'
import type { Store } from '../store/store.ts'

/**
 * Reads what a run starts warm from: the file of a recorded table, or the name of a study in the same store.
 *
 * @throws InvalidInputError when there is neither.
 */
export async function openPrior(source: string, store: Store): Promise<Prior> {
  if (!/\.json(\.gz)?$/.test(source) || !existsSync(source)) return priorFromStudy(store, source)
  const { loadTable } = await import('../recording/load-table.ts')
  return priorFromTable(await loadTable(source))
}

/** Every search cell of a table; failed calls stay missing. */
export function priorFromTable(table: Table): Prior {
  const observations = createObservationLog()
  for (let candidate = 0; candidate < table.prompts.length; candidate++) {
    for (let example = 0; example < table.searchExamples; example++) {
      const score = cellOf(table, candidate, example)
      observations.append({ candidate, example, repeat: 0, score: Number.isNaN(score) ? null : score })
    }
  }
  return { name: table.name, candidates: table.prompts, observations, exampleCount: table.searchExamples }
}
