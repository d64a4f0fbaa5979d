import { InvalidInputError } from '../errors.ts'
import { candidateText } from '../prompt/candidate.ts'
import { cellOf, columnsByText, type Table } from './table.ts'

export interface TableAgreement {
  /** Prompts and examples that both tables have. */
  readonly prompts: number
  readonly examples: number
  readonly cells: number
  /** Cells with the same score, or missing in both. */
  readonly agreeing: number
  /** Prompts with differing cells, most of them first. */
  readonly differing: readonly { readonly id: string; readonly cells: number }[]
}

/**
 * Compares two recordings of one task cell by cell: a table and a part of it that was recorded again, say. Prompts are
 * matched by their text, examples by theirs.
 *
 * @throws InvalidInputError when they share no cell, or a table keeps no texts of its examples.
 * @example
 * const table = await loadTable('data/tables/ticket-triage.gemma-3-270m.json.gz')
 * tableAgreement(table, table).differing // []
 */
export function tableAgreement(table: Table, reference: Table): TableAgreement {
  const rows = matches(rowsByText(table), rowsByText(reference))
  const columns = matches(columnsByText(table), columnsByText(reference))
  if (rows.length === 0 || columns.length === 0) {
    throw new InvalidInputError(
      `${table.name} and ${reference.name} share no ${rows.length === 0 ? 'prompt' : 'example'}`,
      {
        remedy: 'Compare recordings of the same task.',
      },
    )
  }
  const differing: { id: string; cells: number }[] = []
  let missed = 0
  for (const [row, referenceRow] of rows) {
    const cells = columns.filter(
      ([column, referenceColumn]) =>
        !Object.is(cellOf(table, row, column), cellOf(reference, referenceRow, referenceColumn)),
    ).length
    if (cells > 0) differing.push({ id: table.prompts[row]!.id, cells })
    missed += cells
  }
  const cells = rows.length * columns.length
  return {
    prompts: rows.length,
    examples: columns.length,
    cells,
    agreeing: cells - missed,
    differing: differing.sort((a, b) => b.cells - a.cells),
  }
}

function rowsByText({ prompts }: Table): ReadonlyMap<string, number> {
  return new Map(prompts.map((prompt, row) => [candidateText(prompt), row]))
}

/** Places of the texts that both have. */
function matches(
  places: ReadonlyMap<string, number>,
  reference: ReadonlyMap<string, number>,
): (readonly [number, number])[] {
  return [...places].flatMap(([text, place]) => {
    const other = reference.get(text)
    return other === undefined ? [] : [[place, other] as const]
  })
}
