/**
 * How a process takes part: one pool for statements, one connection that listens. The connection also says that the process
 * lives, by a lock that the server takes back the moment it is gone.
 *
 * @module
 */
import type { Client, Pool, QueryConfig, QueryResult } from 'pg'
import { parsePostgresAddress } from '../store/postgres/address.ts'
import { translatePostgresError } from '../store/postgres/errors.ts'
import { connectionOf, loadPg } from '../store/postgres/postgres-store.ts'

export interface Link {
  query<Row>(text: string, values?: readonly unknown[]): Promise<Row[]>
  /** What the driver answers: text of several statements gets a list of results. */
  execute(text: string, values?: readonly unknown[]): Promise<QueryResult>
  /** Calls the listener at every notification, and whenever some may have been missed. */
  listen(channel: string, listener: (payload: string) => void): Promise<void>
  /** Ends it. */
  forget(channel: string): Promise<void>
  /** Holds a lock for as long as the process lives and its connection lasts; taken again after a break. */
  hold(lock: number): Promise<void>
  close(): Promise<void>
}

/** 'KRIW': locks that say which workers live. */
export const LIVING = 0x4b524957

/** Milliseconds until a connection that broke is tried again; doubles up to the longest. */
const RECONNECT = 100
const LONGEST_RECONNECT = 5_000

/** Statements that a connection keeps prepared. */
const PREPARED = 64

/**
 * Names statements that come again, so that the server parses and plans each once, which is most of what it takes. A text
 * of several statements cannot be prepared.
 */
function createPrepare(): (text: string, values: unknown[]) => QueryConfig {
  const names = new Map<string, string>()
  const once = new Set<string>()
  return (text, values) => {
    if (!names.has(text) && names.size < PREPARED && (values.length > 0 || !text.includes(';'))) {
      if (once.delete(text)) names.set(text, `krige_${names.size}`)
      else once.add(text)
      if (once.size > PREPARED) once.clear()
    }
    const name = names.get(text)
    return { text, values, ...(name === undefined ? {} : { name }) }
  }
}

/** @throws UnavailableError when the database cannot be reached, or refuses. */
export async function openLink(address: string, connections: number): Promise<Link> {
  const { location } = parsePostgresAddress(address)
  const pg = await loadPg()
  const config = connectionOf(pg, address)
  const pool: Pool = new pg.Pool({ ...config, max: connections })
  pool.on('error', () => {}).on('connect', (client) => client.on('error', () => {}))
  const prepared = createPrepare()
  const listeners = new Map<string, (payload: string) => void>()
  const locks = new Set<number>()
  let closed = false
  let client: Client | undefined
  let timer: NodeJS.Timeout | undefined

  const connect = async () => {
    const fresh: Client = new pg.Client(config)
    fresh.on('notification', ({ channel, payload = '' }) => listeners.get(channel)?.(payload))
    const lost = () => {
      if (client !== fresh) return
      client = undefined
      reconnect(RECONNECT)
    }
    fresh.on('error', lost).on('end', lost)
    await fresh.connect()
    for (const channel of listeners.keys()) await fresh.query(`listen ${pg.escapeIdentifier(channel)}`)
    for (const lock of locks) await fresh.query('select pg_advisory_lock_shared($1, $2)', [LIVING, lock])
    client = fresh
    // What was said meanwhile was not heard.
    for (const listener of listeners.values()) listener('')
  }
  const reconnect = (wait: number) => {
    if (closed) return
    timer = setTimeout(() => {
      connect().catch(() => reconnect(Math.min(LONGEST_RECONNECT, 2 * wait)))
    }, wait)
  }

  try {
    await connect()
  } catch (error) {
    await pool.end()
    throw translatePostgresError(error, location)
  }
  const execute = async (text: string, values: readonly unknown[] = []): Promise<QueryResult> => {
    try {
      return await pool.query(prepared(text, [...values]))
    } catch (error) {
      throw translatePostgresError(error, location)
    }
  }
  return {
    query: async <Row>(text: string, values?: readonly unknown[]) => (await execute(text, values)).rows as Row[],
    execute,
    async listen(channel, listener) {
      listeners.set(channel, listener)
      await client?.query(`listen ${pg.escapeIdentifier(channel)}`)
    },
    async forget(channel) {
      listeners.delete(channel)
      await client?.query(`unlisten ${pg.escapeIdentifier(channel)}`)
    },
    async hold(lock) {
      locks.add(lock)
      await client?.query('select pg_advisory_lock_shared($1, $2)', [LIVING, lock])
    },
    async close() {
      closed = true
      clearTimeout(timer)
      await client?.end().catch(() => {})
      await pool.end()
    },
  }
}
