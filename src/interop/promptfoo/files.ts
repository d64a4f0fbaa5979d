/**
 * The files a configuration names: read as text or as data, and only from where the user allows it.
 *
 * @module
 */
import { readdirSync } from 'node:fs'
import { basename, dirname, extname, join } from 'node:path'
import { parse as parseCsv } from 'csv-parse/sync'
import { parse as parseYaml } from 'yaml'
import { InvalidInputError } from '../../errors.ts'
import type { JsonValue } from '../../space/example.ts'
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
            return parseYaml(content, { maxAliasCount: 100 })
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
      const pattern = new RegExp(`^${basename(path).split('*').map(escapeRegExp).join('.*')}$`)
      const at = resolve(dirname(path), where)
      const names = readdirSync(at, { withFileTypes: true })
      return names
        .filter((entry) => entry.isFile() && pattern.test(entry.name))
        .map((entry) => join(dirname(path), entry.name))
        .sort()
    },
  }
}

/** Rows of a CSV text by its header; a row without a cell for a column has ''. */
export function csvRows(text: string): Record<string, string>[] {
  return parseCsv(text, { columns: true, bom: true, skip_empty_lines: true, relax_column_count: true, trim: true })
}

/** A value of a configuration with every local `$ref` (`#/a/b`) replaced by what it names. */
export function resolveReferences(root: unknown, value: unknown = root, depth = 0): unknown {
  if (depth > 50) return value
  if (Array.isArray(value)) return value.map((item) => resolveReferences(root, item, depth + 1))
  if (typeof value !== 'object' || value === null) return value
  const entries = Object.entries(value)
  const reference = '$ref' in value ? value.$ref : undefined
  if (typeof reference === 'string' && reference.startsWith('#/')) {
    let found: unknown = root
    for (const key of reference.slice(2).split('/')) {
      found =
        typeof found === 'object' && found !== null
          ? Object.entries(found).find(([name]) => name === key)?.[1]
          : undefined
    }
    if (found !== undefined) {
      const rest = Object.fromEntries(entries.filter(([key]) => key !== '$ref'))
      const target = resolveReferences(root, found, depth + 1)
      return typeof target === 'object' && target !== null ? { ...target, ...rest } : target
    }
  }
  return Object.fromEntries(entries.map(([key, item]) => [key, resolveReferences(root, item, depth + 1)]))
}

export function isJson(value: unknown): value is JsonValue {
  return value === null || ['string', 'number', 'boolean', 'object'].includes(typeof value)
}

function escapeRegExp(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')
}
