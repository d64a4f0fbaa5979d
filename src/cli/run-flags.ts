import type { Price } from '../run/prices.ts'
import type { Preference } from '../study/preference.ts'

/** What `krige run` was told on the command line. */
export interface RunFlags {
  /** False with `--no-cache`. */
  readonly cache?: boolean
  /** False with `--no-workers`. */
  readonly workers?: boolean
  /** False with `--no-store-text`. */
  readonly storeText?: boolean
  readonly study?: string
  readonly store?: string
  readonly policy?: string
  readonly policyOptions?: Readonly<Record<string, unknown>>
  readonly seed?: number
  readonly warmStart: readonly string[]
  readonly prior?: string
  readonly prefer?: Preference
  readonly dryRun?: boolean
  readonly json?: boolean
  readonly report?: string
  readonly model?: string
  readonly price?: Price
  readonly evaluations?: number
  readonly calls?: number
  readonly usd?: number
  readonly concurrency?: number
  readonly requestsPerMinute?: number
  readonly tokensPerMinute?: number
  readonly threads?: number
  readonly backend?: string
  readonly allowOutside?: boolean
  readonly open?: boolean
}
