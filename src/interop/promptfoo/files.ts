/**
 * The files a configuration names: read as text or as data, and only from where the user allows it.
 *
 * @module
 */
import { readdirSync } from 'node:fs'
import { basename, dirname, extname, join } from 'node:path'
import { parse as parseCsv } from 'csv-parse/sync'
import { InvalidInputError } from '../../errors.ts'
import type { JsonValue } from '../../prompt/example.ts'
import { parseYaml } from '../../task/parse-yaml.ts'
import { readTextFile, resolveInside } from '../../task/source.ts'

const CODE = new Set(['.js', '.cjs', '.mjs', '.ts', '.cts', '.mts', '.py', '.rb', '.go', '.sh'])
const SCHEME = 'file://'

/** Files beside a configuration. */
export interface ConfigFiles {
  /** Whether a text names a file. */
  isReference(written: string): boolean
  /** Whether a named file would have to be run. Nothing is ever run by an import. */
  isCode(written: string): boolean
  /** @throws InvalidInputError when it is missing, not text, or outside the folder. */
  text(written: string, where: string): string
  /** A `.yaml`, `.json`, `.jsonl` or `.csv` file as data. */
  data(written: string, where: string): unknown
  /** Names of the files a pattern with `*` in its last part stands for, in order. */
  expand(written: string, where: string): string[]
}

/**
 * @param folder What names are relative to.
 * @param allowOutside Whether they may leave it.
 */
export function openFiles(folder: string, allowOutside: boolean): ConfigFiles {
  const bare = (written: string) => (written.startsWith(SCHEME) ? written.slice(SCHEME.length) : written)
  const resolve = (written: string, where: string) => resolveInside(folder, bare(written), where, allowOutside)
  const text: ConfigFiles['text'] = (written, where) =>
    readTextFile(resolve(written, where), 'file', where).replace(/^\u{FEFF}/u, '')
  return {
    isReference: (written) => written.startsWith(SCHEME),
    isCode: (written) => CODE.has(extname(bare(written).replace(/(\.\w+):\w+$/, '$1')).toLowerCase()),
    text,
    data(written, where) {
      const content = text(written, where)
      try {
        switch (extname(bare(written)).toLowerCase()) {
          case '.json':
            return JSON.parse(content)
          case '.jsonl':
            return content
              .split('\n')
              .filter((line) => line.trim() !== '')
              .map((line) => JSON.parse(line))
          case '.csv':
            return csvRows(content)
          default:
            return readYaml(content)
        }
      } catch (cause) {
        throw new InvalidInputError(
          `${bare(written)} cannot be read: ${cause instanceof Error ? cause.message : cause}`,
          {
            where,
            remedy: 'Correct the file.',
            cause,
          },
        )
      }
    },
    expand(written, where) {
      const path = bare(written)
      if (!path.includes('*')) return [path]
      if (dirname(path).includes('*')) {
        throw new InvalidInputError(`${path} has * in a folder`, { where, remedy: 'Name the folders one by one.' })
      }
      const at = resolve(dirname(path), where)
      const names = readdirSync(at, { withFileTypes: true })
      return names
        .filter((entry) => entry.isFile() && fitsPattern(entry.name, basename(path)))
        .map((entry) => join(dirname(path), entry.name))
        .sort()
    },
  }
}

/** YAML as promptfoo reads it: with merge keys, and as many aliases as a file of the user's own may have. */
export function readYaml(text: string, name = 'YAML'): unknown {
  return parseYaml(text, name).toJs()
}

/**
 * Rows of a CSV text by its header; a row without a cell for a column has ''.
 *
 * @throws InvalidInputError where a cell would be lost: a column that stands twice, a row longer than the header.
 */
export function csvRows(text: string): Record<string, string>[] {
  const [header = [], ...rows] = csvCells(text)
  const twice = header.find((name, index) => name !== '' && header.indexOf(name) < index)
  if (twice !== undefined) {
    throw new InvalidInputError(`column ${twice} stands twice`, { remedy: 'Give one of the two another name.' })
  }
  return rows.map((row, index) => {
    if (row.slice(header.length).some((cell) => cell !== '')) {
      throw new InvalidInputError(`row ${index + 1} has ${row.length} cells, and the header ${header.length}`, {
        remedy: 'Put quotes around a cell with a comma in it.',
      })
    }
    return Object.fromEntries(header.flatMap((name, at) => (name === '' ? [] : [[name, row[at] ?? '']])))
  })
}

/** Rows of a CSV text, the first one, too. */
export function csvCells(text: string): string[][] {
  return parseCsv(text, csvOptions(text))
}

/** Quotes inside a cell are text, and a header without commas may be divided by semicolons or tabs. */
function csvOptions(text: string) {
  const [header = ''] = text.split(/\r?\n/, 1)
  const delimiter = [',', ';', '\t'].find((mark) => header.includes(mark)) ?? ','
  return { bom: true, delimiter, skip_empty_lines: true, relax_column_count: true, relax_quotes: true, trim: true }
}

/** Beyond this a configuration holds references that multiply, not anything that was written. */
const MOST_VALUES = 200_000

/**
 * A configuration with every local `$ref` (`#/a/b`) replaced by what it names.
 *
 * @throws InvalidInputError when references multiply without end.
 */
export function resolveReferences(root: unknown): unknown {
  let left = MOST_VALUES
  const resolve = (value: unknown, depth: number): unknown => {
    if (--left < 0) {
      throw new InvalidInputError(`references ($ref) make more than ${MOST_VALUES} values of it`, {
        remedy: 'Take out the references that name each other.',
      })
    }
    if (depth > 50 || typeof value !== 'object' || value === null) return value
    if (Array.isArray(value)) return value.map((item) => resolve(item, depth + 1))
    const entries = Object.entries(value)
    const reference = '$ref' in value ? value.$ref : undefined
    const found = typeof reference === 'string' && reference.startsWith('#/') ? lookUp(root, reference) : undefined
    if (found === undefined) return Object.fromEntries(entries.map(([key, item]) => [key, resolve(item, depth + 1)]))
    const target = resolve(found, depth + 1)
    if (typeof target !== 'object' || target === null) return target
    return { ...target, ...Object.fromEntries(entries.filter(([key]) => key !== '$ref')) }
  }
  return resolve(root, 0)
}

function lookUp(root: unknown, reference: string): unknown {
  let found: unknown = root
  for (const key of reference.slice(2).split('/')) {
    const name = key.replaceAll('~1', '/').replaceAll('~0', '~')
    found =
      typeof found === 'object' && found !== null && Object.hasOwn(found, name) ? Reflect.get(found, name) : undefined
  }
  return found
}

/** Whether a name is one that a pattern with `*` stands for, in time linear in the name. */
export function fitsPattern(name: string, pattern: string): boolean {
  const parts = pattern.split('*')
  const first = parts.shift()!
  const last = parts.pop() ?? ''
  if (!name.startsWith(first) || !name.endsWith(last) || name.length < first.length + last.length) return false
  let at = first.length
  for (const part of parts) {
    const found = name.indexOf(part, at)
    if (found < 0 || found + part.length > name.length - last.length) return false
    at = found + part.length
  }
  return true
}

export function isJson(value: unknown): value is JsonValue {
  return value === null || ['string', 'number', 'boolean', 'object'].includes(typeof value)
}
