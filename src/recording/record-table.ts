/**
 * Evaluates a whole pool on examples with a real model, into a replay table.
 *
 * @module
 */
import { createHash } from 'node:crypto'
import { BudgetError, ConflictError, KrigeError } from '../errors.ts'
import type { Evaluator } from '../evaluation/evaluator.ts'
import { isFatal } from '../history/failure.ts'
import { type Candidate, candidateText } from '../prompt/candidate.ts'
import type { Example } from '../prompt/example.ts'
import { showValue } from '../prompt/template.ts'
import type { Task } from '../task/task.ts'
import { openPartialFile, type RecordedCell } from './partial-file.ts'
import { cellOf, type Table } from './table.ts'

export interface RecordTableOptions {
  readonly task: Task
  readonly evaluator: Evaluator
  /** Named in the table. */
  readonly model: string
  /** Where cells are kept until the table is whole. */
  readonly partialFile: string
  /** How many examples in all, search first. @defaultValue all that are split */
  readonly examples?: number
  /** How many of them are holdout. @defaultValue in proportion to the split */
  readonly holdout?: number
  /** How many prompts; the baseline is always among them. @defaultValue all */
  readonly prompts?: number
  /** What an earlier recording measured by the same evaluator is taken from it. Its failed cells are measured again. */
  readonly from?: Table
  readonly provenance: Readonly<Record<string, unknown>>
  readonly signal?: AbortSignal
  readonly onProgress?: (progress: RecordProgress) => void
}

export interface RecordProgress {
  readonly done: number
  readonly total: number
  readonly failures: number
  /** Cells measured since this run began, for rates. */
  readonly measured: number
  readonly prompt: string
}

/** A table as written; see the README for the format. */
export interface RecordedTable {
  readonly format: 'table/1'
  readonly task: string
  readonly model: string
  readonly examples: number
  readonly holdout: number
  readonly prompts: readonly {
    readonly id: string
    readonly text: string
    readonly slots?: Readonly<Record<string, string>>
  }[]
  readonly scores: readonly (string | readonly (number | null)[])[]
  readonly exampleTexts: readonly string[]
  readonly provenance: Readonly<Record<string, unknown>>
}

/**
 * Goes through the prompts one by one, so that a local model evaluates what a prompt's examples share once.
 *
 * @throws ConflictError when the partial file belongs to another recording, or `from` to another evaluator; KrigeError
 * `interrupted` when the signal aborts, `model` when the model cannot work at all. What was measured stays in the partial
 * file.
 */
export async function recordTable(options: RecordTableOptions): Promise<RecordedTable> {
  const { task, evaluator, signal } = options
  const columns = chooseExamples(task, options)
  const rows = choosePrompts(task, options.prompts)
  const taken = options.from === undefined ? [] : takenFrom(options.from, { task, evaluator, rows, columns })
  const seed = 1
  const partial = openPartialFile(options.partialFile, {
    task: task.name,
    evaluator: evaluator.id,
    prompts: rows.length,
    examples: columns.indices.length,
    holdout: columns.holdout,
    content: hashOf([rows.map((row) => task.pool[row]), columns.indices.map((index) => task.examples[index])]),
  })
  try {
    const scores = rows.map(() => new Map<number, number | null>())
    let [done, failures, inputTokens, outputTokens, measured] = [0, 0, 0, 0, 0]
    const count = (cell: { s: number | null; i: number; o: number }) => {
      done++
      if (cell.s === null) failures++
      inputTokens += cell.i
      outputTokens += cell.o
    }
    for (const cell of [...taken, ...partial.cells]) {
      if (scores[cell.p]?.has(cell.e) ?? true) continue
      scores[cell.p]!.set(cell.e, cell.s)
      count(cell)
    }
    const total = rows.length * columns.indices.length
    for (const [row, poolIndex] of rows.entries()) {
      const candidate = task.pool[poolIndex]!
      const missing = columns.indices.map((_, column) => column).filter((column) => !scores[row]!.has(column))
      const queue = missing.values()
      const work = async () => {
        for (const column of queue) {
          if (signal?.aborted) return
          const example = task.examples[columns.indices[column]!]!
          const result = await evaluator.evaluate({
            candidate,
            example,
            repeat: 0,
            seed,
            ...(signal ? { signal } : {}),
          })
          if (result.failure?.kind === 'cancelled') return
          if (result.failure && isFatal(result.failure)) throw new KrigeError('model', result.failure.message)
          const cell = {
            p: row,
            e: column,
            s: result.score ?? null,
            i: result.usage.inputTokens,
            o: result.usage.outputTokens,
          }
          scores[row]!.set(column, cell.s)
          partial.append(cell)
          count(cell)
          measured++
          options.onProgress?.({ done, total, failures, measured, prompt: candidate.id })
        }
      }
      await Promise.all(Array.from({ length: Math.max(1, evaluator.concurrency) }, work))
      if (missing.length > 0) partial.sync()
      if (signal?.aborted) {
        throw new KrigeError('interrupted', `interrupted after ${done} of ${total} cells`, {
          remedy: 'Record it again to go on.',
        })
      }
    }
    const table: RecordedTable = {
      format: 'table/1',
      task: task.name,
      model: options.model,
      examples: columns.indices.length,
      holdout: columns.holdout,
      prompts: rows.map((row) => {
        const { id, slots, ...candidate } = task.pool[row]!
        return {
          id,
          text: candidateText({ id, ...(slots ? { slots } : {}), ...candidate }),
          ...(slots ? { slots } : {}),
        }
      }),
      scores: scores.map((row) => writeRow(columns.indices.map((_, column) => row.get(column) ?? null))),
      exampleTexts: columns.indices.map((index) => showValue(task.examples[index]!.input)),
      provenance: {
        ...options.provenance,
        recorded: {
          evaluator: evaluator.id,
          examples: columns.indices.map((index) => exampleHash(task.examples[index]!)),
        },
        seed,
        split: task.split.seed,
        inputTokens,
        outputTokens,
        failures,
      },
    }
    return table
  } finally {
    partial.close()
  }
}

