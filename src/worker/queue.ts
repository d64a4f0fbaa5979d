/**
 * pg-boss on a link of ours.
 *
 * @module
 */
import type { PgBoss } from 'pg-boss'
import { UnavailableError } from '../errors.ts'
import { QUEUE_SCHEMA } from '../store/postgres/left-behind.ts'
import type { Link } from './link.ts'

/** Seconds between signs of life of a job in hand. */
export const BEAT = 5
/** Seconds of silence after which a job is given to another worker, where its worker's connection does not say it sooner. */
const HEARTBEAT = 15
/** Deliveries after the first. */
export const RETRIES = 4
/** The same for a cell that is measured alone after those. */
export const RETRIES_ALONE = 1
/** Seconds; a cell may take its time as long as its worker lives. */
const LONGEST_JOB = 23 * 3_600

export const QUEUE_OPTIONS = {
  heartbeatSeconds: HEARTBEAT,
  retryLimit: RETRIES,
  retryDelay: 0,
  expireInSeconds: LONGEST_JOB,
  deleteAfterSeconds: 60,
} as const

/** @param supervises Whether it looks after jobs of workers that fell silent. */
export async function openQueue(link: Link, supervises: boolean): Promise<PgBoss> {
  const { PgBoss } = await import('pg-boss').catch((cause: unknown) => {
    throw new UnavailableError('workers need a package that is not installed', { remedy: 'npm install pg-boss', cause })
  })
  const boss = new PgBoss({
    schema: QUEUE_SCHEMA,
    db: {
      executeSql: link.execute,
    },
    supervise: supervises,
    superviseIntervalSeconds: 5,
    monitorIntervalSeconds: 5,
    schedule: false,
    registerInstance: false,
    monitorVacuum: false,
    reindex: false,
    openTelemetry: { enabled: false },
  })
  // A statement that failed is tried again by itself.
  boss.on('error', () => {})
  await boss.start()
  return boss
}
