/**
 * What has been measured so far, one line per cell, so that a recording that is killed goes on where it stopped.
 *
 * @module
 */
import { closeSync, existsSync, fsyncSync, ftruncateSync, openSync, readFileSync, rmSync, writeSync } from 'node:fs'
import * as z from 'zod'
import { ConflictError } from '../errors.ts'

const cellSchema = z.object({
  /** Row and column. */
  p: z.int().nonnegative(),
  e: z.int().nonnegative(),
  s: z.number().nullable(),
  /** Tokens in and out. */
  i: z.int().nonnegative(),
  o: z.int().nonnegative(),
})

export type RecordedCell = z.infer<typeof cellSchema>

export interface PartialFile {
  /** Cells from earlier runs. */
  readonly cells: readonly RecordedCell[]
  append(cell: RecordedCell): void
  /** Makes everything appended so far survive a power cut. */
  sync(): void
  close(): void
  remove(): void
}

/**
 * @param header - everything the cells depend on; a file with another header is refused.
 * @throws ConflictError when the file belongs to another recording.
 */
export function openPartialFile(file: string, header: Readonly<Record<string, unknown>>): PartialFile {
  const wanted = JSON.stringify({ format: 'partial-table/1', ...header })
  const cells: RecordedCell[] = []
  let length = 0
  if (existsSync(file)) {
    const text = readFileSync(file, 'utf8')
    const lines = text.split('\n')
    // The last line has no end when the process was killed while writing it: it is dropped and measured again.
    lines.pop()
    if (lines.length > 0 && lines[0] !== wanted) {
      throw new ConflictError(`${file} was begun with other settings: ${firstDifference(lines[0]!, wanted)}`, {
        remedy: 'Go on with the same task, model and options, or delete the file to start again.',
      })
    }
    for (const line of lines.slice(1)) {
      const cell = cellSchema.safeParse(parse(line))
      if (!cell.success) break
      cells.push(cell.data)
      length += Buffer.byteLength(line) + 1
    }
    if (lines.length > 0) length += Buffer.byteLength(wanted) + 1
  }
  const handle = openSync(file, existsSync(file) ? 'r+' : 'w')
  ftruncateSync(handle, length)
  const write = (line: string) => {
    length += writeSync(handle, `${line}\n`, length)
  }
  if (length === 0) write(wanted)
  let open = true
  return {
    cells,
    append: (cell) => write(JSON.stringify(cell)),
    sync: () => fsyncSync(handle),
    close() {
      if (open) closeSync(handle)
      open = false
    },
    remove: () => rmSync(file, { force: true }),
  }
}

function parse(line: string): unknown {
  try {
    return JSON.parse(line)
  } catch {
    return undefined
  }
}

function firstDifference(left: string, right: string): string {
  const [a, b] = [parse(left), parse(right)]
  if (typeof a !== 'object' || a === null || typeof b !== 'object' || b === null) return 'it is no recording'
  const before: Record<string, unknown> = { ...a }
  const now: Record<string, unknown> = { ...b }
  const key = [...Object.keys(now), ...Object.keys(before)].find(
    (name) => JSON.stringify(now[name]) !== JSON.stringify(before[name]),
  )
  return `${key} was ${JSON.stringify(before[key ?? ''])}, is ${JSON.stringify(now[key ?? ''])}`
}
