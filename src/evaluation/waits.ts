/**
 * What a server that asks for time is told about, in words.
 *
 * @module
 */
import { durationText } from '../text/duration-text.ts'

/**
 * @param wait - Milliseconds.
 * @param now - Milliseconds since 1970.
 * @example
 * untilText(7_200_000, Date.UTC(2026, 0, 1)) // 'it asks to wait 2 h, until 2026-01-01 02:00:00 UTC'
 */
export function untilText(wait: number, now: number): string {
  const until = new Date(now + wait)
  const when = Number.isNaN(until.getTime())
    ? 'for good'
    : `${durationText(wait / 1000)}, until ${until.toISOString().slice(0, 19).replace('T', ' ')} UTC`
  return `it asks to wait ${when}`
}

/**
 * @example
 * waitNotice('host:80', 30_000, Date.UTC(2026, 0, 1)) // 'host:80 is busy: it asks to wait 30 s, until 2026-01-01 00:00:30 UTC'
 */
export function waitNotice(host: string, wait: number, now: number): string {
  return `${host} is busy: ${untilText(wait, now)}`
}
