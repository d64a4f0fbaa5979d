import type { SQLInputValue } from 'node:sqlite'
import type { SqliteDatabase } from 'kysely'

export type NodeSqlite = SqliteDatabase & { exec(sql: string): void }

/**
 * `node:sqlite` in the shape Kysely's SQLite dialect expects.
 *
 * @example
 * import { Kysely, SqliteDialect, sql } from 'kysely'
 * const database = new Kysely<unknown>({ dialect: new SqliteDialect({ database: openNodeSqlite('studies.db') }) })
 * await sql`SELECT 1 AS one`.execute(database) // { rows: [{ one: 1 }], … }
 * await database.destroy()
 */
export function openNodeSqlite(path: string | URL, options: { readonly readOnly?: boolean } = {}): NodeSqlite {
  // Not imported: an old Node.js, and a bundle for a browser, must get as far as to say what they lack.
  const { DatabaseSync } = process.getBuiltinModule('node:sqlite')
  const database = new DatabaseSync(path, options)
  return {
    close: () => database.close(),
    exec: (sql) => database.exec(sql),
    prepare(sql) {
      const statement = database.prepare(sql)
      return {
        reader: statement.columns().length > 0,
        all: (parameters) => statement.all(...(parameters as SQLInputValue[])),
        run: (parameters) => statement.run(...(parameters as SQLInputValue[])),
        iterate: (parameters) => statement.iterate(...(parameters as SQLInputValue[])),
      }
    },
  }
}
