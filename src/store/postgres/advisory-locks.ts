/**
 * One writer per study, by advisory locks. The server gives a lock to one session, and takes it back the moment that
 * session ends, whatever became of its process.
 *
 * @module
 */
import type { Client } from 'pg'
import type { StudyLock } from '../sql-dialect.ts'

export interface AdvisoryLocks {
  /** `undefined`: another holder has it, here or elsewhere. */
  take(study: number): Promise<StudyLock | undefined>
  close(): Promise<void>
}

/** 'KRIG': keeps these locks apart from those of other programs in the database. */
const CLASS = 0x4b524947

/** @param connect A connection of their own, for as long as they last. */
export function createAdvisoryLocks(connect: () => Promise<Client>): AdvisoryLocks {
  let session: Promise<Client> | undefined
  /** By study, on which connection; `undefined` while it is asked for. */
  const held = new Map<number, Client | undefined>()

  const open = () => {
    session ??= connect().then((client) => {
      const forget = () => {
        session = undefined
      }
      client.on('error', forget).on('end', forget)
      return client
    })
    // A connection that could not be had is tried again.
    session.catch(() => {
      session = undefined
    })
    return session
  }
  const tryLock = async (study: number) => {
    const client = await open()
    const { rows } = await client.query<{ taken: boolean }>('select pg_try_advisory_lock($1, $2) as taken', [
      CLASS,
      study,
    ])
    return rows[0]!.taken ? client : undefined
  }

  const lockOf = (study: number): StudyLock => ({
    // Again when the connection was lost in between, unless another holder has it by now.
    async keep() {
      if (!held.has(study) || held.get(study) === (await open())) return
      const client = await tryLock(study)
      if (client) held.set(study, client)
    },
    async release() {
      const client = held.get(study)
      held.delete(study)
      if (client && client === (await session)) {
        await client.query('select pg_advisory_unlock($1, $2)', [CLASS, study])
      }
    },
  })

  return {
    async take(study) {
      // A session may take its own lock twice.
      if (held.has(study)) return undefined
      held.set(study, undefined)
      const client = await tryLock(study).catch((error) => {
        held.delete(study)
        throw error
      })
      if (client) held.set(study, client)
      else held.delete(study)
      return client && lockOf(study)
    },
    async close() {
      held.clear()
      await (await session)?.end()
    },
  }
}
