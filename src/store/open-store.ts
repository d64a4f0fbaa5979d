import * as z from 'zod'
import { checkInput } from '../check-input.ts'
import { InvalidInputError } from '../errors.ts'
import { DEFAULT_STORE } from './default-store.ts'
import { createMemoryStore } from './memory-store.ts'
import { isPostgres, parsePostgresAddress } from './postgres/address.ts'
import type { SqliteFileOptions } from './sqlite-file.ts'
import { openSqliteStore } from './sqlite-store.ts'
import type { Store } from './store.ts'

const optionsSchema = z.strictObject({
  readOnly: z.boolean().optional(),
  acceptLoss: z.boolean().optional(),
} satisfies Record<keyof SqliteFileOptions, z.ZodType>)

/**
 * Opens a store by its address: `memory:`, `sqlite:FILE`, or just a file; `postgres://USER:PASSWORD@HOST:PORT/DATABASE`
 * where many machines share it.
 *
 * @param options.readOnly - Only to be looked at: nothing is written, the file must be there.
 * @param options.acceptLoss - Opens also when writes were lost, with what is left.
 * @throws InvalidInputError for an empty address, or one of another kind.
 * @example
 * const store = await openStore('sqlite:studies.db')
 * await store.list() // []
 * await store.close()
 */
export async function openStore(address: string = DEFAULT_STORE, options: SqliteFileOptions = {}): Promise<Store> {
  checkInput<unknown>(z.string(), address, 'address')
  checkInput<unknown>(optionsSchema, options, 'options')
  if (address === 'memory:') return createMemoryStore()
  if (isPostgres(address)) {
    const { openPostgresStore } = await import('./postgres/postgres-store.ts')
    return openPostgresStore(address, { readOnly: options.readOnly ?? false })
  }
  return openSqliteStore(storeFile(address), options)
}

/**
 * Where an address leads to, for people and for names of things that belong to a store: no password is in it.
 *
 * @throws as {@link openStore}.
 * @example
 * storeLocation('postgres://krige:secret@db.example.com/studies') // 'postgres://krige@db.example.com/studies'
 */
export function storeLocation(address: string): string {
  if (address === 'memory:') return address
  return isPostgres(address) ? parsePostgresAddress(address).location : storeFile(address)
}

/**
 * The file an address of SQLite names.
 *
 * @throws InvalidInputError for an empty address, or one of another kind.
 * @example
 * storeFile('sqlite:studies.db') // 'studies.db'
 */
export function storeFile(address: string): string {
  const scheme = /^([a-z][a-z0-9+]+):(?!\\)/i.exec(address)?.[1]?.toLowerCase()
  if (scheme !== undefined && scheme !== 'sqlite' && scheme !== 'file') {
    throw new InvalidInputError(`there is no store of kind ${scheme}`, {
      where: '--store or KRIGE_STORE',
      remedy: 'Use memory:, sqlite:FILE, the path of a file, or postgres://….',
    })
  }
  const file = scheme === undefined ? address : address.slice(scheme.length + 1).replace(/^\/\/(?=\/|\.|[^/])/, '')
  // SQLite takes both for a database that is gone when the process ends.
  if (/^[\s/]*$/.test(file) || file === ':memory:') {
    throw new InvalidInputError(`the address of the store is ${JSON.stringify(address)}, which names no file`, {
      where: '--store or KRIGE_STORE',
      remedy: 'Use sqlite:FILE, the path of a file, or memory: to keep nothing.',
    })
  }
  return file
}
