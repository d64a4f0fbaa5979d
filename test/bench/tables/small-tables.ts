import { readTable } from '../../../src/recording/load-table.ts'
import type { Table } from '../../../src/recording/table.ts'

type Row = string | readonly (number | null)[]

/** A table/1 document from rows; prompts are called p0, p1, … */
export function tableDocument(rows: readonly Row[], extra: Readonly<Record<string, unknown>> = {}) {
  return {
    format: 'table/1',
    task: 'task',
    model: 'model',
    examples: rows[0]!.length,
    prompts: rows.map((_, index) => ({ id: `p${index}`, text: `Prompt number ${index}.` })),
    scores: rows,
    ...extra,
  }
}

export function smallTable(rows: readonly Row[], extra: Readonly<Record<string, unknown>> = {}, name = 'small'): Table {
  return readTable(tableDocument(rows, extra), name, `${name}.json`)
}

/** Rows of 0/1 with prompt `index` right on about rates[index] of the examples, from a fixed linear congruence. */
export function bernoulliRows(rates: readonly number[], examples: number, seed = 1): string[] {
  let state = seed >>> 0
  const uniform = () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    return state / 2 ** 32
  }
  return rates.map((rate) => Array.from({ length: examples }, () => (uniform() < rate ? '1' : '0')).join(''))
}
