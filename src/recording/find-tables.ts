import { readdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { InvalidInputError } from '../errors.ts'
import { tableNameOf } from './load-table.ts'

/**
 * The table (or stream) files that arguments stand for: files as they are, directories searched one level deep for `.json` and
 * `.json.gz`, sorted by name.
 *
 * @throws InvalidInputError when a path does not exist, a directory holds no table, or two files share a name
 * (results tell tables apart by name).
 */
export async function findTables(
  paths: readonly string[],
  format: 'table/1' | 'stream/1' = 'table/1',
): Promise<string[]> {
  const kind = format === 'table/1' ? 'table' : 'stream'
  const files: string[] = []
  for (const path of paths) {
    const found = await stat(path).catch(() => undefined)
    if (!found) {
      throw new InvalidInputError('no such file or directory', {
        where: path,
        remedy: `Give the path of a ${format} file (.json or .json.gz) or of a directory of them.`,
      })
    }
    if (!found.isDirectory()) {
      files.push(path)
      continue
    }
    const inside = (await readdir(path)).filter((name) => /\.json(\.gz)?$/i.test(name)).sort()
    if (inside.length === 0) {
      throw new InvalidInputError('the directory holds no .json or .json.gz file', {
        where: path,
        remedy:
          kind === 'table'
            ? 'Record a table with `krige bench record`, or name another directory.'
            : 'Name another directory.',
      })
    }
    files.push(...inside.map((name) => join(path, name)))
  }
  const byName = new Map<string, string>()
  for (const file of new Set(files)) {
    const name = tableNameOf(file)
    const other = byName.get(name)
    if (other !== undefined) {
      throw new InvalidInputError(`two ${kind}s are called "${name}": ${other} and ${file}`, {
        remedy: 'Rename one of them; results tell tables apart by file name.',
      })
    }
    byName.set(name, file)
  }
  return [...byName.values()]
}
