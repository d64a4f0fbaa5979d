import { UnavailableError } from '../errors.ts'
import { createMemoryStore } from './memory-store.ts'
import { openSqliteStore } from './sqlite-store.ts'
import type { Store } from './store.ts'

/**
 * Where studies are kept when nobody says where.
 *
 * @example
 * DEFAULT_STORE // '.krige/studies.db'
 */
export const DEFAULT_STORE = '.krige/studies.db'

/**
 * Opens a store by its address: `memory:`, `sqlite:FILE`, or just a file.
 *
 * @throws UnavailableError for an address this build cannot open.
 * @example
 * const store = openStore('sqlite:studies.db')
 * await store.list() // []
 * await store.close()
 */
export function openStore(address: string = DEFAULT_STORE): Store {
  if (address === 'memory:') return createMemoryStore()
  const scheme = /^([a-z][a-z0-9+]+):(?!\\)/i.exec(address)?.[1]?.toLowerCase()
  if (scheme === undefined) return openSqliteStore(address)
  if (scheme === 'sqlite' || scheme === 'file') {
    return openSqliteStore(address.slice(scheme.length + 1).replace(/^\/\/(?=\/|\.|[^/])/, ''))
  }
  throw new UnavailableError(`--store: no store of kind ${scheme}`, {
    remedy: 'Use memory:, sqlite:FILE, or the path of a file.',
  })
}
