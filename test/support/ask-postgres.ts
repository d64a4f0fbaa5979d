/** Asks a database for an answer that takes four seconds: `ask-postgres.ts URL`. Prints "asked", then what came of it. */
import pg from 'pg'
import { connectionOf } from '../../src/store/postgres/postgres-store.ts'

const pool = new pg.Pool({ ...connectionOf(pg, process.argv[2]!), max: 1 })
pool.on('error', () => {})
await pool.query('select 1')
process.stdout.write('asked\n')
const what = await pool.query('select pg_sleep(4)').then(
  () => 'answered',
  (error: Error) => `rejected: ${error.message}`,
)
process.stdout.write(`${what}\n`)
process.exit(0)