/** Cells that an earlier recording has: of prompts with the same id and text, on examples that are the same throughout. */
function takenFrom(
  from: Table,
  {
    task,
    evaluator,
    rows,
    columns,
  }: {
    readonly task: Task
    readonly evaluator: Evaluator
    readonly rows: readonly number[]
    readonly columns: { readonly indices: readonly number[] }
  },
): RecordedCell[] {
  if (from.recorded?.evaluator !== evaluator.id) {
    const how = from.recorded === undefined ? 'does not say what measured it' : 'was measured otherwise'
    throw new ConflictError(`table ${from.name} ${how}`, {
      remedy: 'Model, template, metric and sampling must be those of its provenance; or record without it.',
    })
  }
  const keyOf = (candidate: Candidate) => JSON.stringify([candidate.id, candidateText(candidate)])
  const fromRows = new Map(from.prompts.map((prompt, row) => [keyOf(prompt), row]))
  const fromColumns = new Map(from.recorded.examples.map((hash, column) => [hash, column]))
  return rows.flatMap((poolIndex, p) => {
    const row = fromRows.get(keyOf(task.pool[poolIndex]!))
    if (row === undefined) return []
    return columns.indices.flatMap((index, e) => {
      const column = fromColumns.get(exampleHash(task.examples[index]!))
      const score = column === undefined ? Number.NaN : cellOf(from, row, column)
      return Number.isNaN(score) ? [] : [{ p, e, s: score, i: 0, o: 0 }]
    })
  })
}

/** Search columns first, then holdout columns, each in the order of the split. */
function chooseExamples(task: Task, { examples, holdout }: RecordTableOptions) {
  const { split } = task
  const available = split.search.length + split.holdout.length
  const total = Math.min(examples ?? available, available)
  const kept = holdout ?? Math.round((total * split.holdout.length) / available)
  if (kept > split.holdout.length || total - kept > split.search.length || total - kept < 1) {
    throw new BudgetError(`--examples ${total} --holdout ${kept} does not fit the split`, {
      remedy: `There are ${split.search.length} search and ${split.holdout.length} holdout examples.`,
    })
  }
  return { indices: [...split.search.slice(0, total - kept), ...split.holdout.slice(0, kept)], holdout: kept }
}

/** An even, repeatable sample of the pool, in pool order. */
function choosePrompts(task: Task, wanted: number | undefined): number[] {
  const all = task.pool.map((_, index) => index)
  if (wanted === undefined || wanted >= all.length) return all
  const key = (index: number) => (index === task.baseline ? '' : hashOf(task.pool[index]!.id))
  return all
    .map((index) => ({ index, key: key(index) }))
    .sort((a, b) => (a.key < b.key ? -1 : 1))
    .slice(0, Math.max(1, wanted))
    .map((entry) => entry.index)
    .sort((a, b) => a - b)
}

function writeRow(row: readonly (number | null)[]): string | (number | null)[] {
  return row.every((score) => score === 0 || score === 1) ? row.join('') : [...row]
}

/** Without its id, which may be its place in the file. */
function exampleHash({ input, expected = null, fields }: Example): string {
  return hashOf([input, expected, fields])
}

function hashOf(value: unknown): string {
  return createHash('sha256').update(JSON.stringify(value)).digest('hex')
}
