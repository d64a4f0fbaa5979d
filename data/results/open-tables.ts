import { basename } from 'node:path'
import { describeError, exitCodeOf } from '../../src/cli/exit-code.ts'
import { InvalidInputError } from '../../src/errors.ts'
import { findTables } from '../../src/recording/find-tables.ts'
import { loadTable } from '../../src/recording/load-table.ts'
import type { Table } from '../../src/recording/table.ts'

/** The tables that a script is given. Where they cannot be had, it says why and ends as a command would. */
export async function openTables(paths: readonly string[]): Promise<Table[]> {
  try {
    if (paths.length === 0) {
      throw new InvalidInputError('no table is given', {
        remedy: 'Give the path of a table/1 file (.json or .json.gz) or of a directory of them.',
      })
    }
    return await Promise.all((await findTables(paths)).map(loadTable))
  } catch (error) {
    sayError(error)
    process.exit()
  }
}

/** What went wrong in words, and the exit code that stands for it. */
export function sayError(error: unknown, script = basename(process.argv[1] ?? '', '.ts')): void {
  process.stderr.write(`${script}: ${describeError(error, process.env['KRIGE_DEBUG'] === '1')}\n`)
  process.exitCode = exitCodeOf(error)
}
