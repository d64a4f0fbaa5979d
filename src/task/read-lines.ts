/**
 * Files of examples and prompts: one value per line (`.jsonl`), or a list in CSV, YAML, JSON or plain text.
 *
 * @module
 */
import { extname } from 'node:path'
import { CsvError, parse as parseCsv } from 'csv-parse/sync'
import { isMap, isNode, isScalar, isSeq } from 'yaml'
import { InvalidInputError } from '../errors.ts'
import { splitTurns } from '../prompt/turns.ts'
import { checkJson, refuseLostKeys } from './json-limits.ts'
import { parseYaml } from './parse-yaml.ts'
import { readTextFile, showPath } from './source.ts'

/** A value and where it stands, as `file:line`. */
export interface Line {
  readonly value: unknown
  readonly where: string
}

/** What a file holds. */
export type LineRole = 'examples' | 'prompts'

export interface ReadLines {
  readonly lines: readonly Line[]
  readonly warnings: readonly string[]
}

const FORMS: Readonly<Record<LineRole, string>> = {
  examples: '{"input": "…", "expected": "…"}',
  prompts: '{"id": "a", "text": "…"} or {"id": "a", "slots": {"instruction": "…"}}',
}
const KINDS: Readonly<Record<LineRole, string>> = {
  examples: 'name a .csv, .yaml or .json file',
  prompts: 'name a .csv, .txt, .yaml or .json file',
}

/**
 * Reads a file by its ending; anything unknown is read as `.jsonl`.
 *
 * - `.csv`, `.tsv`: by column. Prompts: `text` (or `prompt`) and `id`, or a column for each slot; examples: `input`,
 *   `expected`, `id` and what templates name.
 * - `.yaml`, `.json`: a list, perhaps under `examples` or `prompts`; prompts may also be written as `id: text`.
 * - `.txt`: a prompt per line, or what stands between lines of `---`; `.md`: a single prompt.
 *
 * @throws InvalidInputError naming the line that is wrong, and the form of what the file should hold.
 */
export function readLines(file: string, role: LineRole, where: string): ReadLines {
  const read = readByEnding(file, role, where)
  for (const { value, where: line } of read.lines) {
    checkJson(value, () => line)
    if (role === 'prompts') refuseLostKeys(value, () => line)
  }
  checkCount(read.lines.length, role, showPath(file))
  return read
}

/** More than any search looks at; a million of them would take a gigabyte. */
const MOST: Readonly<Record<LineRole, number>> = { examples: 1_000_000, prompts: 100_000 }

function checkCount(count: number, role: LineRole, where: string): void {
  if (count <= MOST[role]) return
  throw new InvalidInputError(
    `holds more than ${MOST[role].toLocaleString('en-US')} ${role}; no search looks at that many`,
    { where, remedy: 'Take a sample of them.' },
  )
}

function readByEnding(file: string, role: LineRole, where: string): ReadLines {
  const text = readTextFile(file, `${role} file`, where).replace(/^\u{FEFF}/u, '')
  const source: Source = { text, name: showPath(file), role }
  switch (extname(file).toLowerCase()) {
    case '.csv':
    case '.tsv':
      return { lines: csvLines(source), warnings: [] }
    case '.yaml':
    case '.yml':
    case '.json':
      return { lines: isJsonLines(text) ? jsonLines(source) : documentLines(source), warnings: [] }
    case '.txt':
    case '.md':
      if (role === 'prompts') return textLines(source, extname(file).toLowerCase() === '.md')
  }
  return { lines: jsonLines(source), warnings: [] }
}

interface Source {
  readonly text: string
  /** As messages name it. */
  readonly name: string
  readonly role: LineRole
}

