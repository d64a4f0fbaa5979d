/**
 * Replays a recorded table in place of a model. A whole run (budget, store, resume, holdout, report) can then be shown
 * and tested on real outcomes without a model.
 *
 * @module
 */
import { InvalidInputError } from '../errors.ts'
import type { Evaluator } from '../evaluation/evaluator.ts'
import { failure } from '../history/failure.ts'
import type { Example } from '../prompt/example.ts'
import { showValue } from '../prompt/template.ts'
import type { Task } from '../task/task.ts'
import { cellOf, columnsByText, type Table } from './table.ts'

const NO_TOKENS = { inputTokens: 0, outputTokens: 0 }
const textOf = (example: Example) => showValue(example.input)

/**
 * The part of a task that a table holds: its recorded search and holdout examples, and the recorded prompts.
 *
 * @throws InvalidInputError when the table was recorded from other examples or prompts.
 */
export function restrictToTable(task: Task, table: Table): Task {
  const columns = columnsByText(table)
  const recorded = (index: number) => columns.has(textOf(task.examples[index]!))
  const search = task.split.search.filter(recorded)
  const holdout = task.split.holdout.filter(recorded)
  if (search.length !== table.searchExamples || holdout.length !== table.holdoutExamples) {
    throw new InvalidInputError(
      `table ${table.name} was recorded on ${table.searchExamples} search and ${table.holdoutExamples} holdout examples; task ${task.name} has ${search.length} and ${holdout.length} of them`,
      { remedy: 'Use the table with the task it was recorded from, or record it again: krige bench record' },
    )
  }
  const rows = new Set(table.prompts.map((prompt) => prompt.id))
  const pool = task.pool.filter((candidate) => rows.has(candidate.id))
  if (pool.length < rows.size) {
    throw new InvalidInputError(
      `${rows.size - pool.length} prompts of table ${table.name} are not in task ${task.name}`,
      {
        remedy: 'Use the table with the task it was recorded from, or record it again: krige bench record',
      },
    )
  }
  const baseline = task.baseline === undefined ? -1 : pool.indexOf(task.pool[task.baseline]!)
  const { baseline: _, ...rest } = task
  return { ...rest, pool, split: { ...task.split, search, holdout }, ...(baseline < 0 ? {} : { baseline }) }
}

/**
 * An evaluator that answers from a table: one call an evaluation, no tokens. A cell whose recording failed fails again.
 *
 * @example
 * const table = await loadTable('tickets.json')
 * const [candidate, example] = [table.prompts[3]!, { id: '1', input: 'Ticket 0', fields: {} }]
 * await createTableEvaluator(table).evaluate({ candidate, example, repeat: 0, seed: 1 }) // { score: 1, … }
 */
export function createTableEvaluator(table: Table): Evaluator {
  const columns = columnsByText(table)
  const rows = new Map(table.prompts.map((prompt, row) => [prompt.id, row]))
  const model = `table:${table.name}`
  return {
    id: `${model}#${table.fingerprint}`,
    modelIdentity: `${model}#${table.fingerprint}`,
    concurrency: 1,
    random: false,
    estimate: () => ({ calls: 1, inputTokens: 0, outputTokens: 0 }),
    async evaluate({ candidate, example, reserve }) {
      const base = { usage: NO_TOKENS, cached: false, milliseconds: 0 }
      const row = rows.get(candidate.id)
      const column = columns.get(textOf(example))
      if (row === undefined || column === undefined) {
        const problem = failure('bad-request', `table ${table.name} has no cell for ${candidate.id} and ${example.id}`)
        return { ...base, failure: problem, calls: 0 }
      }
      const reservation = await reserve?.({ model, attempt: 0, inputTokens: 0, maxOutputTokens: 0, role: 'task' })
      if (reserve && !reservation) {
        return { ...base, failure: failure('budget', 'the budget does not allow the call'), calls: 0 }
      }
      const score = cellOf(table, row, column)
      const problem = Number.isNaN(score) ? failure('bad-request', 'this cell failed when it was recorded') : undefined
      await reservation?.settle({ usage: NO_TOKENS, milliseconds: 0, ...(problem ? { failure: problem } : {}) })
      return problem ? { ...base, failure: problem, calls: 1 } : { ...base, score, calls: 1 }
    },
    async close() {},
  }
}
