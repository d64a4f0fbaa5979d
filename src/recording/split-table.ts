import type { Table } from './table.ts'
import type { TableDocument } from './table-schema.ts'

/**
 * An earlier and a later study of one task and model: the search examples of a table, dealt out alternately. The later
 * half keeps the holdout.
 *
 * @example
 * const { earlier, later } = splitTable(await loadTable('tickets.json'))
 * earlier.examples // 30: half of the 60 search examples
 * later.examples // 90: the other half and the 60 held out
 */
export function splitTable(table: Table): { readonly earlier: TableDocument; readonly later: TableDocument } {
  const search = Array.from({ length: table.searchExamples }, (_, column) => column)
  const held = Array.from({ length: table.holdoutExamples }, (_, column) => table.searchExamples + column)
  return {
    earlier: columnsOf(
      table,
      search.filter((column) => column % 2 === 0),
      0,
    ),
    later: columnsOf(table, [...search.filter((column) => column % 2 === 1), ...held], held.length),
  }
}

function columnsOf(table: Table, columns: readonly number[], holdout: number): TableDocument {
  const width = table.searchExamples + table.holdoutExamples
  return {
    format: 'table/1',
    task: table.task,
    model: table.model,
    examples: columns.length,
    prompts: table.prompts.map(({ id, text, slots }) => ({
      id,
      ...(text === undefined ? {} : { text }),
      ...(slots === undefined ? {} : { slots: { ...slots } }),
    })),
    scores: table.prompts.map((_, row) =>
      columns.map((column) => {
        const score = table.scores[row * width + column]!
        return Number.isNaN(score) ? null : score
      }),
    ),
    holdout,
  }
}
