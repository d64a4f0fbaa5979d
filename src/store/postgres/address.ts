/**
 * Addresses of PostgreSQL: `postgres://user:password@host:port/database`. They hold a password, so they are never shown;
 * {@link PostgresAddress.location} is.
 *
 * @module
 */
import { InvalidInputError } from '../../errors.ts'

const SCHEME = /^postgres(ql)?:/i

export interface PostgresAddress {
  /** With the password. */
  readonly url: string
  /** Without, for people. */
  readonly location: string
}

/** Whether an address, or a location, is one of PostgreSQL. */
export function isPostgres(address: string): boolean {
  return SCHEME.test(address)
}

/** @throws InvalidInputError, which does not repeat the address, where it is none or names no database. */
export function parsePostgresAddress(address: string): PostgresAddress {
  const refuse = (what: string) =>
    new InvalidInputError(`the address of the store ${what}`, {
      where: '--store or KRIGE_STORE',
      remedy:
        'Expected postgres://USER:PASSWORD@HOST:PORT/DATABASE; escape @, : and / in a password as %40, %3A and %2F.',
    })
  if (!URL.canParse(address)) throw refuse('is no valid URL')
  const url = new URL(address)
  const database = url.pathname.slice(1)
  if (database === '' || database.includes('/')) throw refuse('names no database')
  const user = url.username === '' ? '' : `${url.username}@`
  const folder = url.searchParams.get('host')
  const place = url.host === '' ? '' : url.host
  const query = folder === null ? '' : `?host=${folder}`
  return { url: address, location: `postgres://${user}${place}/${database}${query}` }
}