/** Several objects, one per line, under another ending. */
function isJsonLines(text: string): boolean {
  return /^\s*\{[^\n]*\}\s*\n\s*\{/.test(text)
}

function jsonLines({ text, name, role }: Source): Line[] {
  // Before they are parsed, which is what takes the memory.
  checkCount(text.split('\n').length - 1, role, name)
  return text.split('\n').flatMap((line, index) => {
    if (line.trim().length === 0) return []
    const where = `${name}:${index + 1}`
    try {
      return [{ value: JSON.parse(line), where }]
    } catch (cause) {
      throw new InvalidInputError(`not JSON: ${JSON.stringify(line.trim().slice(0, 60))}`, {
        where,
        remedy: `Write one JSON object per line, as in ${FORMS[role]}; or ${KINDS[role]}.`,
        cause,
      })
    }
  })
}

/** YAML holds JSON, and knows its lines. */
function documentLines({ text, name, role }: Source): Line[] {
  const { document, at, toJs } = parseYaml(text, name, 'cannot be read')
  const { contents } = document
  const list: unknown = isMap(contents) && contents.has(role) ? contents.get(role, true) : contents
  if (isSeq(list)) {
    return list.items.map((item) => ({ value: toJs(item), where: at(isNode(item) ? item.range?.[0] : undefined) }))
  }
  if (role === 'prompts' && isMap(list)) {
    return list.items.map(({ key, value }) => {
      const written = toJs(value)
      const rest = typeof written === 'string' ? { text: written } : written
      const range = isScalar(key) ? key.range?.[0] : undefined
      return {
        value:
          typeof rest === 'object' && rest !== null && !Array.isArray(rest) ? { id: String(toJs(key)), ...rest } : rest,
        where: at(range),
      }
    })
  }
  throw new InvalidInputError(`holds no list of ${role}`, {
    where: `${name}:1`,
    remedy: `Write a list with entries such as ${FORMS[role]}.`,
  })
}

function csvLines({ text, name, role }: Source): Line[] {
  const [header = ''] = text.split(/\r?\n/, 1)
  const delimiter = [',', ';', '\t'].find((mark) => header.includes(mark)) ?? ','
  let rows: { readonly record: readonly string[]; readonly info: { readonly lines: number } }[]
  try {
    rows = parseCsv(text, {
      delimiter,
      bom: true,
      info: true,
      relax_quotes: true,
      relax_column_count_less: true,
      skip_empty_lines: true,
      // Where the header has spaces around its marks, they are no part of the cells.
      trim: header.includes(`${delimiter} `),
    }) as unknown as typeof rows
  } catch (cause) {
    const line = cause instanceof CsvError && typeof cause['lines'] === 'number' ? `:${cause['lines']}` : ''
    throw new InvalidInputError(`cannot be read: ${cause instanceof Error ? cause.message : cause}`, {
      where: `${name}${line}`,
      remedy: 'Check quotes, and that no row has more cells than the first.',
      cause,
    })
  }
  const [first, ...others] = rows
  if (!first) return []
  const columns = first.record.map((column) => column.trim())
  const read = role === 'examples' ? exampleOf : promptReader(columns, `${name}:1`)
  // A cell may hold several lines: a row begins after the one before it.
  return others.map(({ record }, index) => ({
    value: read(Object.fromEntries(columns.map((column, at) => [column, record[at] ?? '']))),
    where: `${name}:${(rows[index]?.info.lines ?? index + 1) + 1}`,
  }))
}

type Row = Readonly<Record<string, string>>

/** Empty ids and answers are missing ones; an answer may be JSON. */
function exampleOf(row: Row): unknown {
  const { id, expected, ...rest } = row
  return {
    ...(id === undefined || id === '' ? {} : { id }),
    ...rest,
    ...(expected === undefined || expected === '' ? {} : { expected: jsonIn(expected) }),
  }
}

function jsonIn(cell: string): unknown {
  if (!/^\s*[[{]/.test(cell)) return cell
  try {
    return JSON.parse(cell)
  } catch {
    return cell
  }
}

/** Prompts by their column `text` or `prompt`, or else a slot per column. */
function promptReader(columns: readonly string[], where: string): (row: Row) => unknown {
  const text =
    columns.find((column) => /^(text|prompt)$/i.test(column)) ?? (columns.length === 1 ? columns[0] : undefined)
  const others = columns.filter((column) => column !== text && column !== 'id')
  if (text !== undefined && others.length > 0) {
    throw new InvalidInputError(`column ${JSON.stringify(others[0])} is neither id nor ${text}`, {
      where,
      remedy: `Take it out, or leave ${text} out to have a slot per column.`,
    })
  }
  return ({ id = '', ...cells }) => ({
    ...(id === '' ? {} : { id }),
    ...(text === undefined ? { slots: cells } : { text: cells[text] }),
  })
}

const DASHES = /^[^\S\n]*---[^\S\n]*$/

function textLines({ text, name }: Source, isSingle: boolean): ReadLines {
  const lines = text.split(/\r?\n/)
  const divided = !isSingle && lines.some((line) => DASHES.test(line))
  // Turns take several lines, so what ends with them is one prompt.
  const whole = isSingle || (!divided && splitTurns(text).turns.length > 0)
  if (!whole && !divided) {
    const single = lines.flatMap((line, index) =>
      line.trim() === '' ? [] : [{ value: line.trim(), where: `${name}:${index + 1}` }],
    )
    const warnings = [
      `${name}: each of its ${single.length} lines is a prompt; put --- between prompts of several lines`,
    ]
    return { lines: single, warnings: single.length > 1 ? warnings : [] }
  }
  const parts: { text: string[]; line: number }[] = [{ text: [], line: 1 }]
  for (const [index, line] of lines.entries()) {
    if (divided && DASHES.test(line)) parts.push({ text: [], line: index + 2 })
    else parts.at(-1)!.text.push(line)
  }
  const written = parts.map((part) => ({ value: part.text.join('\n').trim(), where: `${name}:${part.line}` }))
  return { lines: written.filter(({ value }) => value !== ''), warnings: [] }
}
