/**
 * What coordinators and workers keep of a study beside its log, while they are at it.
 *
 * @module
 */
import { hash } from 'node:crypto'
import { type Kysely, sql } from 'kysely'
import type { StoreTables } from '../sql-dialect.ts'

/** The schema of the queue's own tables. */
export const QUEUE_SCHEMA = 'krige_jobs'

/** Of a study: its queue, the queue of what no worker could do, and its mailbox. */
export function namesOf(study: string): { readonly queue: string; readonly dead: string; readonly mailbox: string } {
  const id = hash('sha256', study).slice(0, 24)
  return { queue: `cells-${id}`, dead: `dead-${id}`, mailbox: `krige_study_${id}` }
}

/** Removes what an interrupted run left in the queue and the mailbox. */
export async function removeLeftBehind(study: string, db: Kysely<StoreTables>): Promise<void> {
  const { queue, dead, mailbox } = namesOf(study)
  await sql`delete from messages where recipient = ${mailbox}`.execute(db)
  await sql`delete from jobs where queue = ${queue}`.execute(db)
  const { rows } = await sql<{ there: boolean }>`
    select to_regclass(${`${QUEUE_SCHEMA}.job`}) is not null as there`.execute(db)
  if (!rows[0]!.there) return
  await sql`delete from ${sql.id(QUEUE_SCHEMA, 'job')} where name in (${queue}, ${dead})`.execute(db)
}
