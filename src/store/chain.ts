import { hash } from 'node:crypto'

/** One append, as it is stored. */
export interface BatchRow {
  readonly seq: number
  readonly count: number
  readonly at: number
  readonly payload: string
  readonly checksum: string | null
}

/** What the checksum of the first row of a study is chained to. */
export function chainStart(study: string): string {
  return `krige/${study}`
}

/**
 * Checksum of a row and of every row before it: 64 bits of SHA-256 over the checksum of the row before, and this row.
 *
 * @example
 * const row = { seq: 0, count: 1, at: 0, payload: '{"v":1,"type":"budget","budget":{}}' }
 * chainChecksum(chainStart('tickets'), row).length // 16
 */
export function chainChecksum(before: string, { seq, count, at, payload }: Omit<BatchRow, 'checksum'>): string {
  return hash('sha256', `${before}\n${seq} ${count} ${at}\n${payload}`).slice(0, 16)
}
